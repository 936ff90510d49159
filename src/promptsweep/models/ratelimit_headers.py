"""What responses say of an endpoint's rate limits, in OpenAI's form and in Anthropic's."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

QUOTA = 90.0
"""Seconds until a limit is whole again from which on it is no limit of a minute."""
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)")


class Names(NamedTuple):
    """The headers of one limit."""

    limit: str
    remaining: str
    reset: str


@dataclass(frozen=True, slots=True)
class Allowance:
    """One limit of an endpoint as it stood when the response was sent."""

    limit: float
    """Requests or tokens a minute, above 0."""
    remaining: float
    """What is left of it, at least 0."""
    reset: float
    """Seconds until it is whole again, at least 0."""

    @property
    def left(self) -> float:
        """The part that remains, 0–1."""
        return min(1.0, self.remaining / self.limit)


def _openai(kind: str) -> Names:
    return Names(*(f"x-ratelimit-{part}-{kind}" for part in Names._fields))


def _anthropic(kind: str) -> Names:
    return Names(*(f"anthropic-ratelimit-{kind}-{part}" for part in Names._fields))


REQUESTS = (_openai("requests"), _anthropic("requests"))
TOKENS = (_openai("tokens"), _anthropic("tokens"))
PARTS = (_anthropic("input-tokens"), _anthropic("output-tokens"))


def requests(headers: Mapping[str, str]) -> Allowance | None:
    """The limit of requests a minute; None where the response names none. Names are in lower case.

    A limit that takes longer than QUOTA to be whole again is one of a day, as Groq and OpenAI's lowest
    tiers have it. It is no pace, and left to the 429 that ends it.
    """
    return next(iter(_found(REQUESTS, headers)), None)


def tokens(headers: Mapping[str, str]) -> Allowance | None:
    """The limit of tokens a minute, prompt and completion together; None where the response names none.

    Where prompt and completion have limits of their own, what remains is the part that is left of the
    tightest, so that whichever runs out first sets the pace.
    """
    totals, parts = _found(TOKENS, headers), _found(PARTS, headers)
    if not totals and not parts:
        return None
    limit = totals[0].limit if totals else sum(part.limit for part in parts)
    tightest = min([*totals, *parts], key=lambda allowance: allowance.left)
    return Allowance(limit, limit * tightest.left, tightest.reset)


def _found(names: tuple[Names, ...], headers: Mapping[str, str]) -> list[Allowance]:
    return [
        allowance
        for one in names
        if one.limit in headers and (allowance := _allowance(one, headers)) is not None
    ]


def _allowance(names: Names, headers: Mapping[str, str]) -> Allowance | None:
    limit = _number(headers[names.limit])
    remaining = _number(headers.get(names.remaining, ""))
    reset = seconds(headers.get(names.reset, ""), headers.get("date"))
    if not limit or limit < 0 or (reset is not None and reset > QUOTA):
        return None
    left = limit if remaining is None else max(0.0, remaining)
    return Allowance(limit, left, 60.0 if reset is None else reset)


def seconds(text: str, date: str | None = None) -> float | None:
    """Seconds, at least 0, of a number, a duration such as `6m0.5s`, or a time; None for anything else.

    A time is counted from the response's `Date`, so that the two clocks need not agree.

    >>> seconds("1m30.5s"), seconds("20ms"), seconds("7"), seconds("soon")
    (90.5, 0.02, 7.0, None)
    """
    number = _number(text)
    if number is not None:
        return max(0.0, number)
    parts = DURATION.findall(text)
    if parts and "".join(amount + unit for amount, unit in parts) == text:
        return sum(float(amount) * UNITS[unit] for amount, unit in parts)
    try:
        return max(0.0, datetime.fromisoformat(text).timestamp() - sent_at(date))
    except ValueError:
        return None


def sent_at(date: str | None) -> float:
    """Seconds since 1970 of a response's `Date`; now where it has none that can be read."""
    try:
        return parsedate_to_datetime(date).timestamp() if date else time.time()
    except ValueError:
        return time.time()


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
