"""Doubles that are no models: those are in `promptsweep.testing`."""

from __future__ import annotations

from promptsweep.types import Completion, Record, Request


class Forgetful:
    """A sink that keeps nothing and finds nothing."""

    async def lookup(self, key: str) -> Completion | None:
        return None

    def keep(self, request: Request, completion: Completion) -> None:
        """Forgets it."""

    def abandon(self, key: str) -> None:
        """Nobody waits for it."""

    def add(self, record: Record) -> None:
        """Forgets it."""

    async def room(self) -> None:
        """There always is."""
