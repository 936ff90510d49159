"""Reads a chat completion as OpenAI-compatible endpoints write it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson

from promptsweep.errors import ServerError
from promptsweep.models.failures import describe, excerpt
from promptsweep.types import JSON, Completion, Usage

Price = Callable[[Usage], float | None]


def read(body: bytes, seconds: float, price: Price) -> Completion:
    """The completion in the body of a 200; ServerError where there is none, or an error instead."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ServerError(f"the reply is not JSON: {excerpt(body.decode('utf-8', 'replace'))}") from None
    if isinstance(data, Mapping) and data.get("error"):
        raise ServerError(f"an error in place of a reply: {describe(body).message}")
    try:
        choice = data["choices"][0]
        message = choice["message"]
        return _completion(choice, message, usage(data.get("usage")), seconds, price)
    except (KeyError, IndexError, TypeError, AttributeError):
        raise ServerError(f"the reply holds no completion: {excerpt(orjson.dumps(data).decode())}") from None


def usage(counts: Mapping[str, JSON] | None) -> Usage:
    """Token counts as the endpoint gives them."""
    if not counts:
        return Usage()
    prompt, completion = counts.get("prompt_tokens_details"), counts.get("completion_tokens_details")
    return Usage(
        prompt=counts.get("prompt_tokens"),
        completion=counts.get("completion_tokens"),
        cached=prompt.get("cached_tokens") if prompt else None,
        reasoning=completion.get("reasoning_tokens") if completion else None,
    )


def _completion(
    choice: Mapping[str, JSON], message: Mapping[str, JSON], used: Usage, seconds: float, price: Price
) -> Completion:
    refusal = message.get("refusal")
    finish = "refusal" if refusal else choice.get("finish_reason") or "stop"
    if finish == "error":
        raise ServerError(f"the model failed: {excerpt(str(choice.get('error', 'no reason given')))}")
    return Completion(
        text=_text(message.get("content")) or refusal or "",
        finish=finish,
        usage=used,
        seconds=seconds,
        cost=price(used),
        reasoning=message.get("reasoning_content") or message.get("reasoning") or None,
    )


def _text(content: JSON) -> str:
    """A reply's text; some endpoints write it as a list of parts."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part.get("type") == "text")
    return content or ""
