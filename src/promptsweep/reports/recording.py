"""A run's replies as a file that can stand in for its models: `promptsweep record`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Select, Subquery, func, select

from promptsweep.errors import ConfigError
from promptsweep.models.archives import written
from promptsweep.models.exchanges import Header, RecordedIdentity, encode
from promptsweep.reports import schema
from promptsweep.reports.arms import within
from promptsweep.reports.calls import origin, request_of, version_of
from promptsweep.reports.identities import NO_VERSIONS, identities
from promptsweep.reports.rows import completion_of
from promptsweep.reports.store import Store, loads

calls, preambles, responses = schema.calls, schema.preambles, schema.responses
BATCH = 1_000
"""Rows in memory at once."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was written."""

    path: Path
    run: str
    sweep: str
    """Its name, or its path where that is called otherwise."""
    replies: int
    models: tuple[str, ...]
    """As the sweep names them."""
    size: int
    """Bytes of the file."""
    lost: int
    """Calls of the run that ended in an error: they have no reply to record."""


def record(store: Store, reference: str, path: Path) -> Recorded:
    """Writes the replies that a run used, each once, with their requests; memory stays flat.

    The path ends in `.jsonl`, `.jsonl.gz` or `.jsonl.zst`. Sorted by prompt, so that two recordings can be
    compared line by line; the same run gives the same bytes. Raises ConfigError for a run that is unknown,
    sent nothing, or lost replies when the store was pruned.
    """
    run = store.find_run(reference)
    known = identities(store, run)
    _check_urls(known)
    with store.engine.connect().execution_options(yield_per=BATCH) as connection:
        used = _used(store, run.id)
        found = _with_replies(used, origin(store, run))
        replies = _checked_count(connection, used, found, run.id)
        versions = {name: one for name, one in loads(run.versions).items() if name not in NO_VERSIONS}
        header = Header(sweep=run.name, run=run.id, replies=replies, versions=versions, models=dict(known))
        with written(path) as file:
            file.write(header.line())
            for row in connection.execute(_sorted(found, connection)):
                file.write(encode(request_of(row), completion_of(row)))
        lost = connection.scalar(
            select(func.count()).where(within(calls.c.record, store.arms(run.id)), calls.c.error.is_not(None))
        )
    sweep = run.name if Path(run.path).stem == run.name else run.path
    return Recorded(path, run.id, sweep, replies, tuple(known), path.stat().st_size, lost or 0)


def _check_urls(models: Mapping[str, RecordedIdentity]) -> None:
    """Raises ConfigError where a base URL holds a password: requests cannot be rebuilt without it."""
    for name, model in models.items():
        if "@" in urlsplit(model.form.base_url).netloc:
            message = f"the base URL of {name} holds a user or a password, which a recording would give away"
            raise ConfigError(f"{message}. Send it as a key (key, key_header in models.yaml) instead")


def _used(store: Store, run: str) -> Subquery:
    """The keys of the calls that got a reply."""
    answered = within(calls.c.record, store.arms(run)) & calls.c.error.is_(None)
    return select(calls.c.key).where(answered).distinct().subquery("used")


def _with_replies(used: Subquery, maker: str) -> Select[Any]:
    """Replies with their requests; of several replies to a key, the one that the run read."""
    mine = (responses.c.key == used.c.key) & (responses.c.version == version_of(maker, used))
    shared = [preambles.c.model, preambles.c.base_url, preambles.c.params, preambles.c.messages]
    joined = used.join(responses, mine).join(preambles, preambles.c.id == responses.c.preamble)
    return select(responses, *shared).select_from(joined)


def _checked_count(connection: Connection, used: Subquery, found: Select[Any], run: str) -> int:
    asked = connection.scalar(select(func.count()).select_from(used)) or 0
    held = connection.scalar(found.with_only_columns(func.count())) or 0
    if not asked:
        raise ConfigError(f"run {run} has no reply to record")
    if held < asked:
        raise ConfigError(
            f"{asked - held:,} of the {asked:,} replies of run {run} were removed from the store "
            "(promptsweep cache prune). Run the sweep again, and record that run"
        )
    return held


def _sorted(found: Select[Any], connection: Connection) -> Select[Any]:
    """By model, then by the prompt that is its own, then by what it shares with others; bytewise."""
    texts = (preambles.c.model, responses.c.prompt, preambles.c.messages, preambles.c.params)
    return found.order_by(*(_bytewise(text, connection) for text in texts), responses.c.draw, responses.c.key)


def _bytewise(text: ColumnElement[str], connection: Connection) -> ColumnElement[str]:
    """The order that SQLite has anyway, and PostgreSQL only where it is told."""
    return text.collate("C") if connection.dialect.name == "postgresql" else text
