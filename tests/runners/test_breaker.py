"""When a run ends because every call fails."""

from __future__ import annotations

import pytest

from promptsweep.errors import ExitCode, RateLimitError, RequestError, RunFatalError, ServerError
from promptsweep.runners.breaker import Breaker

DOWN, BUSY, BAD = ServerError("reset"), RateLimitError("busy"), RequestError("too long")


def fail(breaker, *errors):
    for error in errors:
        breaker.failed(error)


def test_the_twentieth_failure_in_a_row_ends_the_run_with_the_count_and_the_last_reason():
    breaker = Breaker()
    fail(breaker, *[DOWN] * 18, BUSY)
    breaker.check()

    with pytest.raises(RunFatalError, match=r"^20 calls in a row failed; the last: reset$") as caught:
        breaker.failed(DOWN)

    assert caught.value.exit_code == ExitCode.INCOMPLETE


def test_a_success_begins_the_count_anew():
    breaker = Breaker(3)
    for _ in range(5):
        fail(breaker, DOWN, DOWN)
        breaker.succeeded()
    fail(breaker, DOWN, DOWN)

    with pytest.raises(RunFatalError, match="3 calls in a row"):
        breaker.failed(DOWN)


def test_once_open_it_stays_open_and_keeps_its_reason():
    breaker = Breaker(1)
    with pytest.raises(RunFatalError, match="1 calls"):
        breaker.failed(DOWN)
    breaker.succeeded()

    with pytest.raises(RunFatalError, match="the last: reset"):
        breaker.check()
    with pytest.raises(RunFatalError, match="the last: reset"):
        breaker.failed(BUSY)


def test_refusals_of_single_requests_never_end_a_run_that_has_had_a_success():
    breaker = Breaker(3)
    breaker.succeeded()

    fail(breaker, *[BAD] * 50)
    fail(breaker, DOWN, BAD, DOWN)

    breaker.check()


def test_refusals_end_a_run_in_which_nothing_has_succeeded_yet():
    breaker = Breaker(3)
    fail(breaker, BAD, BAD)

    with pytest.raises(RunFatalError, match="the last: too long"):
        breaker.failed(BAD)
