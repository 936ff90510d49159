"""A rate kept evenly: requests or tokens a minute, as a bucket that refills all the time.

Endpoints count in fixed windows, in sliding ones or in buckets with little room, and none of them says
which. An even stream a little below the limit is welcome to all of them; a burst is not.
"""

from __future__ import annotations

from promptsweep.models.ratelimit_headers import Allowance

MINUTE = 60.0
MARGIN = 0.98
"""The part of a limit that is used; the rest covers requests that bunch up on their way."""
BURST = 0.1
"""Seconds of the rate that may be sent at once; at least one request."""
EASE = 0.95
"""A 429 in spite of the pace multiplies the pace by this."""
RECOVERY = 600.0
"""Seconds in which an eased pace would rise from nothing to the whole: one step of EASE takes 30."""
SLACK = 0.05
"""The part of a limit by which the endpoint's count may exceed ours before others must be using it too."""
LEAST = 0.05
"""The part of a limit that is tried even when the endpoint says that nothing is left."""
NEGLIGIBLE = 1e-6


class Bucket:
    """One limit. All times are seconds of one steady clock, given by the caller."""

    def __init__(self, per_minute: float | None):
        self.limit = per_minute
        """Requests or tokens a minute as the configuration or the endpoint has it; None for no limit."""
        self._configured = per_minute
        self._share = self._rate = self._capacity = 1.0
        self._spent = Spent()
        self._ease, self._eased = 1.0, 0.0
        self._shared_rate, self._shared_until = 0.0, 0.0
        self._set_rate()
        self._level, self._at = self._capacity, 0.0

    @property
    def share(self) -> float:
        """The part of the limit that is ours, above 0, at most 1."""
        return self._share

    @share.setter
    def share(self, part: float) -> None:
        self._share = part
        self._ease = 1.0  # what was refused before was refused to another number of runs
        self._set_rate()
        self._level = min(self._level, self._capacity)

    def wait(self, amount: float, now: float) -> float:
        """Seconds until so much may be taken, 0.0 for now.

        More than the bucket holds may be taken when it is full; the debt delays what comes after.
        """
        if self.limit is None:
            return 0.0
        rate = self._refill(now)
        lack = min(amount, self._capacity) - self._level
        if lack <= NEGLIGIBLE:
            return 0.0
        shared = self._shared_until - now
        return min(lack / rate, shared) if shared > 0 else lack / rate

    def take(self, amount: float, now: float) -> None:
        """Takes it; a negative amount gives back what was taken and not used."""
        if self.limit is not None:
            self._refill(now)
            self._level -= amount
            self._spent.add(amount, now)

    def ease(self, now: float) -> None:
        """Slows down a little for a while: the endpoint refused although the pace was kept."""
        self._ease, self._eased = max(LEAST, self._easing(now) * EASE), now

    def learn(self, said: Allowance, now: float) -> None:
        """Takes over the endpoint's view where it is stricter than ours.

        When it has counted more than we sent in the last minute, others use the key too: then what
        remains is spread over the time until the limit is whole again.
        """
        if self.limit is None:
            self._level, self._at = 0.0, now
        self.limit = said.limit if self._configured is None else min(said.limit, self._configured)
        self._set_rate()
        ours = self._spent.recent(now) / self._share
        if said.limit - said.remaining > ours + SLACK * said.limit and said.reset > 0:
            pace = max(said.remaining / said.reset, LEAST * said.limit / MINUTE)
            self._shared_rate, self._shared_until = pace * self._share, now + said.reset
        else:
            self._shared_until = now

    def _set_rate(self) -> None:
        if self.limit is not None:
            self._rate = self.limit * self._share * MARGIN / MINUTE
            self._capacity = max(1.0, BURST * self._rate)

    def _easing(self, now: float) -> float:
        return min(1.0, self._ease + (now - self._eased) / RECOVERY)

    def _refill(self, now: float) -> float:
        """Brings the level up to date; the rate at which it rises now. What was given back stays."""
        rate = self._rate * self._easing(now)
        if now < self._shared_until:
            rate = min(rate, self._shared_rate)
        room = self._capacity - self._level
        if room > 0:
            self._level += min(room, rate * (now - self._at))
        self._at = now
        return rate


class Spent:
    """How much was taken within the last minute, from two counters: this minute's and the one's before."""

    def __init__(self) -> None:
        self._began, self._this, self._before = float("-inf"), 0.0, 0.0

    def add(self, amount: float, now: float) -> None:
        """Counts it."""
        self._turn(now)
        self._this += amount

    def recent(self, now: float) -> float:
        """What was taken since a minute ago, taken for even within the minute before this one."""
        self._turn(now)
        return self._this + self._before * (1 - (now - self._began) / MINUTE)

    def _turn(self, now: float) -> None:
        elapsed = now - self._began
        if elapsed >= MINUTE:
            follows = elapsed < 2 * MINUTE
            self._before = self._this if follows else 0.0
            self._began = self._began + MINUTE if follows else now
            self._this = 0.0
