"""Embedders: models whose reply is vectors. A request holds one message for each text.

As they are models, limits, retries, budget, ledger and the table of replies serve them as they are: a text
is embedded once, and a run that is made again sends nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import perf_counter

import orjson

from promptsweep import embeddings
from promptsweep.errors import ConfigError, ServerError
from promptsweep.models import tokens
from promptsweep.models.base import Model
from promptsweep.models.endpoints import Endpoint
from promptsweep.models.failures import excerpt
from promptsweep.models.forms import RequestForm
from promptsweep.models.limits import steady
from promptsweep.models.openai import OpenAIModel
from promptsweep.models.prices import embedding_rate
from promptsweep.models.replies import usage
from promptsweep.models.retry import Retries
from promptsweep.types import JSON, Completion, Message, Request, Usage, digest
from promptsweep.workspace import Workspace

CHAT = "/chat/completions"


def load(reference: str, workspace: Workspace) -> Model:
    """The embedder of a reference: `minilm`, `<endpoint>/<name>`, or a short name from models.yaml.

    Raises ConfigError as `models.load` does, and where the extra `embeddings` is missing for `minilm`.
    """
    if reference == embeddings.NAME:
        return LocalEmbedder()
    from promptsweep.models.loading import remote

    return remote(reference, workspace, OpenAIEmbedder, also=[embeddings.NAME])


class OpenAIEmbedder(OpenAIModel):
    """One embedding model of an OpenAI-compatible endpoint."""

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        model: str,
        *,
        base_url: str,
        key: str | None = None,
        defaults: Mapping[str, JSON] | None = None,
    ):
        """`endpoint` is that of chats: its path ends in another word here, its sampling parameters go."""
        if not endpoint.path.endswith(CHAT):
            raise ConfigError(f"{name}: cannot tell where embeddings are, as `path` does not end in {CHAT}")
        path = endpoint.path.removesuffix(CHAT) + embeddings.PATH
        there = replace(endpoint, path=path, params={}, rename={}, refuse=[], families=[])
        super().__init__(name, there, model, base_url=base_url, key=key, defaults=defaults)
        self.form = replace(self.form, base_url=self.form.base_url + embeddings.PATH)
        self._rate = embedding_rate(endpoint, model)

    def check(self, given: Mapping[str, JSON]) -> None:
        """Takes what the endpoint takes, such as `dimensions`."""

    def price(self, usage: Usage) -> float | None:
        """US dollars for one call, by the tokens of its texts; None where the price is unknown."""
        if self._rate is None or usage.prompt is None:
            return None
        return self._rate * usage.prompt

    def body(self, request: Request) -> dict[str, JSON]:
        """What is posted."""
        texts = [message.content for message in request.messages]
        return {"model": request.model, "input": texts, **request.params}

    def read(self, request: Request, content: bytes, seconds: float) -> Completion:
        """The vectors, in the order of the texts, each of length 1."""
        import numpy as np

        try:
            data = orjson.loads(content)
            rows = sorted(data["data"], key=lambda row: row.get("index", 0))
            vectors = np.array([row["embedding"] for row in rows], np.float32)
            count, _ = vectors.shape
            used = replace(usage(data.get("usage")), completion=0)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            raise ServerError(
                f"the reply holds no vectors: {excerpt(content.decode('utf-8', 'replace'))}"
            ) from None
        if count != len(request.messages):
            raise ServerError(f"{len(request.messages)} texts were sent, {count} vectors came")
        text = embeddings.encoded(embeddings.unit(vectors))
        return Completion(text, usage=used, seconds=seconds, cost=self.price(used))


class LocalEmbedder:
    """MiniLM in this process; nothing is loaded before the first text."""

    name = embeddings.NAME
    concurrency = 1
    notice: str | None = None

    def __init__(self) -> None:
        self.form = RequestForm(model=embeddings.signature(), base_url=embeddings.NAME + embeddings.PATH)
        self.digest = digest(self.form.model, self.form.base_url)
        self.limiter, self.retries = steady(self.concurrency), Retries()

    def check(self, given: Mapping[str, JSON]) -> None:
        """Takes no parameter."""
        if given:
            raise ConfigError(f"{self.name} takes no parameters, not {', '.join(given)}")

    def request(self, messages: tuple[Message, ...], given: Mapping[str, JSON], draw: int) -> Request:
        """The request, one message for each text."""
        return self.form.request(messages, given, draw)

    async def chat(self, request: Request) -> Completion:
        """The vectors; other work goes on meanwhile."""
        began = perf_counter()
        texts = [message.content for message in request.messages]
        text, count = await asyncio.to_thread(_locally, texts)
        return Completion(text, usage=Usage(count, 0), seconds=perf_counter() - began, cost=0.0)

    def count_tokens(self, text: str) -> int:
        """An estimate."""
        return tokens.estimate(text)

    def price(self, usage: Usage) -> float:  # noqa: ARG002
        """Nothing."""
        return 0.0

    async def close(self) -> None:
        """Nothing to free: the weights serve the next run of this process."""


def _locally(texts: Sequence[str]) -> tuple[str, int]:
    """The vectors as text, and how many tokens the texts have."""
    encoder = embeddings.minilm()
    return embeddings.encoded(encoder.vectors(texts)), sum(map(encoder.count, texts))
