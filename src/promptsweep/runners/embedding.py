"""Texts → vectors of an embedder, through its gateway; the vectors of a corpus are made once for a run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from promptsweep.datasets.corpus import Corpus
from promptsweep.embeddings import NAME, decoded
from promptsweep.metrics import Metric
from promptsweep.models import Model
from promptsweep.prompts.ask import Reply
from promptsweep.runners.gateway import Gateway
from promptsweep.types import Completion, Message, Request

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE = 96
"""Texts in one request at most."""
CHARACTERS = 200_000
"""Characters in one request of several texts at most: endpoints allow about 300,000 tokens."""


class Embedding:
    """One embedder of a run."""

    def __init__(self, model: Model, gateway: Gateway):
        self._model, self._gateway = model, gateway
        self._indices: dict[Corpus, NDArray[Any]] = {}
        self._indexing = asyncio.Lock()

    async def replies(self, texts: Sequence[str]) -> list[Reply]:
        """The requests of these texts with their replies, in order. Raises the model's sorted errors.

        All are waited for before the first error is raised, so that no finished reply is lost.
        """
        requests = [self._request(batch) for batch in _batches(texts)]
        ended = await asyncio.gather(*map(self._gateway.send, requests), return_exceptions=True)
        for one in ended:
            if isinstance(one, BaseException):
                raise one
        return [
            (request, one)
            for request, one in zip(requests, ended, strict=True)
            if isinstance(one, Completion)
        ]

    async def index(self, corpus: Corpus) -> tuple[NDArray[Any], list[Reply]]:
        """A vector for each passage, and the replies that they were in, for whoever asks first."""
        import numpy as np

        async with self._indexing:
            if corpus in self._indices:
                return self._indices[corpus], []
            replies = await self.replies([passage.text for passage in corpus.passages])
            self._indices[corpus] = np.concatenate([decoded(completion.text) for _, completion in replies])
            return self._indices[corpus], replies

    def _request(self, texts: Sequence[str]) -> Request:
        return self._model.request(tuple(Message("user", text) for text in texts), {}, 0)


async def known_to(
    metrics: Iterable[Metric], embedding: Mapping[str, Embedding], texts: Sequence[str]
) -> tuple[dict[tuple[str, str], Any], dict[str, list[Reply]]]:
    """The texts' vectors, by embedder and text, and the replies that they were in, by embedder.

    Of each embedder that a metric needs and that must be asked: the one in this process need not be. Raises
    the model's sorted errors.
    """
    found: dict[tuple[str, str], Any] = {}
    asked: dict[str, list[Reply]] = {}
    written = [text for text in texts if text.strip()]
    for name in dict.fromkeys(metric.embedder or "" for metric in metrics):
        if name in embedding and name != NAME:
            asked[name] = await embedding[name].replies(written)
            vectors = (vector for _, completion in asked[name] for vector in decoded(completion.text))
            found |= {(name, text): vector for text, vector in zip(written, vectors, strict=True)}
    return found, asked


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        if len(batch) == AT_ONCE or (batch and sum(map(len, batch)) + len(text) > CHARACTERS):
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch
