"""A store with real runs, made with a model that is a function; and hostile text in every place it can be."""

from __future__ import annotations

from pathlib import Path

import pytest

import promptsweep
from promptsweep.errors import RequestError
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Message, Usage
from workspaces import mood, rows

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> ![p](http://127.0.0.1:9/p.png) "
    "[link](javascript:alert(3)) <b id=pwned>bold</b> $x^2$ :material/home: :red[red] "
    "**strong** \x1b[31mred \u202eflip"
)
LONG = "long " * 40_000


def reply(messages: tuple[Message, ...]) -> Completion:
    """Right more often with worked examples; odd replies for some samples."""
    text = messages[-1].content
    if "breaks" in text:
        raise RequestError(f"400: {HOSTILE}")
    if "endless" in text:
        return Completion(LONG, usage=Usage(30, 2_000), cost=0.002, seconds=1.5)
    right = "good" if any(word in text for word in ("Warm", "smiled", "Best")) else "bad"
    answer = right if len(messages) > 2 or "Warm" in text else "no idea"
    if "script" in text:
        answer = HOSTILE
    return Completion(answer, usage=Usage(20, 2), cost=0.001, seconds=0.25)


def mood_model() -> FunctionModel:
    """The model `m` of the sweeps here."""
    return FunctionModel(lambda request: reply(request.messages), name="m")


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs: `plain` with three arms and two attempts each, and `hostile`, newer, with an error."""
    root = tmp_path_factory.mktemp("dashboard")
    odd = rows(
        [(HOSTILE, "good"), ("It breaks.", "bad"), ("It is endless.", "good")], "<img src=x onerror=alert(4)>"
    )
    # Every page has one sample; 60 of them make a second page.
    many = rows([(f"Best of day {day}.", "good") for day in range(60)], "day")
    place = mood(
        root,
        **{
            "datasets/odd.yaml": {
                "task": "classification",
                "labels": ["good", "bad"],
                "instruction": HOSTILE,
            },
            "datasets/odd.test.jsonl": odd,
            "datasets/days.yaml": {
                "task": "classification",
                "labels": ["good", "bad"],
                "instruction": "Judge.",
            },
            "datasets/days.test.jsonl": many,
        },
    )
    strategies = ["zero_shot", {"few_shot": {"k": [2, 4]}}]
    run(place.root, name="plain", datasets="mood", strategies=strategies, repeats=2)
    run(place.root, name="days", datasets="days", strategies="zero_shot")
    run(place.root, name="hostile", datasets="odd", strategies="zero_shot")
    return place.root


def run(root: Path, **sweep: object) -> None:
    """Runs a sweep on the model `m`."""
    promptsweep.run({"models": "m", **sweep}, models={"m": mood_model()}, workspace=root)
