"""What the runner needs of a store; the store in `reports` provides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from promptsweep.runners.plan import ScoredArm
from promptsweep.types import JSON, Completion, Record, Request


class Entry(Protocol):
    """What a store notes of a run when it begins."""

    @property
    def name(self) -> str:
        """The sweep's name."""

    @property
    def sweep(self) -> Mapping[str, JSON]:
        """The sweep as data."""

    @property
    def path(self) -> str:
        """The file it came from."""

    @property
    def arms(self) -> Sequence[ScoredArm]:
        """In the sweep's order."""

    @property
    def repeats(self) -> int:
        """Attempts at each sample."""

    @property
    def warnings(self) -> Sequence[str]:
        """What the user should know, one line each."""


class Sink(Protocol):
    """Takes records and replies, and gives stored replies back."""

    async def lookup(self, key: str) -> Completion | None:
        """The stored reply to the request of this key, marked as cached; None when there is none."""

    def keep(self, request: Request, completion: Completion) -> None:
        """Stores a reply; it is safe within a moment, without waiting here."""

    def abandon(self, key: str) -> None:
        """No reply will come to a request that was looked up: whoever waits for it may send it."""

    def add(self, record: Record) -> None:
        """Stores a finished record; it is safe within a moment, without waiting here."""

    async def room(self) -> None:
        """Waits while more is buffered than memory should hold; raises what made storing fail."""
