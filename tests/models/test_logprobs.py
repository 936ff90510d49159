"""Log-probabilities: from endpoints' JSON through store and recording."""

from __future__ import annotations

import asyncio
import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.errors import ConfigError
from promptsweep.models import load
from promptsweep.models.embedded import local
from promptsweep.models.exchanges import completion_in, encode, problem_in
from promptsweep.models.logprobs import as_json, from_json, is_kept, logprobs
from promptsweep.types import Completion, Logprobs, Message, Request
from servers import chat_completion

TOKENS = [
    {
        "token": "yes",
        "logprob": -0.5,
        "top_logprobs": [{"token": "no", "logprob": -0.1}, {"token": "Yes", "logprob": -2.0}],
    },
    {"token": "!", "logprob": -1.5, "top_logprobs": []},
]
KNOWN = Logprobs(2, -2.0, {"no": -0.1, "yes": -0.5, "Yes": -2.0})


def test_the_drawn_token_stands_among_its_alternatives_in_order():
    found = logprobs(TOKENS)

    assert found == KNOWN
    assert list(found.first) == ["no", "yes", "Yes"]
    assert found.mean == -1.0


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        ([], None),
        ([{"token": "a"}], None),
        ([{"token": "a", "logprob": None}], None),
        ([{"token": "a", "logprob": 0}], Logprobs(1, 0.0, {"a": 0.0})),
        ([{"token": "a", "logprob": -math.inf}], Logprobs(1, -9999.0, {"a": -9999.0})),
        (
            [{"token": "�", "logprob": -1, "top_logprobs": [{"token": "�", "logprob": -3}]}],
            Logprobs(1, -1.0, {"�": -1.0}),
        ),
    ],
)
def test_what_endpoints_leave_out_or_write_oddly_is_read(tokens, found):
    assert logprobs(tokens) == found


@given(st.integers(1, 999), st.floats(-1e6, 0), st.dictionaries(st.text(), st.floats(-9999, 0), max_size=5))
def test_what_is_kept_comes_back_as_it_was(tokens, total, first):
    kept = orjson.loads(orjson.dumps(as_json(Logprobs(tokens, total, first))))

    assert is_kept(kept)
    assert from_json(kept) == Logprobs(tokens, total, first)


@pytest.mark.parametrize("broken", [[], [0, 0, {}], [1, -1], "x", [1, -1, {"a": "b"}], {}])
def test_a_line_with_broken_log_probabilities_is_no_line_of_a_recording(broken):
    request = Request("m", "u", (Message("user", "q"),))
    row = orjson.loads(encode(request, Completion("a", logprobs=KNOWN)))

    assert problem_in(row) is None
    assert completion_in(row).logprobs == KNOWN
    assert "logprobs" in problem_in({**row, "logprobs": broken})


def test_a_line_without_them_is_as_it_always_was():
    row = orjson.loads(encode(Request("m", "u", (Message("user", "q"),)), Completion("a")))

    assert "logprobs" not in row
    assert completion_in(row).logprobs is None


def test_an_endpoint_that_is_asked_gives_them(serve, model_at, ask):
    choice = {"finish_reason": "stop", "message": {"content": "yes!"}, "logprobs": {"content": TOKENS}}
    server = serve(lambda request: chat_completion("yes!", choices=[choice]))
    model = model_at(server)

    assert ask(model, "?", logprobs=True, top_logprobs=2).logprobs == KNOWN
    assert server.requests[0]["top_logprobs"] == 2


def test_an_endpoint_that_refuses_them_says_so_in_one_line(workspace, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    model = load("openai/o3-mini", workspace)

    with pytest.raises(ConfigError, match="openai/o3-mini does not take 'logprobs'"):
        model.check({"logprobs": True})


def test_the_embedded_model_gives_them():
    model = local()
    question = (Message("user", "The capital of France is"),)

    def chat(**params):
        request = model.request(question, {"temperature": 0, "max_tokens": 3, **params}, 0)
        return asyncio.run(model.chat(request))

    reply = chat(logprobs=True, top_logprobs=4)

    assert reply.logprobs.tokens == 3
    assert len(reply.logprobs.first) == 4
    assert max(reply.logprobs.first, key=reply.logprobs.first.get).strip() in reply.text
    assert reply.logprobs.total < 0
    assert chat().logprobs is None
