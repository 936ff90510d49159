"""Any interleaving of turns, reports, cancellations and time leaves the limiter in order."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from promptsweep.models.limits import Limiter, Limits
from virtual_time import VirtualLoop

AGES = 1e6
"""Seconds; enough for all debts at the lowest rate."""
RATES = st.none() | st.integers(30, 3000)


class Turns(RuleBasedStateMachine):
    """A limiter, the calls that wait for it, and those that are in flight."""

    def __init__(self):
        super().__init__()
        self.loop = VirtualLoop()
        self.waiting, self.held, self.asked, self.admitted = {}, [], 0, []

    @initialize(concurrency=st.integers(1, 12), start=st.integers(1, 12), requests=RATES, tokens=RATES)
    def begin(self, concurrency, start, requests, tokens):
        limits = Limits(concurrency=concurrency, requests_per_minute=requests, tokens_per_minute=tokens)
        self.limiter = Limiter(limits, self.loop.time, start=start)

    @rule(tokens=st.integers(0, 200), count=st.integers(1, 6))
    def ask(self, tokens, count):
        for _ in range(count):
            self.asked += 1
            turn = self.limiter.turn(tokens)
            task = self.loop.create_task(self._enter(self.asked, turn))
            self.waiting[self.asked] = task
        self._settle_down()

    @precondition(lambda self: self.held)
    @rule(pick=st.randoms(), seconds=st.floats(0, 5), used=st.none() | st.integers(0, 300))
    def succeed(self, pick, seconds, used):
        turn = self._pop(pick)
        turn.settle(used)
        turn.succeeded(seconds)
        self._leave(turn)

    @precondition(lambda self: self.held)
    @rule(pick=st.randoms(), retry_after=st.none() | st.floats(0, 100))
    def refuse(self, pick, retry_after):
        turn = self._pop(pick)
        turn.limited(retry_after)
        self._leave(turn)

    @precondition(lambda self: self.held)
    @rule(pick=st.randoms())
    def fail(self, pick):
        self._leave(self._pop(pick))

    @precondition(lambda self: self.waiting)
    @rule(pick=st.randoms())
    def cancel(self, pick):
        self.waiting.pop(pick.choice(list(self.waiting))).cancel()
        self._settle_down()

    @precondition(lambda self: self.waiting and self.held)
    @rule(pick=st.randoms())
    def cancel_the_one_that_is_just_let_in(self, pick):
        self._leave(self._pop(pick), cancelled=self.waiting.pop(min(self.waiting)))

    @rule(limit=st.integers(1, 5000), left=st.floats(0, 1), reset=st.floats(0, 60))
    def learn(self, limit, left, reset):
        headers = {"limit": limit, "remaining": int(limit * left), "reset": f"{reset:.3f}s"}
        self.limiter.learn({f"x-ratelimit-{part}-requests": str(value) for part, value in headers.items()})
        self.admitted.clear()

    @rule(share=st.floats(0.1, 1))
    def divide(self, share):
        self.limiter.share = share
        self.admitted.clear()
        self._settle_down()

    @rule(seconds=st.floats(0, 70))
    def wait(self, seconds):
        self.loop.advance(seconds)

    @invariant()
    def places_are_counted_and_limited(self):
        if self.asked:
            assert self.limiter.in_flight == len(self.held) <= self.limiter.limits.concurrency
            assert self.limiter.waiting == len(self.waiting)
            assert 1 <= self.limiter.concurrency <= self.limiter.limits.concurrency

    @invariant()
    def turns_are_given_in_the_order_they_were_asked_for(self):
        numbers = [number for number, _ in self.admitted]
        assert numbers == sorted(numbers)
        assert not numbers or not self.waiting or numbers[-1] < min(self.waiting)

    @invariant()
    def requests_in_any_stretch_of_time_stay_within_the_rate_and_its_burst(self):
        configured = self.asked and self.limiter.limits.requests_per_minute
        if configured:
            times, rate = [at for _, at in self.admitted], configured / 60
            for first, start in enumerate(times):
                for count, at in enumerate(times[first:], 1):
                    assert count <= rate * (at - start) + max(1, 0.1 * rate) + 0.01

    def teardown(self):
        """Everyone who still waits is served in time, and then nothing is left."""
        while self.waiting or self.held:
            waited = len(self.waiting)
            while self.held:
                self._leave(self.held.pop())
            self.loop.advance(AGES)
            assert not waited or len(self.waiting) < waited
        if self.asked:
            assert (self.limiter.in_flight, self.limiter.waiting) == (0, 0)
            assert self.limiter._timer is None
        self.loop.close()

    async def _enter(self, number, turn):
        await turn.__aenter__()
        del self.waiting[number]
        self.held.append(turn)
        self.admitted.append((number, self.loop.time()))

    def _pop(self, pick):
        return self.held.pop(pick.randrange(len(self.held)))

    def _leave(self, turn, cancelled=None):
        async def leave():
            await turn.__aexit__(None, None, None)
            if cancelled is not None:
                cancelled.cancel()

        self.loop.run_until_complete(leave())
        self._settle_down()

    def _settle_down(self):
        for _ in range(3):
            self.loop.advance(0)


class TestTurns(Turns.TestCase):
    settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
