"""How many calls may be in flight: more while it is welcome, fewer when the endpoint suffers.

Additive increase, multiplicative decrease, as in TCP: three times as many with each round trip at first, one
more per round trip after the first refusal, half as many after each. Latency is the second sign, compared
with the best seen as gradient limiters do. As longer answers take longer too, narrowing is also the test: if
latency does not follow, it was the work and not the load, and becomes the new measure.
"""

from __future__ import annotations

START = 8
"""Calls in flight at first, at endpoints of others."""
EAGER = 2.0
"""What each success adds to the window at first."""
REFUSED = 0.5
"""A refusal multiplies the window by this."""
SLOWED = 0.8
"""A lasting rise of latency multiplies the window by this."""
HELPED = 0.9
"""Narrowing helped where it brought the mean latency to this part or less of what it was."""
TOLERANCE = 3.0
"""How many times the best mean latency is still normal: servers that batch get slower, and do more."""
UNNOTICED = 0.1
"""Seconds below which no latency counts as risen."""
LASTING = 3
"""Rounds in a row after which a rise is one that lasts."""


class Window:
    """The most calls in flight now, from 1 to `most`.

    A round is as many successes as the window is wide when the round begins.
    """

    def __init__(self, most: int, start: int):
        self.size = float(min(most, start))
        self._most, self._threshold = float(most), float(most)
        self._best = self._narrowed_at = float("inf")
        self._risen = 0
        self._begin_round()

    @property
    def most(self) -> float:
        """The widest it can be, at least 1."""
        return self._most

    @most.setter
    def most(self, most: float) -> None:
        self._threshold = most if self._threshold == self._most else min(self._threshold, most)
        self._most, self.size = most, min(self.size, most)

    def succeeded(self, seconds: float, in_flight: int) -> None:
        """A call took so long, with so many in flight. Widens the window where it was made use of."""
        self._count += 1
        self._seconds += seconds
        if self._count >= self._round:
            self._end_round(self._seconds / self._count)
        if self._risen == 0 and in_flight * 2 >= self.size < self._most:
            step = EAGER if self.size < self._threshold else 1.0 / self.size
            self.size = min(self._most, self.size + step)

    def refused(self, restart: bool) -> None:
        """The endpoint refused a call. `restart` begins again from 1, for want of a rate that holds back."""
        self._narrow(REFUSED)
        if restart:
            self.size = 1.0

    def _begin_round(self) -> None:
        self._count, self._seconds, self._round = 0, 0.0, max(self.size, START)

    def _end_round(self, mean: float) -> None:
        self._begin_round()
        self._best = min(self._best, mean)
        if mean <= max(UNNOTICED, TOLERANCE * self._best):
            self._risen, self._narrowed_at = 0, float("inf")
            return
        self._risen += 1
        if self._risen == LASTING:
            self._risen = 0
            self._judge(mean)

    def _judge(self, mean: float) -> None:
        """Narrows the window, unless that was tried just now and changed nothing."""
        if HELPED * self._narrowed_at < mean <= self._narrowed_at / HELPED:
            self._best, self._narrowed_at = mean, float("inf")
        else:
            self._narrow(SLOWED)
            self._narrowed_at = mean

    def _narrow(self, part: float) -> None:
        self.size = self._threshold = max(1.0, self.size * part)
