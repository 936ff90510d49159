"""Datasets that a test writes for itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import orjson

from promptsweep.datasets import Dataset, load
from promptsweep.workspace import Workspace


class Make(Protocol):
    """Writes a card and the rows of its splits, and loads it: `make("task: qa", test=[{"input": "a"}])`."""

    def __call__(self, card: str, name: str = "made", **splits: list[dict[str, Any]]) -> Dataset: ...


def maker(root: Path) -> Make:
    folder = root / "datasets"
    folder.mkdir()

    def make(card: str, name: str = "made", **splits: list[dict[str, Any]]) -> Dataset:
        (folder / f"{name}.yaml").write_text(card, encoding="utf-8")
        for split, rows in splits.items():
            (folder / f"{name}.{split}.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
        return load(name, Workspace(root))

    return make
