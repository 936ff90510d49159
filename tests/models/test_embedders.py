"""Embedding models behind an endpoint, against a real server."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from promptsweep.embeddings import decoded
from promptsweep.errors import AuthenticationError, ConfigError, RateLimitError, ServerError
from promptsweep.models.embedders import load
from promptsweep.runners.costs import worst_case
from promptsweep.types import Message, Usage
from servers import Answer, ChatServer, error
from workspaces import write


def embeddings(*vectors, order=None, tokens=8):
    """The JSON of a reply, its vectors in another order where one is given."""
    rows = [{"object": "embedding", "index": at, "embedding": list(one)} for at, one in enumerate(vectors)]
    rows = [rows[at] for at in order] if order else rows
    return {"object": "list", "data": rows, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


def embedder(root, server, reference="here/small", **endpoint):
    given = {"base_url": server.base_url, "prices": {"small": {"input": 0.5, "output": 0}}, **endpoint}
    short = {"tiny": {"endpoint": "here", "name": "small", "params": {"dimensions": 2}}}
    workspace = write(root, {"runners/models.yaml": {"endpoints": {"here": given}, "models": short}})
    return load(reference, workspace)


def embed(model, *texts):
    async def ask():
        try:
            return await model.chat(request_of(model, *texts))
        finally:
            await model.close()

    return asyncio.run(ask())


def request_of(model, *texts):
    return model.request(tuple(Message("user", text) for text in texts), {}, 0)


def test_texts_are_sent_together_and_their_vectors_come_back_in_order(tmp_path):
    reply = embeddings((3.0, 4.0), (0.0, 2.0), order=[1, 0])
    with ChatServer(lambda request: reply) as server:
        completion = embed(embedder(tmp_path, server), "하나", "two")

    assert server.paths == ["/v1/embeddings"]
    assert server.requests == [{"model": "small", "input": ["하나", "two"]}]
    assert decoded(completion.text) == pytest.approx(np.array([[0.6, 0.8], [0.0, 1.0]]))
    assert completion.usage == Usage(prompt=8, completion=0)
    assert completion.cost == pytest.approx(8 * 0.5e-6)


def test_a_short_name_brings_its_parameters(tmp_path):
    with ChatServer(lambda request: embeddings((1.0, 0.0))) as server:
        embed(embedder(tmp_path, server, "tiny"), "one")

    assert server.requests[0]["dimensions"] == 2


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        (embeddings((1.0, 0.0)), ServerError, "2 texts were sent, 1 vectors came"),
        ({"data": []}, ServerError, "the reply holds no vectors"),
        (Answer(b"<html>"), ServerError, "the reply holds no vectors: <html>"),
        (error(429, "slow down", retry_after="7"), RateLimitError, "slow down"),
        (error(401, "bad key"), AuthenticationError, "the key is rejected: bad key"),
    ],
)
def test_what_goes_wrong_is_sorted_as_for_chats(tmp_path, reply, kind, message):
    with ChatServer(lambda request: reply) as server, pytest.raises(kind, match=message):
        embed(embedder(tmp_path, server), "one", "two")


def test_vectors_and_chats_of_one_model_are_never_taken_for_each_other(tmp_path):
    with ChatServer(lambda request: "") as server:
        model = embedder(tmp_path, server)

    assert request_of(model, "one").base_url == f"{server.base_url}/embeddings"


def test_the_worst_case_is_what_goes_in(tmp_path):
    with ChatServer(lambda request: "") as server:
        model = embedder(tmp_path, server)
    worst = worst_case(request_of(model, "one", "two"), model)

    assert worst.tokens is not None
    assert worst.usd == pytest.approx(worst.tokens * 0.5e-6)


def test_known_vendors_have_their_prices(tmp_path):
    workspace = write(tmp_path, {".env": "OPENAI_API_KEY=sk-test"})
    model = load("openai/text-embedding-3-small", workspace)

    assert model.price(Usage(prompt=10**6, completion=0)) == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("minilmm", "Did you mean 'minilm'"),
        ("nowhere/small", "unknown endpoint 'nowhere'"),
        ("openai/text-embedding-3-small", "OPENAI_API_KEY"),
    ],
)
def test_an_embedder_that_cannot_be_had_is_one_clear_line(tmp_path, monkeypatch, reference, message):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigError, match=message):
        load(reference, write(tmp_path, {}))


def test_a_path_that_is_not_of_chats_has_no_embeddings_beside_it(tmp_path):
    with ChatServer(lambda request: "") as server, pytest.raises(ConfigError, match="where embeddings are"):
        embedder(tmp_path, server, path="/generate")
