"""A store with real runs of a function model: two datasets, three strategies, errors, repeats."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import promptsweep
from clusters import TEMPLATE
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
    url: str | None = None
    """Where the store is not the workspace's own."""

    def run(self, name: str, function: Callable = reply, *, fresh: bool = False, **sweep) -> str:
        """Runs a sweep and returns the run's id."""
        model = FunctionModel(function, name="m")
        content = {"name": name, "models": "m", **sweep}
        options = {"workspace": self.workspace.root, "store": self.url, "fresh": fresh}
        return promptsweep.run(content, models={"m": model}, **options).id


def furnish(root: Path, url: str | None = None) -> House:
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
    return House(workspace, open_store(workspace, url), url)


BOTH = [
    {"zero_shot": {"datasets": ["lines", "facts"]}},
    {"few_shot": {"k": 2, "datasets": ["lines"]}},
    {"self_consistency": {"draws": 2, "datasets": ["facts"]}},
]


ON_BOTH = {
    "test_aggregates",
    "test_browse",
    "test_cache",
    "test_grades",
    "test_history",
    "test_matching_records",
    "test_recording",
    "test_rescore",
    "test_slices",
    "test_traces",
    "test_troubles",
    "test_usage",
}
"""The modules whose queries are tried on PostgreSQL, too …"""
OF_A_FILE = {
    "test_a_store_of_version_1_gets_the_table_and_keeps_what_it_holds",
    "test_a_store_that_stays_locked_is_one_line_and_no_grade",
    "test_two_processes_may_bring_the_same_store_up_to_date",
    "test_replies_of_a_removed_run_are_pruned_with_all_that_belongs_to_them",
}
"""… but for these tests, which are about the file."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs the tests of those modules on both databases."""
    chosen = metafunc.module.__name__ in ON_BOTH and metafunc.function.__name__ not in OF_A_FILE
    if chosen and "dialect" in metafunc.fixturenames:
        metafunc.parametrize("dialect", ["sqlite", "postgresql"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def dialect(request: pytest.FixtureRequest) -> str:
    """The database of `house`."""
    return getattr(request, "param", "sqlite")


@pytest.fixture(scope="session")
def house(dialect: str, tmp_path_factory, request: pytest.FixtureRequest) -> House:
    """Two runs of one sweep: `plain` (one attempt) and `twice` (two, asked afresh). Not to be changed."""
    url = None
    if dialect == "postgresql":
        cluster = request.getfixturevalue("cluster")
        url = cluster.url(cluster.make(TEMPLATE))
    made = furnish(tmp_path_factory.mktemp("house"), url)
    made.run("plain", datasets=["lines", "facts"], strategies=BOTH)
    made.run("twice", datasets=["lines", "facts"], strategies=BOTH, repeats=2, fresh=True)
    return made


@pytest.fixture
def own_house(house: House, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    """A copy of `house` that a test may change."""
    shutil.copytree(house.workspace.root, tmp_path, dirs_exist_ok=True)
    workspace, url = Workspace(tmp_path.resolve()), house.url
    if url is not None:
        cluster = request.getfixturevalue("cluster")
        url = cluster.url(cluster.make(url.rpartition("/")[2]))
    with contextlib.closing(open_store(workspace, url)) as store:
        yield House(workspace, store, url)
