"""Rows of a file, one at a time and in flat memory, each with the number of the line where it begins."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import orjson

from promptsweep.datasets.encoding import first_not_utf8, is_utf8, not_utf8, open_utf8
from promptsweep.errors import ConfigError, MissingExtraError, unknown
from promptsweep.types import JSON

Row: TypeAlias = dict[str, JSON]
Rows: TypeAlias = Iterator[tuple[int, Row]]

_LONGEST_CELL = 2**31 - 1
_BATCH = 1_000


def rows(path: Path) -> Rows:
    """Line number (from 1) and row of each row of a JSONL, CSV, TSV or Parquet file; blank lines are skipped.

    In a Parquet file the number is that of the row. Raises ConfigError with the line for anything malformed.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ConfigError(unknown("file format", path.suffix, READERS), path=path)
    return reader(path)


def jsonable(row: Row) -> Row:
    """The row in what JSON can say: dates, decimals and bytes as text, NaN as null."""
    plain: Row = orjson.loads(orjson.dumps(row, default=str, option=orjson.OPT_NON_STR_KEYS))
    return plain


def _jsonl(path: Path) -> Rows:
    with open_utf8(path) as file:
        for number, text in enumerate(file, 1):
            try:
                row = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                if not text.strip():
                    continue
                raise _bad_json(error, text, path, number) from None
            if not isinstance(row, dict):
                raise ConfigError("must be one JSON object: {…}", path=path, line=number)
            yield number, row


def _bad_json(error: orjson.JSONDecodeError, text: bytes, path: Path, line: int) -> ConfigError:
    if not is_utf8(text):
        return not_utf8(text, path, line)
    if line == 1 and text.lstrip().startswith(b"["):
        return ConfigError("a JSON array; write one object a line (JSONL)", path=path, line=line)
    return ConfigError(f"bad JSON: {error.msg} (column {error.colno})", path=path, line=line)


def _delimited(path: Path, dialect: str) -> Rows:
    csv.field_size_limit(_LONGEST_CELL)
    with open_utf8(path) as file:
        reader = csv.reader(io.TextIOWrapper(file, "utf-8", newline=""), dialect, strict=True)
        header: list[str] = []
        line = 1
        try:
            for cells in reader:
                if not header:
                    header = _header(cells, path, line)
                elif not _blank(cells):
                    yield line, _row(header, cells, path, line)
                line = reader.line_num + 1
        except csv.Error as error:
            raise ConfigError(f"bad {path.suffix[1:].upper()}: {error}", path=path, line=line) from None
        except UnicodeDecodeError:
            raise first_not_utf8(path) from None


def _blank(cells: list[str]) -> bool:
    return len(cells) <= 1 and not "".join(cells).strip()


def _header(cells: list[str], path: Path, line: int) -> list[str]:
    if _blank(cells):
        return []
    twice = next((name for name in cells if cells.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"two columns are named {twice!r}", path=path, line=line)
    return cells


def _row(header: list[str], cells: list[str], path: Path, line: int) -> Row:
    if len(cells) != len(header):
        message = f"the row's columns number {len(cells)}, the header's {len(header)}"
        raise ConfigError(message, path=path, line=line)
    return dict(zip(header, cells, strict=True))


def _parquet(path: Path) -> Rows:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise MissingExtraError("Parquet", "parquet") from None
    try:
        with ParquetFile(path) as file:
            batches = (batch.to_pylist() for batch in file.iter_batches(_BATCH))
            for number, row in enumerate(chain.from_iterable(batches), 1):
                yield number, jsonable(row)
    except (ArrowException, OSError) as error:
        raise ConfigError(f"bad Parquet: {str(error).splitlines()[0]}", path=path) from None


READERS: Mapping[str, Callable[[Path], Rows]] = {
    ".jsonl": _jsonl,
    ".csv": partial(_delimited, dialect="excel"),
    ".tsv": partial(_delimited, dialect="excel-tab"),
    ".parquet": _parquet,
}
"""Reader by the end of the file's name."""
