"""Replies that come piece by piece, as server-sent events; in one piece from models that cannot stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

import orjson

from promptsweep.errors import RequestError, ServerError
from promptsweep.models import replies
from promptsweep.models.base import Model
from promptsweep.models.failures import describe, excerpt
from promptsweep.models.logprobs import logprobs
from promptsweep.models.replies import Price
from promptsweep.types import JSON, Completion, Request

if TYPE_CHECKING:
    import aiohttp

DONE = b"[DONE]"
STREAMED: Mapping[str, JSON] = {"stream": True}
"""What a request that wants a stream says beside itself."""
COUNTED: Mapping[str, JSON] = {**STREAMED, "stream_options": {"include_usage": True}}
"""The same, with the counts of tokens at the end."""
EVENTS = "text/event-stream"
Pieces: TypeAlias = AsyncGenerator[str | Completion]
"""The pieces of a reply, and last the whole."""
LONGEST_EVENT = 8 << 20
"""Bytes of one event, which is a few words."""


@runtime_checkable
class Streams(Protocol):
    """A model whose replies come piece by piece."""

    def stream(self, request: Request) -> Pieces:
        """The pieces of the reply to one attempt, and last the whole. Raises the errors of `chat`."""


async def stream(model: Model, request: Request) -> Pieces:
    """The pieces of a reply as they come, and last the whole; one piece where the model cannot stream.

    Who leaves before the end closes it (`contextlib.aclosing`), which breaks the connection off.
    """
    if isinstance(model, Streams):
        async with aclosing(model.stream(request)) as parts:
            async for part in parts:
                yield part
        return
    completion = await model.chat(request)
    yield completion.text
    yield completion


async def counted(ask: Callable[[Mapping[str, JSON]], Pieces]) -> Pieces:
    """A stream with counts; one without from an endpoint that does not know the option, as some do not."""
    try:
        async with aclosing(ask(COUNTED)) as parts:
            async for part in parts:
                yield part
    except RequestError as error:
        if "stream_options" not in str(error):
            raise
        async with aclosing(ask(STREAMED)) as parts:
            async for part in parts:
                yield part


async def pieces(response: aiohttp.ClientResponse, began: float, price: Price) -> Pieces:
    """The pieces in the body of a 200, and last the whole; one piece where the endpoint does not stream."""
    if response.content_type != EVENTS:
        completion = replies.read(await response.read(), perf_counter() - began, price)
        yield completion.text
        yield completion
        return
    growing = Growing()
    async for data in data_of(response.content.iter_any()):
        if data == DONE:
            break
        if piece := growing.take(data):
            yield piece
    yield growing.whole(perf_counter() - began, price)


async def data_of(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The data of each event in a stream, wherever its chunks are cut. Comments and other fields are skipped.

    Format: html.spec.whatwg.org, "Server-sent events".
    """
    rest, data = b"", []
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_EVENT:
            raise ServerError("the stream holds no events")
        for line in lines:
            said = line.rstrip(b"\r")
            if said.startswith(b"data:"):
                data.append(said[5:].removeprefix(b" "))
            elif not said and data:
                yield b"\n".join(data)
                data = []
    if rest.startswith(b"data:"):
        data.append(rest[5:].strip())
    if data:
        yield b"\n".join(data)


@dataclass(slots=True)
class Growing:
    """A reply as its events come in."""

    parts: list[str] = field(default_factory=list)
    refusal: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    measured: list[Mapping[str, JSON]] = field(default_factory=list)
    """Tokens with their log-probabilities, where they were asked for."""
    finish: str | None = None
    counts: Mapping[str, JSON] | None = None

    def take(self, data: bytes) -> str:
        """Takes an event's data in; returns what it adds to the text. ServerError for an error instead."""
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise ServerError(f"an event is not JSON: {excerpt(data.decode('utf-8', 'replace'))}") from None
        if not isinstance(event, Mapping) or event.get("error"):
            raise ServerError(f"an error in place of a reply: {describe(data).message}")
        self.counts = event.get("usage") or self.counts
        choice = next(iter(event.get("choices") or ()), None)
        return "" if choice is None else self._grown(choice)

    def _grown(self, choice: Mapping[str, JSON]) -> str:
        self.finish = choice.get("finish_reason") or self.finish
        if self.finish == "error":
            raise ServerError(f"the model failed: {excerpt(str(choice.get('error', 'no reason given')))}")
        delta = choice.get("delta") or {}
        if measured := choice.get("logprobs"):
            self.measured += measured.get("content") or ()
        self.reasoning.append(replies.reasoning_of(delta))
        self.refusal.append(delta.get("refusal") or "")
        self.parts.append(replies.text_of(delta.get("content")))
        return str(self.parts[-1] or self.refusal[-1])

    def whole(self, seconds: float, price: Price) -> Completion:
        """The reply, when the stream is over. ServerError where the stream broke off before its end."""
        if self.finish is None:
            raise ServerError("the stream ended in the middle of the reply")
        used, refusal = replies.usage(self.counts), "".join(self.refusal)
        text, reasoning = "".join(self.parts) or refusal, "".join(self.reasoning) or None
        return Completion(
            text=text,
            finish="refusal" if refusal else self.finish,
            usage=replies.told_apart(used, reasoning, text),
            seconds=seconds,
            cost=price(used),
            reasoning=reasoning,
            logprobs=logprobs(self.measured),
        )
