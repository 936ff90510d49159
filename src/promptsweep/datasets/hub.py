"""Rows of a dataset on the Hugging Face hub, streamed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from promptsweep.datasets.read import Row, Rows, jsonable
from promptsweep.errors import ConfigError, MissingExtraError

LoadDataset = Callable[..., Iterable[Row]]
"""`datasets.load_dataset`, or what stands in for it."""


def hub_rows(name: str, config: str | None, split: str, load_dataset: LoadDataset | None = None) -> Rows:
    """Number (from 1) and row of each row of `owner/name`; class numbers become the dataset's names for them.

    Raises MissingExtraError without the extra `hf`, ConfigError where the hub has no such data.
    """
    load_dataset = load_dataset or _loader()
    try:
        stream = load_dataset(name, config, split=split, streaming=True)
        classes = _class_names(stream)
        for number, row in enumerate(stream, 1):
            yield number, jsonable(_with_names(row, classes))
    except (OSError, ValueError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ConfigError(f"cannot be loaded: {reason}", path=f"hf:{name}") from None


def _loader() -> LoadDataset:
    try:
        from datasets import load_dataset  # type: ignore[attr-defined, unused-ignore]
    except ImportError:
        raise MissingExtraError("Hugging Face datasets", "hf") from None
    loader: LoadDataset = load_dataset
    return loader


def _class_names(stream: Any) -> dict[str, list[str]]:
    """Names of the classes of each column of class numbers; empty where the hub does not say."""
    features = getattr(stream, "features", None) or {}
    return {name: kind.names for name, kind in features.items() if getattr(kind, "names", None)}


def _with_names(row: Row, classes: dict[str, list[str]]) -> Row:
    """The row with names for class numbers; -1, the hub's mark for a hidden label, becomes null."""
    named = {
        column: names[row[column]] if row[column] >= 0 else None
        for column, names in classes.items()
        if isinstance(row.get(column), int)
    }
    return {**row, **named}
