"""Sorts what an endpoint answers when it does not answer: who is at fault, and so what happens next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import NamedTuple, TypeAlias

import orjson

from promptsweep.errors import (
    AuthenticationError,
    ModelError,
    QuotaError,
    RateLimitError,
    RequestError,
    RunFatalError,
    ServerError,
)
from promptsweep.models.ratelimit_headers import sent_at
from promptsweep.types import JSON

Codes: TypeAlias = frozenset[str]
"""The codes, types and reasons in an error body."""

NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
PASSING = frozenset({408, 409, 425})
"""4xx that say nothing about the request: timeout, conflict, too early."""
OVERLOADED = frozenset({503, 529})
"""5xx that ask for fewer requests."""

KINDS: Sequence[tuple[type[ModelError], str, Callable[[int, Codes], bool]]] = (
    (
        QuotaError,
        "no credit left; add some, then resume the run: ",
        lambda status, codes: status == 402 or (status == 429 and bool(codes & NO_CREDIT)),
    ),
    (RateLimitError, "rate limit: ", lambda status, _: status == 429),
    (
        AuthenticationError,
        "the key is rejected: ",
        lambda status, codes: status in (401, 403) or "API_KEY_INVALID" in codes,
    ),
    (ServerError, "", lambda status, _: status in PASSING or status >= 500),
    (
        RunFatalError,
        "no such model or path: ",
        lambda status, codes: status == 404 or "model_not_found" in codes,
    ),
    (RequestError, "", lambda status, _: status >= 400),
    (RunFatalError, "not a chat completions endpoint: ", lambda *_: True),
)
"""Who is at fault, in words, and by status and codes; the first that holds."""


class Detail(NamedTuple):
    """What an error body says, in whichever of the common forms."""

    message: str
    codes: Codes


def sort(status: int, headers: Mapping[str, str], body: bytes) -> ModelError:
    """The error of a reply whose status is not 200. `headers` are looked up in lower case."""
    detail = describe(body)
    kind, meaning = next((kind, meaning) for kind, meaning, holds in KINDS if holds(status, detail.codes))
    message = f"{meaning}{detail.message} (HTTP {status})"
    if kind is RateLimitError:
        return RateLimitError(message, retry_after(headers))
    if kind is ServerError:
        return ServerError(message, retry_after(headers), overloaded=status in OVERLOADED)
    return kind(message)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, at least 0, from `retry-after-ms` or Retry-After (seconds or a date).

    A date is counted from the response's `Date`, so that the two clocks need not agree.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return max(0.0, milliseconds / 1000)
    said = headers.get("retry-after")
    seconds = _number(said)
    if seconds is None and said:
        try:
            seconds = parsedate_to_datetime(said).timestamp() - sent_at(headers.get("date"))
        except ValueError:
            return None
    return None if seconds is None else max(0.0, seconds)


def describe(body: bytes) -> Detail:
    """Message and codes of an error body: JSON as OpenAI, Google, vLLM or FastAPI write it, or plain text."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Detail(excerpt(body.decode("utf-8", "replace")), frozenset())
    data = data[0] if isinstance(data, list) and data else data
    error = data.get("error", data) if isinstance(data, Mapping) else data
    if not isinstance(error, Mapping):
        return Detail(excerpt(str(error)), frozenset())
    said = error.get("message") or error.get("detail") or orjson.dumps(error).decode()
    return Detail(excerpt(str(said)), frozenset(_codes(error)))


def excerpt(text: str, length: int = 300) -> str:
    """The text as one line, cut where it is long."""
    line = " ".join(text.split())
    return (line[: length - 1] + "…" if len(line) > length else line) or "no message"


def _codes(error: Mapping[str, JSON]) -> list[str]:
    details = error.get("details")
    items = details if isinstance(details, list) else []
    found = [item.get("reason") for item in items if isinstance(item, Mapping)]
    return [str(code) for code in (error.get("code"), error.get("type"), *found) if code]


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
