"""What must outlive the process: which batches there are, and for which requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Note:
    """A batch as it is noted."""

    token: str
    """Our own name of it: noted before anything is sent, and part of the batch's metadata at the vendor."""
    batch: str | None
    """The vendor's id; None where it was not known yet when the note was last written."""
    keys: tuple[str, ...]
    """`Request.key` of each of its requests, in the order of its file's lines."""
    ended: bool
    """Whether its replies were handed out by the process that noted it."""


class Notes(Protocol):
    """Keeps the notes of one run; every method is done when it returns."""

    @property
    def run(self) -> str:
        """The run's id, which each batch carries in its metadata."""

    def known(self, model: str) -> Sequence[Note]:
        """The notes of a model (by its digest), the oldest first."""

    def begin(self, model: str, token: str, keys: Sequence[str]) -> None:
        """Notes a batch that is about to be made."""

    def created(self, token: str, batch: str) -> None:
        """Adds the vendor's id."""

    def ended(self, token: str) -> None:
        """Its replies are handed out."""

    def remove(self, token: str) -> None:
        """There is no such batch at the vendor."""
