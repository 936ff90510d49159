"""What the driver and its workers tell each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from promptsweep.reports.made import Places
from promptsweep.reports.remote import Parcel
from promptsweep.runners import Allowance, Progress
from promptsweep.runners.budget import Amounts
from promptsweep.runners.portions import NOTHING
from promptsweep.runners.shares import Part
from promptsweep.runners.slices import Slice
from promptsweep.types import JSON, Completion


@dataclass(frozen=True, slots=True)
class Assignment:
    """All that a worker makes the same plan of, and where its results go."""

    version: str
    """Of promptsweep."""
    sweep: Mapping[str, JSON]
    path: str
    root: str | None
    """The workspace's folder; None: a copy of it is the worker's working directory."""
    cwd: str | None
    """Where relative paths begin; None: in the worker's working directory."""
    checked: Mapping[tuple[str, str], int]
    """Dataset and split → rows that the driver has checked."""
    recording: str | bytes | None
    """The recording that stands in for the models: its path, or its content where its path is elsewhere."""
    live_misses: bool
    run: str
    arms: Places
    replies_version: str
    allowance: Allowance | None
    elapsed: float
    """Seconds of the allowance that are over."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a worker is told and must not be found anywhere: it is no part of what Ray keeps or logs."""

    environment: Mapping[str, str] = field(repr=False)
    store: str | None = field(repr=False)
    """URL of the database that the worker writes to; None: the driver stores everything."""


@dataclass(frozen=True, slots=True)
class Hello:
    """A worker is ready, unless `problem` says why not."""

    arms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Arm's key → its digests, as the worker found them."""
    problem: str | None = None
    node: str = ""
    """The machine."""


@dataclass(slots=True)
class Orders:
    """From the driver."""

    found: dict[str, Completion | None] = field(default_factory=dict)
    """Answers to look-ups; None: not stored, and this worker is to send the request."""
    slices: list[Slice] = field(default_factory=list)
    parts: dict[str, Part] = field(default_factory=dict)
    """Model → the worker's part of what its endpoint allows."""
    granted: Amounts | None = None
    refused: str | None = None
    surrender: bool = False
    """Another worker waits for what this one does not need of the budget."""
    end: bool = False
    """Begin nothing new."""


@dataclass(slots=True)
class Report:
    """From a worker."""

    parcel: Parcel
    progress: Progress
    wanted: Mapping[str, int]
    """Model → jobs to be leased."""
    paid: Amounts = NOTHING
    surrendered: Amounts = NOTHING
    asked: tuple[Amounts, Amounts] | None = None
    """What the first request that waits for money needs, and all that wait."""
    fatal: str | None = None
    """Why no further request can succeed."""
    failed: str | None = None
    """What ended the worker's work."""
    ended: bool = False
