"""Reads a chat completion as OpenAI-compatible endpoints write it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import orjson

from promptsweep.errors import ServerError
from promptsweep.models.failures import describe, excerpt
from promptsweep.models.logprobs import logprobs
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
    text, reasoning = text_of(message.get("content")) or refusal or "", reasoning_of(message) or None
    measured = choice.get("logprobs")
    return Completion(
        text=text,
        finish=finish,
        usage=told_apart(used, reasoning, text) if reasoning else used,
        seconds=seconds,
        cost=price(used),
        reasoning=reasoning,
        logprobs=logprobs(measured.get("content") or ()) if measured else None,
    )


def text_of(content: JSON) -> str:
    """The text of a message or of a piece of one; some endpoints write it as a list of parts."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part.get("type") == "text")
    return content or ""


def reasoning_of(message: Mapping[str, JSON]) -> str:
    """The reasoning that a message, or a piece of one, keeps apart from its text.

    As `reasoning_content` (DeepSeek, vLLM, llama.cpp), `reasoning` (OpenRouter), or as parts of the content
    of the type `thinking` (Mistral).
    """
    content = message.get("content")
    if isinstance(content, list):
        return "".join(text_of(part.get("thinking")) for part in content if part.get("type") == "thinking")
    return message.get("reasoning_content") or message.get("reasoning") or ""


def told_apart(used: Usage, reasoning: str | None, text: str) -> Usage:
    """The counts with tokens of reasoning: the endpoint's own, else the share of `completion` by length."""
    if used.reasoning is not None or used.completion is None or not reasoning:
        return used
    share = len(reasoning) / (len(reasoning) + len(text))
    return replace(used, reasoning=round(used.completion * share))
