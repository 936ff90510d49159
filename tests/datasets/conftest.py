"""Fixtures of the tests of datasets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from promptsweep.datasets import Dataset, load
from promptsweep.workspace import Workspace

Make = Callable[..., Dataset]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes a card and its rows by split, and loads it: `make("task: qa", test=[{"input": "a"}])`."""

    def write_and_load(card: str, name: str = "made", **splits: list[dict[str, Any]]) -> Dataset:
        folder = tmp_path / "datasets"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.yaml").write_text(card, encoding="utf-8")
        for split, table in splits.items():
            (folder / f"{name}.{split}.jsonl").write_bytes(
                b"".join(orjson.dumps(row) + b"\n" for row in table)
            )
        return load(name, Workspace(tmp_path))

    return write_and_load
