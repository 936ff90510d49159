from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from promptsweep.datasets import Dataset, choose, load
from promptsweep.workspace import Workspace

MEGABYTE = 1_000_000
ROWS_TO_REMEMBER = 20_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("large")


def write(folder: Path, name: str, rows: int, card: str) -> Dataset:
    (folder / f"{name}.yaml").write_text(card)
    with (folder / f"{name}.test.jsonl").open("w") as file:
        for i in range(rows):
            text = f"Review {i}: {'so it goes ' * 5}"
            file.write(f'{{"id": "row-{i}", "input": "{text}", "target": "{"bad" if i % 4 else "good"}"}}\n')
    return load(str(folder / f"{name}.yaml"), Workspace(folder))


@pytest.fixture(scope="module")
def large(folder: Path) -> Dataset:
    """200,000 rows, 23 MB of JSONL."""
    return write(folder, "large", 200_000, "task: classification\nlabels: [good, bad]\n")


def peak_of(work: Callable[[], object]) -> int:
    """The most bytes that were held at once."""
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


def test_a_survey_takes_under_a_hundred_bytes_a_row(folder: Path) -> None:
    dataset = write(folder, "surveyed", ROWS_TO_REMEMBER, "task: classification\n")

    assert peak_of(dataset.survey) < 100 * ROWS_TO_REMEMBER


def test_a_row_without_an_id_takes_under_sixty_four_bytes(folder: Path) -> None:
    dataset = write(folder, "nameless", ROWS_TO_REMEMBER, "task: classification\nfields: {id: none}\n")

    assert peak_of(lambda: sum(1 for _ in dataset.samples())) < 64 * ROWS_TO_REMEMBER
