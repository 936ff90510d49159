"""What a run has done so far; the runner counts, a face looks."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from promptsweep.types import Completion, Outcome, Record


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
        if record.outcome is Outcome.ERROR:
            self.errors += 1
            self.last_error = record.error

    @property
    def done(self) -> int:
        """Records that exist now."""
        return self.resumed + self.finished

    @property
    def rate(self) -> float:
        """Records a second since the start; 0.0 before the first."""
        elapsed = time.monotonic() - self.began
        return self.finished / elapsed if elapsed > 0 else 0.0
