"""A store with real runs of a function model: two datasets, three strategies, errors, repeats."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import promptsweep
from promptsweep.errors import RequestError
from promptsweep.reports import Store, open_store
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Request, Usage
from promptsweep.workspace import Workspace
from workspaces import rows, write

LINES = [
    (f"Line {place} is {'sunny' if place % 2 else 'grey'}.", "good" if place % 2 else "bad")
    for place in range(30)
]
FACTS = [
    ("Which sign ends a cell: | or <td>?", ["|", "`|`"]),
    ("서울은 어느 나라에 있나?", "한국"),
    ("2 + 2?", "4"),
]
REPEAT = 1_000_000
"""Draws of the second repeat begin here."""


def reply(request: Request) -> Completion:
    """Without examples: `good`. With: right, but for line 7 (an error) and line 8 (no answer)."""
    question = request.messages[-1].content
    if not question.startswith("Line"):
        return priced("Answer: **4** | <script>@you</script>")
    if not any(message.role == "assistant" for message in request.messages):
        return priced("good")
    if question.startswith("Line 7 ") and request.draw < REPEAT:
        raise RequestError("400: `Line 7` <is> refused | here")
    if question.startswith("Line 8 "):
        return priced("I cannot tell.")
    if question.startswith("Line 9 ") and request.draw >= REPEAT:
        return priced("bad")
    return priced("good" if "sunny" in question else "bad")


def priced(text: str) -> Completion:
    return Completion(text, usage=Usage(10, 2), seconds=0.25, cost=0.001)


@dataclass(frozen=True)
class House:
    """A workspace whose store is open."""

    workspace: Workspace
    store: Store

    def run(self, name: str, function: Callable = reply, *, fresh: bool = False, **sweep) -> str:
        """Runs a sweep and returns the run's id."""
        model = FunctionModel(function, name="m")
        content = {"name": name, "models": "m", **sweep}
        return promptsweep.run(content, models={"m": model}, workspace=self.workspace.root, fresh=fresh).id


def furnish(root: Path) -> House:
    """A workspace with the datasets `lines` (30 rows, two labels) and `facts` (3 rows, clustered by page)."""
    pages = ["a", "b", "b"]
    facts = [row | {"page": page} for row, page in zip(rows(FACTS, "fact"), pages, strict=True)]
    files = {
        "datasets/lines.yaml": {"task": "classification", "labels": ["good", "bad"], "instruction": "Judge."},
        "datasets/lines.train.jsonl": rows([("Clear sky.", "good"), ("Fog.", "bad")], "train"),
        "datasets/lines.test.jsonl": rows(LINES, "line"),
        "datasets/facts.yaml": {
            "task": "qa",
            "cluster": "page",
            "metrics": ["squad_em", "token_f1", "words"],
        },
        "datasets/facts.test.jsonl": facts,
    }
    workspace = write(root, files)
    return House(workspace, open_store(workspace))


BOTH = [
    {"zero_shot": {"datasets": ["lines", "facts"]}},
    {"few_shot": {"k": 2, "datasets": ["lines"]}},
    {"self_consistency": {"draws": 2, "datasets": ["facts"]}},
]


@pytest.fixture(scope="session")
def house(tmp_path_factory) -> House:
    """Two runs of one sweep: `plain` (one attempt) and `twice` (two, asked afresh). Not to be changed."""
    made = furnish(tmp_path_factory.mktemp("house"))
    made.run("plain", datasets=["lines", "facts"], strategies=BOTH)
    made.run("twice", datasets=["lines", "facts"], strategies=BOTH, repeats=2, fresh=True)
    return made


@pytest.fixture
def own_house(house: House, tmp_path: Path) -> House:
    """A copy of `house` that a test may change."""
    shutil.copytree(house.workspace.root, tmp_path, dirs_exist_ok=True)
    workspace = Workspace(tmp_path.resolve())
    return House(workspace, open_store(workspace))
