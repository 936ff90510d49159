"""A workspace with a run of every strategy that has an anatomy, small enough to be worked by hand."""

from __future__ import annotations

import json
from pathlib import Path

import promptsweep
from promptsweep.prompts.ask import DRAWS_PER_REPEAT
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Usage
from workspaces import mood, rows

DRAWN = {
    "2 + 2?": ["Answer: 4", "Answer: 4", "Answer: 5"],
    "3 + 4?": ["I do not know.", "Answer: 8", "Answer: 7"],
    "4 + 5?": ["Answer: 9"] * 3,
}
"""Question → what three draws reply. The second is a tie that the wrong answer wins."""
NEWS = "Ann Lee met Bob in Rome on 3 May. They signed for 12 tons of rice."
ENTITIES = ["Ann Lee", "Bob", "Rome", "3 May", "12 tons"]
STEPS = [
    (["Ann Lee"], "Ann Lee met someone there and the two of them agreed on something"),
    (["Bob", "Rome"], "Ann Lee met Bob in Rome and the two of them agreed on something"),
    (["Paris"], "Ann Lee met Bob in Paris and the two of them agreed on something"),
    (["3 May"], "Ann Lee met Bob in Rome on 3 May and they agreed on something big"),
    (["12 tons"], "Ann Lee met Bob in Rome on 3 May about 12 tons"),
]
"""Five steps that break the recipe: `Rome` goes and `Paris` comes at step 3, and step 4 is long."""


def reply(request) -> Completion:
    """What the model `m` says."""
    system, text = request.messages[0].content, request.messages[-1].content
    if system.startswith("You plan answers"):
        return timed("1. First things\n2. Last things", 1.0)
    if system.startswith("You write one part"):
        return timed("Short.", 2.0) if '"First' in text else timed("Longer.", 3.0)
    if "denser_summary" in text:
        return timed(chain(), 1.0)
    drawn = next((replies for question, replies in DRAWN.items() if question in text), None)
    if drawn is not None:
        return timed(drawn[request.draw % DRAWS_PER_REPEAT], 1.0)
    return timed("Because.", 6.0) if text.startswith("Why") else timed(judged(request.messages), 1.0)


def judged(messages) -> str:
    """Right where the first example is good; else `good` to everything it can read."""
    text, shots = messages[-1].content, [one.content for one in messages if one.role == "assistant"]
    if "Cold" in text:
        return "no idea"
    right = "good" if any(word in text for word in ("Warm", "smiled", "Best")) else "bad"
    return right if shots and shots[0] == "good" else "good"


def chain() -> str:
    """The reply of chain of density."""
    steps = [{"missing_entities": added, "denser_summary": summary} for added, summary in STEPS]
    return json.dumps(steps)


def timed(text: str, seconds: float) -> Completion:
    return Completion(text, usage=Usage(15, 5), seconds=seconds, cost=0.001)


def furnish(root: Path) -> Path:
    """Five runs: `thought`, `votes`, `dense`, `skeleton` and `shots`."""
    files = {
        "datasets/sums.yaml": {"task": "math", "instruction": "Solve."},
        "datasets/sums.test.jsonl": rows([("2 + 2?", "4"), ("3 + 4?", "7"), ("4 + 5?", "9")], "sum"),
        "datasets/whys.yaml": {"task": "open", "instruction": "Explain."},
        "datasets/whys.test.jsonl": rows([("Why is it blue?", "x"), ("Why is it wet?", "y")], "why"),
        "datasets/news.yaml": {"task": "summarisation", "instruction": "Summarise."},
        "datasets/news.test.jsonl": [
            {"id": "news-0", "input": NEWS, "target": "Ann Lee met Bob in Rome", "entities": ENTITIES}
        ],
    }
    mood(root, **files)
    run(root, name="votes", datasets="sums", strategies=[{"self_consistency": {"draws": 3}}])
    run(root, name="thought", datasets="sums", strategies=["chain_of_thought"])
    run(root, name="dense", datasets="news", strategies=["chain_of_density"])
    run(root, name="skeleton", datasets="whys", strategies=["zero_shot", "skeleton_of_thought"])
    shots = {"few_shot": {"k": [2, 4], "order": [0, 1, 2]}}
    run(
        root,
        name="shots",
        datasets="mood",
        strategies=["zero_shot", shots, {"self_consistency": {"draws": 3}}],
    )
    return root


def run(root: Path, **sweep: object) -> str:
    """Runs a sweep on the model `m`; the run's id."""
    model = FunctionModel(reply, name="m")
    return promptsweep.run({"models": "m", **sweep}, models={"m": model}, workspace=root).id
