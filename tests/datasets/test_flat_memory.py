from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from promptsweep.datasets import Dataset, choose, load
from promptsweep.workspace import Workspace

ROWS = 200_000
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """200,000 rows, 25 MB of JSONL."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "large.yaml").write_text("task: classification\nlabels: [good, bad]\n")
    with (folder / "large.test.jsonl").open("w") as file:
        for i in range(ROWS):
            target = "bad" if i % 4 else "good"
            file.write(
                f'{{"id": "row-{i}", "input": "Review {i}: {"so it goes " * 5}", "target": "{target}"}}\n'
            )
    return load(str(folder / "large.yaml"), Workspace(folder))


def peak_of(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_reading_holds_one_row_at_a_time(large: Dataset) -> None:
    assert peak_of(lambda: sum(1 for _ in large.samples())) < MEGABYTE


def test_drawing_holds_only_what_it_may_draw(large: Dataset) -> None:
    assert peak_of(lambda: choose(large.samples(), 100, 0, by_target=True)) < MEGABYTE


def test_the_address_is_taken_without_loading_the_file(large: Dataset) -> None:
    assert peak_of(large.digest) < MEGABYTE


def test_a_survey_takes_under_a_hundred_bytes_a_row(large: Dataset) -> None:
    assert peak_of(large.survey) < 100 * ROWS


def test_a_row_without_an_id_takes_under_sixty_four_bytes(large: Dataset) -> None:
    nameless = large.path.with_name("nameless.yaml")
    nameless.write_text("task: classification\nfields: {id: none}\nsplits: {test: large.test.jsonl}\n")
    dataset = load(str(nameless), Workspace(Path()))

    assert peak_of(lambda: sum(1 for _ in dataset.samples())) < 64 * ROWS
