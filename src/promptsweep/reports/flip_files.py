"""All samples on which arms differ, as a file: CSV, JSON, JSON lines, Markdown or Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import orjson

from promptsweep.errors import ConfigError, unknown
from promptsweep.reports.compare import check_metric
from promptsweep.reports.escape import label, literal, table
from promptsweep.reports.export import WRITERS
from promptsweep.reports.flips import Flip, change_words, described, lost_and_won
from promptsweep.reports.opponents import Opponents
from promptsweep.reports.pairing import duels_of, pairs_of, wanted_of
from promptsweep.reports.readings import Reader
from promptsweep.reports.store import Store
from promptsweep.reports.tables import Kind, Row, Table
from promptsweep.types import JSON

COLUMNS: Mapping[str, Kind] = {
    "a": "text",
    "b": "text",
    "dataset": "text",
    "metric": "text",
    "change": "text",
    "sample_id": "text",
    "input": "text",
    "targets": "json",
    "answer_a": "text",
    "answer_b": "text",
    "score_a": "number",
    "score_b": "number",
}
WIDTH = 400
"""Characters shown of a text in Markdown."""


def write_flips(store: Store, opponents: Opponents, path: Path, metric: str | None = None) -> int:
    """Writes every sample on which a pair of arms differs, in the form that the file's ending says.

    Lost samples (A is better) come before won ones, the greatest difference first; for a metric that is
    neither good nor bad `change` is `lower` or `higher`. Rows are written as they are read. Returns how many;
    raises ConfigError for an ending or a metric that cannot be, and where the file cannot be written.
    """
    writers = _writers()
    if path.suffix not in writers:
        raise ConfigError(unknown("ending of a file of samples", path.suffix, writers))
    check_metric([arm for pair in opponents for arm in pair], metric, single=True)
    counted = _Counted(flip_rows(store, opponents, metric))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        writers[path.suffix](Table("flips", COLUMNS, counted), path)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=path) from None
    return counted.count


def flip_json(flip: Flip, change: str) -> dict[str, JSON]:
    """A sample on which two arms differ, as JSON."""
    return {
        "change": change,
        "sample_id": flip.sample_id,
        "input": flip.input,
        "targets": list(flip.targets),
        "answer_a": flip.answer_a,
        "answer_b": flip.answer_b,
        "score_a": flip.score_a,
        "score_b": flip.score_b,
    }


class _Counted:
    """Rows that are counted as they pass."""

    def __init__(self, rows: Iterator[Row]):
        self._rows, self.count = rows, 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.count += 1
            yield row


def flip_rows(store: Store, opponents: Opponents, name: str | None = None) -> Iterator[Row]:
    """The rows of such a file, read as they are wanted."""
    with store.engine.connect() as connection:
        duels = duels_of(opponents, name)
        reader = Reader(connection, wanted_of(duels))
        for duel in duels:
            a, b, metric = duel
            arms = {"a": a.label, "b": b.label, "dataset": b.dataset, "metric": metric.a.name}
            sides = lost_and_won(pairs_of(reader, duel), metric.sign)
            for pairs, change in zip(sides, change_words(metric.a.higher_is_better), strict=True):
                for flip in described(connection, a, b, pairs):
                    yield arms | flip_json(flip, change)


def _write_json(found: Table, path: Path) -> None:
    """One array, an object a line."""
    with path.open("wb") as file:
        before = b"[\n"
        for row in found.rows:
            file.write(before + orjson.dumps(row))
            before = b",\n"
        file.write(b"[]\n" if before == b"[\n" else b"\n]\n")


def _write_markdown(found: Table, path: Path) -> None:
    header = ["arm", "against", "change", "sample", "input", "target", "baseline", "this", "scores"]
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in table(header, []))
        for row in found.rows:
            texts = (row["sample_id"], row["input"], " / ".join(row["targets"]))
            answers = (row["answer_a"] or "", row["answer_b"] or "")
            cells = [label(row["b"]), label(row["a"]), row["change"]]
            cells += [literal(text, WIDTH) for text in (*texts, *answers)]
            cells.append(f"{row['score_a']:.2f} → {row['score_b']:.2f}")
            file.write(f"| {' | '.join(cells)} |\n")


def _writers() -> Mapping[str, Callable[[Table, Path], None]]:
    streamed = {f".{name}": writer for name, writer in WRITERS.items()}
    return {**streamed, ".json": _write_json, ".md": _write_markdown}
