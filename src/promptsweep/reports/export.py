"""A run as files for other tools: JSON lines, CSV or Parquet, written as it is read."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from promptsweep.errors import ConfigError, MissingExtraError, unknown
from promptsweep.reports.duels import duel_table
from promptsweep.reports.grades import grade_table
from promptsweep.reports.objects import Place, inside, stored
from promptsweep.reports.rows import dumps
from promptsweep.reports.store import Store
from promptsweep.reports.summary import summarise
from promptsweep.reports.tables import BATCH, Kind, Row, Table, arm_table, call_table, record_table
from promptsweep.types import JSON

_UNSAFE = re.compile(r"""[\x00-\x1f\x7f"#%'*/:=?\\{}\[\]^]""")
"""What Hive escapes in the names of partitions."""


def export(store: Store, run: str, folder: Place, format: str) -> list[Place]:
    """Writes a run's arms, records and calls to `<run>.<table>.<format>` in `folder`; returns where they are.

    And its grades and duels, where there are any. `folder` is a path or a URL (extra `objects`); `format` is
    `jsonl`, `csv` or `parquet` (extra `parquet`). Lists and mappings are JSON text in CSV and Parquet. All is
    UTF-8; memory stays flat. Raises ConfigError for an unknown run or format and where the files cannot be
    written.
    """
    if format not in WRITERS:
        raise ConfigError(unknown("format", format, WRITERS))
    row = store.find_run(run)
    arms = arm_table(summarise(store, row.id, row.repeats))
    tables = [arms, record_table(store, row.id), call_table(store, row.id), *_verdicts(store, row.id)]
    places = [inside(folder, f"{row.id}.{table.name}.{format}") for table in tables]
    for table, place in zip(tables, places, strict=True):
        with stored(place) as path:
            WRITERS[format](table, path)
    return places


def export_partitioned(store: Store, run: str, folder: Place) -> list[Place]:
    """Writes a run's tables as Parquet, partitioned the way that Hive does, for DuckDB and Spark.

    `records/run=…/arm=…/part.parquet` and the same under `calls/`; `arms/run=…/part.parquet`, and `grades/`
    and `duels/` where there are any. Columns of the path are not in the files. All arms have the same
    columns; other runs in the same folder may have other metrics. Raises like `export`.
    """
    row = store.find_run(run)
    labels = [arm.label for arm in store.arms(row.id)]
    places = []
    for table_of in (record_table, call_table):
        whole = table_of(store, row.id)
        for label in labels:
            part = Table(
                whole.name, _without(whole.columns, "run", "arm"), table_of(store, row.id, label).rows
            )
            places.append(_write_part(part, folder, run=row.id, arm=label))
    for table in (arm_table(summarise(store, row.id, row.repeats)), *_verdicts(store, row.id)):
        part = Table(table.name, _without(table.columns, "run"), table.rows)
        places.append(_write_part(part, folder, run=row.id))
    return places


def _verdicts(store: Store, run: str) -> list[Table]:
    """What people and judges said, where anybody did."""
    return [table for table in (grade_table(store, run), duel_table(store, run)) if table.rows]


def _write_part(table: Table, folder: Place, **keys: str) -> Place:
    names = [f"{name}={_escaped(value)}" for name, value in keys.items()]
    place = inside(folder, table.name, *names, "part.parquet")
    with stored(place) as path:
        _write_parquet(table, path)
    return place


def _escaped(value: str) -> str:
    """A value in a folder's name, as Hive and Spark escape it."""
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", value)


def _without(columns: Mapping[str, Kind], *names: str) -> dict[str, Kind]:
    return {name: kind for name, kind in columns.items() if name not in names}


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
