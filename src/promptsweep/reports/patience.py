"""A PostgreSQL server that is away for a moment, or another transaction in the way: tried again, for a while.

SQLite waits by itself: see `opening.PATIENCE`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

T = TypeVar("T")
SERVER_PATIENCE = 60.0
"""Seconds for which a server that is away is waited for, where the store's URL has no `patience`."""
OPTION = "patience"
LONGEST = 1.0
"""Seconds between two attempts at most."""

_PASSING = {
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "53300",  # too_many_connections
    "55P03",  # lock_not_available
    "57P01",  # admin_shutdown
    "57P02",  # crash_shutdown
    "57P03",  # cannot_connect_now
    "57P05",  # idle_session_timeout
}
_CONNECTION = "08"
"""Class of the codes that say the connection broke."""


class UndecidedError(Exception):
    """The server has not yet decided whether a transaction whose connection broke counts."""


def patiently(engine: Engine, work: Callable[[], T]) -> T:
    """Does work, again and again where what made it fail will pass; then raises what the last attempt raised.

    The work must be a whole transaction, or none.
    """
    if engine.dialect.name == "sqlite":
        return work()
    from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

    seconds = engine.get_execution_options().get(OPTION, SERVER_PATIENCE)
    waits = wait_random_exponential(multiplier=0.02, max=LONGEST)
    again = Retrying(
        retry=retry_if_exception(is_passing), stop=stop_after_delay(seconds), wait=waits, reraise=True
    )
    return again(work)


def is_passing(error: BaseException) -> bool:
    """Whether a new attempt may succeed: the server was lost, or has chosen another transaction."""
    if isinstance(error, UndecidedError):
        return True
    cause = error.orig if isinstance(error, DBAPIError) else None
    if cause is None or not hasattr(cause, "sqlstate"):  # only PostgreSQL's errors have one
        return False
    state = cause.sqlstate
    if state is None:  # the server itself said nothing: it could not be reached, or went away
        return isinstance(error, OperationalError)
    return state in _PASSING or str(state).startswith(_CONNECTION)


def reason(error: BaseException) -> str:
    """Why a store failed, as one line: the driver's own words, the last of several attempts at connecting."""
    lines = [line.strip(" \t-") for line in str(getattr(error, "orig", None) or error).splitlines()]
    told = [line for line in lines if line]
    if not told:
        return type(error).__name__
    return told[-1] if told[0].startswith("Multiple connection attempts failed") else told[0]


class Ticket:
    """Tells whether the last transaction counts, also where its connection broke in the very commit."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self._number: str | None = None

    def take(self, connection: Connection) -> None:
        """Notes the transaction, right before its commit."""
        if connection.dialect.name == "postgresql":
            self._number = connection.scalar(text("SELECT pg_current_xact_id()::text"))

    def is_settled(self) -> bool:
        """Whether the transaction noted last was committed. Raises UndecidedError while nobody knows."""
        number = self._number
        if number is None:
            return False
        with self._engine.connect() as connection:
            state = connection.scalar(
                text("SELECT pg_xact_status(CAST(CAST(:number AS text) AS xid8))"), {"number": number}
            )
        if state == "in progress":
            raise UndecidedError("nobody knows whether the last transaction was committed")
        self._number = None
        return bool(state == "committed")

    def drop(self) -> None:
        """Forgets the transaction: it is known to count."""
        self._number = None
