"""Where the rows of a split come from: a file or the Hugging Face hub, whole or in part."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from promptsweep import config
from promptsweep.datasets.hub import hub_rows
from promptsweep.datasets.read import READERS, Rows, rows
from promptsweep.errors import ConfigError, unknown
from promptsweep.types import JSON


@dataclass(frozen=True, slots=True)
class Source:
    """Where a split's rows come from, and which of them it takes."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    file: Path | None = None
    """JSONL, CSV, TSV or Parquet; relative to the card in YAML, absolute once read."""
    hf: str | None = None
    """`owner/name` on the Hugging Face hub, in place of `file`."""
    config: str | None = None
    """The hub dataset's configuration, where it has several."""
    split: str | None = None
    """The hub dataset's split; the one of the same name if unsaid."""
    part: tuple[float, float] | None = None
    """[from, to) within 0–1: takes the rows whose input (or cluster) hashes into it, so that [0, 0.3] and
    [0.3, 1] cut one file into two splits that share no input and do not shift when rows are added."""
    where: Mapping[str, JSON] = field(default_factory=dict)
    """Takes the rows with these values in these columns, compared as text."""

    @property
    def place(self) -> str:
        """What messages call it: the file's path, or `hf:owner/name`."""
        return f"hf:{self.hf}" if self.file is None else str(self.file)

    def rows(self) -> Rows:
        """All rows with their line numbers, before `part` and `where`."""
        if self.file is not None:
            return rows(self.file)
        return hub_rows(str(self.hf), self.config, str(self.split))


def read_source(splits: Mapping[str, Any], name: str, path: Path) -> Source:
    """The split `name` of the card at `path`: its file is absolute and exists, its hub split is named."""
    value, line = splits[name], config.line_of(splits, (name,))
    if isinstance(value, str):
        value = {"hf": value[3:]} if value.startswith("hf:") else {"file": value}
    try:
        source = config.validate(value, Source, path)
    except ConfigError as error:
        raise ConfigError(f"split {name!r}: {error.message}", path=path, line=error.line or line) from None
    if source.file is not None:
        source = replace(source, file=(path.parent / source.file).absolute())
    if problem := _problem(source):
        raise ConfigError(f"split {name!r} {problem}", path=path, line=line)
    return source if source.hf is None else replace(source, split=source.split or name)


def _problem(source: Source) -> str | None:
    if (source.file is None) == (source.hf is None):
        return "needs either `file` or `hf`"
    if source.part is not None and not 0 <= source.part[0] < source.part[1] <= 1:
        return "needs a `part: [from, to]` with 0 ≤ from < to ≤ 1"
    if source.file is None:
        return None
    if source.config or source.split:
        return "has `config` or `split`, which belong to `hf`"
    if source.file.suffix.lower() not in READERS:
        return f"has an {unknown('file format', source.file.suffix, READERS)}"
    return None if source.file.is_file() else f"has no file {source.file}"


def sources_beside(card: Path) -> dict[str, Source]:
    """Splits by files `<name>.<split>.<ext>` or `<name>/<split>.<ext>` beside the card `<name>.yaml`."""
    stem = glob.escape(card.stem)
    found: dict[str, Source] = {}
    for ext in READERS:
        for file in sorted([*card.parent.glob(f"{stem}.*{ext}"), *card.parent.glob(f"{stem}/*{ext}")]):
            split = file.name.removeprefix(f"{card.stem}.").removesuffix(ext)
            if split and "." not in split:
                found.setdefault(split, Source(file=file.absolute()))
    if not found:
        choices = f"{card.stem}.test.jsonl (.csv, .tsv, .parquet)"
        raise ConfigError(f"no data: write `splits`, or put {choices} beside the card", path=card)
    return dict(sorted(found.items()))
