"""Why a request was not found in the store: the nearest stored request, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest

from sqlalchemy import Connection, Select, select

from promptsweep.models.misses import common_start
from promptsweep.reports import schema
from promptsweep.reports.calls import request_of
from promptsweep.reports.rows import completion_of, dumps, preamble_row
from promptsweep.reports.store import Store
from promptsweep.types import Completion, Message, Request
from promptsweep.urls import shown

preambles, responses = schema.preambles, schema.responses
SHORTLIST = 200
"""Stored requests of each kind of kinship among which the nearest is looked for."""
CONTEXT = 40
"""Characters shown before and after the first difference of two texts."""
ABSENT = "(none)"


@dataclass(frozen=True, slots=True)
class Hit:
    """The request is stored."""

    created: datetime
    """When its oldest reply was made, UTC."""
    completion: Completion


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which two requests differ."""

    field: str
    """`model`, `base_url`, `draw`, `params.<name>` or `message <place> (<role>)`, places from 1."""
    stored: str
    wanted: str
    """Of long texts, both show the first difference with a little of what is around it."""


@dataclass(frozen=True, slots=True)
class Miss:
    """The request is not stored."""

    nearest: Request | None
    """The stored request that is most like it; None in an empty store."""
    differences: tuple[Difference, ...]


def explain(store: Store, request: Request) -> Hit | Miss:
    """Whether the store answers a request, and if not, how it differs from the nearest that it does."""
    with store.engine.connect() as connection:
        oldest = (
            select(responses).where(responses.c.key == request.key).order_by(responses.c.created).limit(1)
        )
        row = connection.execute(oldest).first()
        if row is not None:
            return Hit(datetime.fromtimestamp(row.created, UTC), completion_of(row))
        near = list(_candidates(connection, request))
    if not near:
        return Miss(None, ())
    nearest = max(near, key=lambda one: _likeness(one, request))
    return Miss(nearest, tuple(differences(nearest, request)))


def differences(stored: Request, wanted: Request) -> Iterator[Difference]:
    """Every field in which two requests differ."""
    for name in ("model", "base_url"):
        if getattr(stored, name) != getattr(wanted, name):
            yield Difference(name, shown(getattr(stored, name)), shown(getattr(wanted, name)))
    for name in sorted(stored.params.keys() | wanted.params.keys()):
        one, other = (dumps(of.params[name]) if name in of.params else ABSENT for of in (stored, wanted))
        if one != other:
            yield Difference(f"params.{name}", one, other)
    if stored.draw != wanted.draw:
        yield Difference("draw", str(stored.draw), str(wanted.draw))
    turns = zip_longest(stored.messages, wanted.messages)
    for place, (mine, yours) in enumerate(turns, 1):
        if mine != yours:
            yield _turn_difference(place, mine, yours)


def _turn_difference(place: int, stored: Message | None, wanted: Message | None) -> Difference:
    role = wanted.role if wanted else stored.role if stored else ""
    field = f"message {place} ({role})"
    if stored is None or wanted is None:
        return Difference(field, *(one.content[: 2 * CONTEXT] if one else ABSENT for one in (stored, wanted)))
    if stored.role != wanted.role:
        return Difference(field, stored.role, wanted.role)
    start = max(0, common_start(stored.content, wanted.content) - CONTEXT)
    return Difference(field, _excerpt(stored.content, start), _excerpt(wanted.content, start))


def _excerpt(text: str, start: int) -> str:
    end = start + 2 * CONTEXT
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _candidates(connection: Connection, request: Request) -> Iterator[Request]:
    """Stored requests with the same last message, with the same everything else, and the newest."""
    joined = select(
        responses, preambles.c.model, preambles.c.base_url, preambles.c.params, preambles.c.messages
    )
    joined = joined.join_from(responses, preambles, preambles.c.id == responses.c.preamble).limit(SHORTLIST)
    newest = joined.order_by(responses.c.created.desc())
    prompt = request.messages[-1].content if request.messages else ""
    queries: Sequence[Select[tuple[object, ...]]] = (
        joined.where(responses.c.prompt == prompt),
        joined.where(responses.c.preamble == preamble_row(request)["id"]),
        newest.where(preambles.c.model == request.model),
        newest,
    )
    for query in queries:
        for row in connection.execute(query):
            yield request_of(row)


def _likeness(stored: Request, wanted: Request) -> float:
    """How alike two requests are: a point for each equal field, for a message its share of equal text."""
    fields = (stored.model == wanted.model, stored.base_url == wanted.base_url, stored.draw == wanted.draw)
    names = stored.params.keys() | wanted.params.keys()
    params = [stored.params.get(name) == wanted.params.get(name) for name in names]
    turns = zip_longest(stored.messages, wanted.messages)
    return sum(fields) - params.count(False) + sum(_share(mine, yours) - 1 for mine, yours in turns)


def _share(one: Message | None, other: Message | None) -> float:
    """The share of two texts that their common beginning and end make up, 0 to 1."""
    if one is None or other is None or one.role != other.role:
        return 0.0
    if one.content == other.content:
        return 1.0
    start = common_start(one.content, other.content)
    end = common_start(one.content[start:][::-1], other.content[start:][::-1])
    return (start + end) / max(len(one.content), len(other.content))
