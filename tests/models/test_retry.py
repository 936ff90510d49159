"""Waiting times."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from promptsweep.errors import QuotaError, RateLimitError, RequestError, ServerError
from promptsweep.models.failures import retry_after, sort
from promptsweep.models.retry import Retries, retry
from promptsweep.types import Completion

BUSY = 2.0
"""Seconds that a busy machine may be late."""


def run(outcomes, retries, first=None):
    left, times = list(outcomes), [time.perf_counter()]

    async def send():
        times.append(time.perf_counter())
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    completion = asyncio.run(retry(first or ServerError("first"), send, retries))
    return completion, [later - earlier for earlier, later in pairwise(times)]


def test_waits_grow_and_are_jittered_within_their_half():
    failures = [ServerError("x"), ServerError("x"), Completion("ok")]

    completion, waits = run(failures, Retries(first=0.05, longest=0.1))

    assert completion.attempts == 4
    assert [waits[0] >= 0.025, waits[1] >= 0.05, waits[2] >= 0.05] == [True] * 3
    assert sum(waits) < 0.25 + BUSY


def test_all_waits_together_stay_within_the_patience():
    began = time.perf_counter()

    with pytest.raises(ServerError):
        run([ServerError("x")] * 9, Retries(first=0.1, patience=0.25, attempts=9))

    assert time.perf_counter() - began < 0.25 + BUSY


def test_an_error_that_is_not_retried_ends_it():
    with pytest.raises(RequestError, match="too long"):
        run([RequestError("too long")], Retries(first=0.01))


def test_the_wait_that_the_endpoint_asks_for_takes_the_place_of_ours():
    _, waits = run([Completion("ok")], Retries(first=10), RateLimitError("x", retry_after=0.05))

    assert 0.05 <= waits[0] < 1.2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
    ],
)
def test_retry_after_is_read_as_seconds_milliseconds_or_a_date(headers, seconds):
    assert retry_after(headers) == seconds


def test_a_retry_after_date_is_seconds_from_now():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)

    assert 28 <= retry_after({"retry-after": soon}) <= 30


def test_a_long_error_body_becomes_one_short_line():
    error = sort(500, {}, b"<html>\n" + b"x" * 5000)

    assert isinstance(error, ServerError)
    assert len(str(error)) < 350
    assert str(error).endswith("… (HTTP 500)")


def test_an_exhausted_quota_is_no_rate_limit():
    body = b'{"error": {"message": "check your plan", "type": "insufficient_quota", "code": null}}'

    assert isinstance(sort(429, {"retry-after": "1"}, body), QuotaError)
