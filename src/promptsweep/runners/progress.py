"""What a run has done so far; the runner counts, a face looks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from promptsweep.errors import ReplayMissError
from promptsweep.models.batches import Counts
from promptsweep.types import Completion, Outcome, Record

EXPLAINED = 3
"""Arms of which the first request that was never recorded is compared with the recorded ones."""

COUNTERS = (
    "requests",
    "cached",
    "retries",
    "prompt_tokens",
    "completion_tokens",
    "cost",
    "unpriced",
    "recalled",
)
"""What is counted of requests."""


@dataclass(slots=True)
class Miss:
    """An arm's records that ended because a request was never recorded."""

    nearest: str
    """How the first of these requests differs from the nearest recorded one; empty where nobody looked."""
    records: int = 1


@dataclass(slots=True)
class Progress:
    """Counters of one run. `total` and `resumed` count records, the rest what happened since the start."""

    total: int
    resumed: int = 0
    finished: int = 0
    errors: int = 0
    requests: int = 0
    cached: int = 0
    retries: int = 0
    """Attempts that failed and may be made again."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0
    """Replies whose price is unknown."""
    last_error: str | None = None
    recalled: int = 0
    """Those of `cached` that a recording held, not the store."""
    unrecorded: set[int] = field(default_factory=set)
    """Keys of the requests that a recording was asked for and does not hold."""
    misses: dict[str, Miss] = field(default_factory=dict)
    """What these requests cost each arm, by its label."""
    batches: Sequence[Counts] = ()
    """Those of each model that is asked in batches."""
    began: float = field(default_factory=time.monotonic)

    def replied(self, completion: Completion) -> None:
        """Counts a reply; what came from the store cost nothing now."""
        if completion.cached:
            self.cached += 1
            return
        self.requests += 1
        self.prompt_tokens += completion.usage.prompt or 0
        self.completion_tokens += completion.usage.completion or 0
        if completion.cost is None:
            self.unpriced += 1
        else:
            self.cost += completion.cost

    def recorded(self, record: Record) -> None:
        """Counts a finished record."""
        self.finished += 1
        if record.error is not None or record.outcome is Outcome.ERROR:
            self.errors += 1
            self.last_error = record.error

    def missed(self, arm: str, miss: ReplayMissError) -> str:
        """Counts a record of an arm that ended for want of a recorded reply; returns its error.

        The first of an arm, and of few arms, is explained: that reads the whole recording.
        """
        if miss.explain is None:
            return str(miss)
        known = self.misses.get(arm)
        if known is not None:
            known.records += 1
            return str(miss)
        self.misses[arm] = Miss(miss.explain() if len(self.misses) < EXPLAINED else "")
        return f"{miss}. {self.misses[arm].nearest}".rstrip()

    def take(self) -> Progress:
        """What was counted since the last time, as counters of their own; counting begins anew."""
        taken = replace(self, began=self.began)
        for counter in COUNTERS:
            setattr(self, counter, 0)
        self.unrecorded, self.misses = set(), {}
        return taken

    def include(self, other: Progress) -> None:
        """Adds what another process counted of requests; it counts no records."""
        for counter in COUNTERS:
            setattr(self, counter, getattr(self, counter) + getattr(other, counter))
        self.unrecorded |= other.unrecorded
        for arm, miss in other.misses.items():
            known = self.misses.setdefault(arm, Miss(miss.nearest, 0))
            known.records += miss.records
            known.nearest = known.nearest or miss.nearest

    @property
    def done(self) -> int:
        """Records that exist now."""
        return self.resumed + self.finished

    @property
    def rate(self) -> float:
        """Records a second since the start; 0.0 before the first."""
        elapsed = time.monotonic() - self.began
        return self.finished / elapsed if elapsed > 0 else 0.0
