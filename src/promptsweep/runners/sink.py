"""What the runner needs of a store; the store in `reports` provides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from promptsweep.runners.plan import ScoredArm
from promptsweep.types import JSON, Completion, Record, Request


class Entry(Protocol):
    """What a store notes of a run when it begins."""

    @property
    def name(self) -> str: ...
    @property
    def sweep(self) -> Mapping[str, JSON]: ...
    @property
    def path(self) -> str: ...
    @property
    def arms(self) -> Sequence[ScoredArm]: ...
    @property
    def repeats(self) -> int: ...
    @property
    def warnings(self) -> Sequence[str]: ...


class Sink(Protocol):
    """Takes records and replies, and gives stored replies back."""

    async def lookup(self, key: str) -> Completion | None:
        """The stored reply to the request of this key, marked as cached; None when there is none."""

    def keep(self, request: Request, completion: Completion) -> None:
        """Stores a reply; it is safe within a moment, without waiting here."""

    def add(self, record: Record) -> None:
        """Stores a finished record; it is safe within a moment, without waiting here."""

    async def room(self) -> None:
        """Waits while more is buffered than memory should hold; raises what made storing fail."""
