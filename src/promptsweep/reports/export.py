"""A run as files for other tools: JSON lines, CSV or Parquet, written as it is read."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from promptsweep.errors import ConfigError, MissingExtraError, unknown
from promptsweep.reports.grades import grade_table
from promptsweep.reports.rows import dumps
from promptsweep.reports.store import Store
from promptsweep.reports.summary import summarise
from promptsweep.reports.tables import BATCH, Row, Table, arm_table, call_table, record_table
from promptsweep.types import JSON


def export(store: Store, run: str, folder: Path, format: str) -> list[Path]:
    """Writes a run's arms, records and calls to `<run>.<table>.<format>` in `folder`; returns the paths.

    And its grades, where there are any. `format` is `jsonl`, `csv` or `parquet` (extra `parquet`). Lists and
    mappings are JSON text in CSV and Parquet. All is UTF-8; memory stays flat. Raises ConfigError for an
    unknown run or format and where the files cannot be written.
    """
    if format not in WRITERS:
        raise ConfigError(unknown("format", format, WRITERS))
    row = store.find_run(run)
    grades = grade_table(store, row.id)
    tables = [
        arm_table(summarise(store, row.id, row.repeats)),
        record_table(store, row.id),
        call_table(store, row.id),
        *([grades] if grades.rows else []),
    ]
    paths = [folder / f"{row.id}.{table.name}.{format}" for table in tables]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table, path in zip(tables, paths, strict=True):
            WRITERS[format](table, path)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=folder) from None
    return paths


def _write_jsonl(table: Table, path: Path) -> None:
    options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    with path.open("wb") as file:
        for row in table.rows:
            file.write(orjson.dumps({name: row.get(name) for name in table.columns}, option=options))


def _write_csv(table: Table, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, table.columns)
        writer.writeheader()
        writer.writerows(flat(table))


def _write_parquet(table: Table, path: Path) -> None:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("Parquet export", "parquet") from None
    kinds = {
        "text": pa.string(),
        "json": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
    }
    schema = pa.schema([(name, kinds[kind]) for name, kind in table.columns.items()])
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(flat(table)):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))


def flat(table: Table) -> Iterator[dict[str, JSON]]:
    """The rows of a table, with JSON text for lists and mappings and None for what a row lacks."""
    nested = {name for name, kind in table.columns.items() if kind == "json"}
    for row in table.rows:
        yield {name: _text(row, name) if name in nested else row.get(name) for name in table.columns}


def _text(row: Row, name: str) -> str | None:
    value = row.get(name)
    return value if value is None or isinstance(value, str) else dumps(value)


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


WRITERS: Mapping[str, Callable[[Table, Path], None]] = {
    "jsonl": _write_jsonl,
    "csv": _write_csv,
    "parquet": _write_parquet,
}
