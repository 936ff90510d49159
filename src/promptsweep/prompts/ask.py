"""`Ask`: the one way a strategy talks to a model, and the keeper of the trace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from copy import copy
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from promptsweep.datasets.corpus import Corpus, Passage
from promptsweep.embeddings import decoded
from promptsweep.errors import ModelError
from promptsweep.types import JSON, Call, Completion, Message, Request

DRAWS_PER_REPEAT = 1_000_000
"""Draws of one repeat never reach the next: repeats and votes share no reply."""

Render = Callable[[str, Mapping[str, JSON]], tuple[Message, ...]]
"""Stage and its variables → messages."""
Build = Callable[[tuple[Message, ...], int, Mapping[str, JSON]], Request]
"""Messages, draw and the parameters of this call alone → the request."""
Send = Callable[[Request], Awaitable[Completion]]
Parse = Callable[[str], str | None]
Data = Callable[[str], JSON]
"""Name of a JSON file in the strategy's folder → what it holds."""
NONE: Mapping[str, JSON] = MappingProxyType({})
T = TypeVar("T")
Reply = tuple[Request, Completion]


class Embeds(Protocol):
    """What an arm's embedder does for it."""

    async def replies(self, texts: Sequence[str]) -> Sequence[Reply]:
        """The requests of these texts, and what came back."""

    async def index(self, corpus: Corpus) -> tuple[Any, Sequence[Reply]]:
        """A vector for each passage, and the replies that they were in, for whoever asks first."""


class Ask:
    """Renders a stage for one sample, sends it, and remembers each call.

    `await ask("answer", name=value)` returns the reply's text. The record's critical path is kept as
    calls are made: a call starts when the last reply that was there before it had (logically) come.
    """

    def __init__(  # noqa: PLR0913  all that a strategy may use
        self,
        *,
        render: Render,
        build: Build,
        send: Send,
        parse: Parse,
        data: Data,
        corpus: Callable[..., Corpus],
        context: Mapping[str, JSON] = NONE,
        repeat: int = 0,
        embedder: Embeds | None = None,
    ):
        self.render = render
        """Makes the messages of a stage."""
        self._without: dict[str, tuple[Message, ...]] = {}
        """Stage → its messages without variables: draws of one prompt are rendered once."""
        self._build, self._send, self._parse = build, send, parse
        self.data = data
        """What a JSON file in the strategy's folder holds: learned weights, word lists."""
        self.corpus = corpus
        """The passages of the dataset's contexts; `corpus(chunk=400, overlap=80)` in parts."""
        self._embedder = embedder
        self.context = context
        """What the dataset says of itself: its name, task, instruction, labels, `schema` and language."""
        self._first_draw = repeat * DRAWS_PER_REPEAT
        self._began = time.perf_counter()
        self.calls: list[Call] = []
        self.details: dict[str, JSON] = {}
        self.critical_seconds = 0.0
        self.finish = "stop"
        """Why the newest reply ended."""

    async def __call__(
        self, stage: str, *, draw: int = 0, call_params: Mapping[str, JSON] = NONE, **variables: JSON
    ) -> str:
        """The reply to `prompts/<strategy>/<stage>.j2`, rendered with the sample's fields and `variables`.

        Requests that differ in `draw` alone get independent replies. `call_params` are sampling parameters
        of this call alone, in place of the arm's.
        """
        completion = await self.completion(stage, draw=draw, call_params=call_params, **variables)
        return completion.text

    async def completion(
        self, stage: str, *, draw: int = 0, call_params: Mapping[str, JSON] = NONE, **variables: JSON
    ) -> Completion:
        """The same, with all that the endpoint says of the reply: why it ended, its log-probabilities."""
        request = self._build(self._messages(stage, variables), self._first_draw + draw, call_params)
        came_after = self.critical_seconds
        started = self.elapsed()
        try:
            completion = await self._send(request)
        except ModelError as error:
            self.calls.append(Call(stage, request.key, None, started, self.elapsed(), str(error)))
            raise
        self.calls.append(Call(stage, request.key, completion, started, self.elapsed()))
        self.critical_seconds = max(self.critical_seconds, came_after + completion.seconds)
        self.finish = completion.finish
        return completion

    async def together(self, stage: str, variables: Sequence[Mapping[str, JSON]]) -> list[str]:
        """Replies to a stage rendered once for each mapping; sent at the same time, returned in order.

        All are waited for before the first error is raised, so that no finished reply is lost.
        """
        return [completion.text for completion in await self.completions(stage, variables)]

    async def completions(self, stage: str, variables: Sequence[Mapping[str, JSON]]) -> list[Completion]:
        """As `together`, with all that the endpoint says of each reply."""
        asked = (self.completion(stage, **each) for each in variables)
        return await all_of(asked)

    def fork(self, **given: JSON) -> Ask:
        """One of several that work at the same time, each with variables of its own.

        Its calls are in this trace, its details its own. `join` them all when they are done.
        """
        part, render = copy(self), self.render
        part.details, part._without = {}, {}
        part.render = lambda stage, variables: render(stage, {**given, **variables})
        return part

    def join(self, parts: Sequence[Ask]) -> None:
        """Goes on when the last of the parts is done."""
        self.critical_seconds = max(part.critical_seconds for part in parts)

    async def search(
        self, query: str, count: int, *, by: str = "tfidf", chunk: int = 0, overlap: int = 0
    ) -> list[Passage]:
        """The passages that fit the query best by `tfidf`, `embedding` or `hybrid`, the best first.

        Where nothing may be sent (a plan, `render`), TF-IDF stands in for the embedder. The first search of
        a run embeds the passages, which is in the trace and the costs of its record, and not in its time.
        """
        corpus = self.corpus(chunk=chunk, overlap=overlap)
        if by == "tfidf" or self._embedder is None:
            return corpus.search(query, count)
        waiting = time.perf_counter()
        vectors, made = await self._embedder.index(corpus)
        self._began += time.perf_counter() - waiting
        now = self.elapsed()
        self.calls += [Call("index", request.key, completion, now, now) for request, completion in made]
        vector = await self._embedded(self._embedder, query)
        return corpus.near(query, count, vectors, vector, fused=by == "hybrid")

    async def _embedded(self, embedder: Embeds, text: str) -> Any:
        """The text's vector; a call like any other."""
        came_after, started = self.critical_seconds, self.elapsed()
        [(request, completion)] = await embedder.replies([text])
        self.calls.append(Call("embed", request.key, completion, started, self.elapsed()))
        self.critical_seconds = max(self.critical_seconds, came_after + completion.seconds)
        return decoded(completion.text)[0]

    def _messages(self, stage: str, variables: Mapping[str, JSON]) -> tuple[Message, ...]:
        if variables:
            return self.render(stage, variables)
        if stage not in self._without:
            self._without[stage] = self.render(stage, variables)
        return self._without[stage]

    def parse(self, reply: str) -> str | None:
        """The answer in a reply, by the rules of the dataset's task; None when there is none."""
        return self._parse(reply)

    def note(self, **details: JSON) -> None:
        """Keeps what is worth seeing later (votes, steps) in the record's details."""
        self.details.update(details)

    def elapsed(self) -> float:
        """Seconds since it began, without those in which a corpus was embedded for all samples."""
        return time.perf_counter() - self._began


async def all_of(asked: Iterable[Awaitable[T]]) -> list[T]:
    """The results in order; all are waited for before the first error is raised."""
    results = await asyncio.gather(*asked, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]
