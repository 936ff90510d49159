"""A sweep `moods` over an endpoint `acme`, and what a run of it left in the store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

from sqlalchemy import select

import promptsweep
from promptsweep.api import Run
from promptsweep.reports import schema
from promptsweep.workspace import Workspace
from workspaces import mood, rows

RETRIES = {"first": 0.01}


def mood_of(request: Mapping[str, Any]) -> str:
    """The model: always the same for a text, and about as often right as wrong."""
    return ("good", "bad")[crc32(request["messages"][-1]["content"].encode()) % 2]


def served(
    root: Path,
    base_url: str,
    count: int,
    *,
    endpoint: Mapping[str, Any] | None = None,
    sweep: Mapping[str, Any] | None = None,
    padding: str = "",
) -> Workspace:
    """A workspace whose sweep `moods` asks the server about `count` texts, each longer by `padding`."""
    acme = {"base_url": base_url, "retries": RETRIES, **(endpoint or {})}
    moods = {"datasets": "mood", "models": "acme/m", "strategies": "zero_shot", **(sweep or {})}
    texts = [(f"Text {i}.{padding}", "good") for i in range(count)]
    files = {
        "datasets/mood.test.jsonl": rows(texts),
        "runners/moods.yaml": moods,
        "runners/models.yaml": {"endpoints": {"acme": acme}},
    }
    return mood(root, **files)


def run(workspace: Workspace, **options: Any) -> Run:
    """Runs the sweep."""
    return promptsweep.run("moods", workspace=workspace.root, **options)


def results(run: Run) -> list[tuple[Any, ...]]:
    """Sample, outcome, answer and score of every record, in the order of the samples."""
    records, scores = schema.records, schema.scores
    columns = (records.c.sample_id, records.c.outcome, records.c.answer, scores.c.metric, scores.c.value)
    joined = records.outerjoin(scores, scores.c.record == records.c.id)
    query = select(*columns).select_from(joined).order_by(records.c.id, scores.c.metric)
    with run.store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def stored_texts(run: Run) -> list[str]:
    """The texts of all stored replies."""
    with run.store.engine.connect() as connection:
        return list(connection.scalars(select(schema.responses.c.text)))


def scored(run: Run) -> int:
    """Samples of the sweep's one arm that have a score."""
    [arm] = run.summaries()
    return arm.scored
