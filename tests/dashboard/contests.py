"""Runs with something to win: two models, several arms, forty samples."""

from __future__ import annotations

from hostile import HOSTILE

import promptsweep
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Usage
from workspaces import rows, write

LINES = [(f"Line {place} is fine.", "good" if place % 3 else "bad") for place in range(40)]
TEMPLATE = "{% params tone='dry' %}{% user %}\n{{ tone }}: {{ input }}"
CARD = {"task": "classification", "labels": ["good", "bad"], "instruction": "Judge."}


def pupil(name, price, wrong):
    """A model that gets every `wrong`-th line wrong without examples, and none with four of them."""

    def reply(request):
        place = int(request.messages[-1].content.split("Line ")[1].split()[0])
        shots = sum(message.role == "assistant" for message in request.messages)
        right = LINES[place][1]
        missed = place % wrong == 0 if shots == 0 else place % 20 == 0 if shots == 2 else False
        answer = {"good": "bad", "bad": "good"}[right] if missed else right
        return Completion(answer, usage=Usage(20 + 10 * shots, 1), cost=price * (1 + shots), seconds=0.5)

    return FunctionModel(reply, name=name)


def contest(root):
    """A workspace with the runs `contest`, `odd` (hostile names), `crowd` (41 arms) and `free`."""
    place = write(
        root,
        {
            "datasets/lines.yaml": CARD,
            "datasets/lines.train.jsonl": rows([(f"Line {one} is old.", "good") for one in range(4)], "t"),
            "datasets/lines.test.jsonl": rows(LINES),
            "prompts/mine/answer.j2": TEMPLATE,
        },
    )
    strategies = ["zero_shot", {"few_shot": {"k": [2, 4], "select": "first"}}]
    run(root, name="free", strategies=["zero_shot", "few_shot"], price=0.0, limit=12)
    run(root, name="crowd", strategies="zero_shot", limit=1, params={"temperature": tenths(41)})
    run(root, name="odd", strategies=[{"mine": {"tone": [HOSTILE, "dry"]}}])
    both = ["m", "n"]
    run(root, name="contest", strategies=strategies, models=both, metrics=["accuracy", "macro_f1", "words"])
    return place.root


def tenths(count):
    return [place / 100 for place in range(count)]


def run(root, *, price=0.001, models=("m",), **sweep):
    """Runs a sweep over `lines`; the model `n` costs twice as much and is wrong less often."""
    known = {"m": pupil("m", price, wrong=2), "n": pupil("n", 2 * price, wrong=4)}
    used = {name: known[name] for name in models}
    promptsweep.run({"datasets": "lines", "models": list(used), **sweep}, models=used, workspace=root)
