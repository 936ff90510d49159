"""Rate limits as vendors write them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.models.ratelimit_headers import Allowance, requests, seconds, tokens

DATE = "Mon, 01 Jan 2024 00:00:00 GMT"
OPENAI = {
    "x-ratelimit-limit-requests": "3000",
    "x-ratelimit-remaining-requests": "2999",
    "x-ratelimit-reset-requests": "20ms",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset-tokens": "6m0s",
}


def anthropic(kind, limit, remaining, reset=30):
    return {
        f"anthropic-ratelimit-{kind}-limit": str(limit),
        f"anthropic-ratelimit-{kind}-remaining": str(remaining),
        f"anthropic-ratelimit-{kind}-reset": f"2024-01-01T00:00:{reset:02d}Z",
        "date": DATE,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20ms", 0.02),
        ("1s", 1),
        ("6m0s", 360),
        ("1h2m3.5s", 3723.5),
        ("250us", 0.00025),
        ("59", 59),
        ("0.5", 0.5),
        ("-3", 0),
        ("2024-01-01T00:00:30Z", 30),
        ("2023-12-31T23:59:00Z", 0),
        ("2024-01-01T01:00:10+01:00", 10),
        ("", None),
        ("soon", None),
        ("5 s", None),
        ("nan", None),
        ("inf", None),
        ("1s and more", None),
    ],
)
def test_seconds_are_read_from_numbers_durations_and_times(text, expected):
    assert seconds(text, DATE) == (expected if expected is None else pytest.approx(expected))


def test_a_time_is_counted_from_our_clock_where_the_response_has_no_date():
    soon = (datetime.now(UTC) + timedelta(seconds=30)).isoformat()

    assert 28 <= seconds(soon) <= 30
    assert 28 <= seconds(soon, "gibberish") <= 30


def test_openais_form_is_read():
    assert requests(OPENAI) == Allowance(3000, 2999, 0.02)
    assert tokens(OPENAI | {"x-ratelimit-reset-tokens": "6ms"}) == Allowance(150_000, 149_984, 0.006)


def test_anthropics_form_is_read():
    headers = anthropic("requests", 50, 49) | anthropic("tokens", 80_000, 60_000, reset=15)

    assert requests(headers) == Allowance(50, 49, 30)
    assert tokens(headers) == Allowance(80_000, 60_000, 15)


def test_of_prompt_and_completion_tokens_the_tighter_sets_what_is_left():
    parts = anthropic("input-tokens", 40_000, 30_000, reset=15) | anthropic(
        "output-tokens", 8_000, 800, reset=54
    )

    assert tokens(parts) == Allowance(48_000, pytest.approx(4_800), 54)
    assert tokens(parts | anthropic("tokens", 40_000, 39_000)) == Allowance(40_000, pytest.approx(4_000), 54)


def test_a_limit_of_a_day_is_no_pace():
    assert requests(OPENAI | {"x-ratelimit-reset-requests": "7m12s"}) is None


def test_missing_parts_mean_a_whole_minute_and_a_whole_limit():
    assert requests({"x-ratelimit-limit-requests": "100"}) == Allowance(100, 100, 60)
    assert (
        requests({"x-ratelimit-limit-requests": "100", "x-ratelimit-remaining-requests": "-1"}).remaining == 0
    )


@pytest.mark.parametrize(
    "headers", [{}, {"x-ratelimit-limit-requests": "0"}, {"x-ratelimit-limit-requests": "many"}]
)
def test_responses_without_a_limit_teach_nothing(headers):
    assert requests(headers) is None
    assert tokens(headers) is None


@given(st.text(), st.text(), st.text(), st.none() | st.text())
def test_no_header_is_too_strange(limit, remaining, reset, date):
    headers = {
        "x-ratelimit-limit-requests": limit,
        "x-ratelimit-remaining-requests": remaining,
        "x-ratelimit-reset-requests": reset,
    }
    found = requests(headers if date is None else headers | {"date": date})

    assert found is None or (found.limit > 0 <= found.remaining and 0 <= found.reset <= 90)


@given(st.floats(0, 3000))
def test_a_duration_means_what_it_says(value):
    minutes, rest = divmod(value, 60)

    assert seconds(f"{int(minutes)}m{rest:.6f}s", str(time.time())) == pytest.approx(value, abs=1e-5)
