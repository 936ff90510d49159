"""Sorts what an endpoint answers when it does not answer: who is at fault, and so what happens next."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple

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
from promptsweep.types import JSON

NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
PASSING = frozenset({408, 409, 425})
"""4xx that say nothing about the request: timeout, conflict, too early."""


class Detail(NamedTuple):
    """What an error body says, in whichever of the common forms."""

    message: str
    codes: frozenset[str]


def sort(status: int, headers: Mapping[str, str], body: bytes) -> ModelError:
    """The error of a reply whose status is not 200. `headers` are looked up in lower case."""
    detail = describe(body)
    message = f"{detail.message} (HTTP {status})"
    if status == 402 or (status == 429 and detail.codes & NO_CREDIT):
        return QuotaError(f"no credit left: {message}. Add credit, then resume the run")
    if status == 429:
        return RateLimitError(f"rate limit: {message}", retry_after(headers))
    if status in (401, 403) or "API_KEY_INVALID" in detail.codes:
        return AuthenticationError(f"the key is rejected: {message}")
    if status in PASSING or status >= 500:
        return ServerError(message)
    if status == 404 or "model_not_found" in detail.codes:
        return RunFatalError(f"no such model or path: {message}")
    if 400 <= status < 500:
        return RequestError(message)
    return RunFatalError(f"not a chat completions endpoint: {message}")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, at least 0, from `retry-after-ms` or Retry-After (seconds or a date)."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return max(0.0, milliseconds / 1000)
    said = headers.get("retry-after")
    seconds = _number(said)
    if seconds is None and said:
        try:
            seconds = parsedate_to_datetime(said).timestamp() - time.time()
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
    found = [item.get("reason") for item in details if isinstance(item, Mapping)] if isinstance(details, list) else []
    return [str(code) for code in (error.get("code"), error.get("type"), *found) if code]


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
