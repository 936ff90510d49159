"""A store with real runs, made with a model that is a function, and hostile text in every place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile import HOSTILE, mood_model

import promptsweep
from workspaces import mood, rows

TEMPLATE = "{% params tone='dry' %}{% system %}\n{{ tone }}\n{% user %}\n{{ input }}"


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: `plain` (three arms, two repeats), `days` (two pages of samples), `hostile` (an error)."""
    root = tmp_path_factory.mktemp("dashboard")
    odd = rows(
        [(HOSTILE, "good"), ("It breaks.", "bad"), ("It is endless.", "good")], "<img src=x onerror=alert(4)>"
    )
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
            "prompts/mine/answer.j2": TEMPLATE,
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
    metrics = ["accuracy", "macro_f1", {"contains": {"text": HOSTILE}}]
    run(place.root, name="hostile", datasets="odd", strategies=[{"mine": {"tone": HOSTILE}}], metrics=metrics)
    return place.root


def run(root: Path, **sweep: object) -> None:
    """Runs a sweep on the model `m`."""
    promptsweep.run({"models": "m", **sweep}, models={"m": mood_model()}, workspace=root)
