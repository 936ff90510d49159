"""The errors of records, sorted by who is at fault; the database counts them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from promptsweep.reports import schema
from promptsweep.reports.arms import within
from promptsweep.types import Outcome

records = schema.records

KINDS: Final[Mapping[str, Sequence[str]]] = {
    "rate limit": ("%rate limit: %", "%(HTTP 429)%"),
    "time-out": ("%no connection in %, no byte in %", "%(HTTP 408)%", "%TimeoutError%", "%timed out%"),
    "connection": ("%the connection to %",),
    "server": (
        "%(HTTP 5__)%",
        "%the reply is not JSON%",
        "%the reply holds no completion%",
        "%an error in place of a reply%",
        "%the model failed: %",
    ),
    "strategy": ("strategy % failed: %",),
    "request": ("%(HTTP 4__)%", "%llama.cpp refuses%", "%the prompt has % tokens%"),
}
"""Kind → how its messages read (SQL's LIKE), as `models` and `runners` word them; the first that fits."""
OTHER: Final = "other"


class Trouble(NamedTuple):
    """Errors of one kind."""

    kind: str
    """A key of `KINDS`, or `other`."""
    records: int
    example: str
    """One of the messages."""


def troubles(connection: Connection, arm: Any) -> list[Trouble]:
    """The errors of an arm's records, the most frequent kind first."""
    kind = _kind().label("kind")
    query = select(kind, func.count().label("count"), func.min(records.c.error).label("example"))
    failed = within(records.c.id, [arm]) & (records.c.outcome == Outcome.ERROR.value)
    return together(Trouble(*row) for row in connection.execute(query.where(failed).group_by(kind)))


def together(found: Iterable[Trouble]) -> list[Trouble]:
    """Those of one kind as one, the most frequent kind first."""
    kinds: dict[str, Trouble] = {}
    for one in found:
        before = kinds.get(one.kind, Trouble(one.kind, 0, one.example))
        kinds[one.kind] = before._replace(records=before.records + one.records)
    return sorted(kinds.values(), key=lambda one: (-one.records, one.kind))


def _kind() -> ColumnElement[str]:
    cases = [
        (or_(*(records.c.error.like(pattern) for pattern in patterns)), kind)
        for kind, patterns in KINDS.items()
    ]
    return case(*cases, else_=OTHER)
