"""Replies piece by piece, against a real server."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from contextlib import aclosing

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.errors import AuthenticationError, RateLimitError, RequestError, ServerError
from promptsweep.models import load
from promptsweep.models.streaming import data_of, stream
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Logprobs, Message, Usage
from servers import Answer, error, in_turn

KEY = "sk-test-0123456789"
EVENTS = {"Content-Type": "text/event-stream; charset=utf-8"}
COUNTS = {"usage": {"prompt_tokens": 9, "completion_tokens": 2}, "choices": []}


def delta(text=None, finish=None, **more):
    return {"choices": [{"index": 0, "delta": {"content": text, **more}, "finish_reason": finish}]}


def events(*data, done=True, **answer):
    lines = [b"data: " + orjson.dumps(one) + b"\n\n" for one in data] + (
        [b"data: [DONE]\n\n"] if done else []
    )
    return Answer(b"".join(lines), headers=EVENTS, **answer)


def heard(model, **params):
    async def listen():
        request = model.request((Message("user", "Hi"),), params, 0)
        try:
            return [piece async for piece in stream(model, request)]
        finally:
            await model.close()

    return asyncio.run(listen())


def test_pieces_come_in_order_and_last_the_whole(serve, model_at):
    server = serve(
        lambda _: events(
            delta("", role="assistant"), delta("안녕"), delta("하세요"), delta(None, "stop"), COUNTS
        )
    )

    *pieces, whole = heard(model_at(server, prices={"small": {"input": 1, "output": 1}}), temperature=0)

    assert pieces == ["안녕", "하세요"]
    assert (whole.text, whole.finish, whole.usage) == ("안녕하세요", "stop", Usage(9, 2))
    assert whole.cost == pytest.approx(11e-6)
    assert server.requests[0]["stream"] is True
    assert server.requests[0]["stream_options"] == {"include_usage": True}


def test_an_endpoint_that_does_not_know_the_option_is_asked_without_it(serve, model_at):
    refused = error(422, "extra inputs are not permitted: stream_options")
    server = serve(in_turn(refused, events(delta("Yes", "stop"))))

    *pieces, whole = heard(model_at(server))

    assert pieces == ["Yes"]
    assert whole.usage == Usage()
    assert whole.cost is None
    assert "stream_options" not in server.requests[1]


def test_an_endpoint_that_does_not_stream_gives_one_piece(serve, model_at):
    *pieces, whole = heard(model_at(serve(lambda _: "Paris")))

    assert pieces == ["Paris"]
    assert whole.usage == Usage(10, 2)


def test_a_model_that_cannot_stream_gives_one_piece():
    assert heard(FunctionModel(lambda _: Completion("Paris"))) == ["Paris", Completion("Paris")]


def test_log_probabilities_are_gathered_over_the_pieces(serve, model_at):
    def measured(text, value):
        piece = delta(text)
        piece["choices"][0]["logprobs"] = {"content": [{"token": text, "logprob": value}]}
        return piece

    server = serve(lambda request: events(measured("Hel", -0.5), measured("lo", -0.25), delta(finish="stop")))

    *_, whole = heard(model_at(server), logprobs=True)

    assert whole.logprobs == Logprobs(2, -0.75, {"Hel": -0.5})


def test_reasoning_and_refusals_are_kept_apart(serve, model_at):
    server = serve(
        lambda _: events(
            delta(None, reasoning_content="Hm. "), delta(None, refusal="I won't"), delta(None, "stop")
        )
    )

    *pieces, whole = heard(model_at(server))

    assert pieces == ["I won't"]
    assert (whole.text, whole.reasoning, whole.finish) == ("I won't", "Hm. ", "refusal")


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (error(401, f"bad key {KEY}"), AuthenticationError, r"acme/small: .* rejected: bad key \[key\]"),
        (error(429, "slow down", retry_after="7"), RateLimitError, "rate limit"),
        (error(400, "too long"), RequestError, "too long"),
        (error(503, "busy"), ServerError, "busy"),
        (events({"error": {"message": "overloaded"}}), ServerError, "in place of a reply: overloaded"),
        (events(delta("half")), ServerError, "ended in the middle of the reply"),
        (events(delta("half"), done=False), ServerError, "ended in the middle of the reply"),
        (events(delta(None, "error")), ServerError, "the model failed"),
        (events(delta("half", "stop"), fault="truncate"), ServerError, "failed"),
        (Answer(b"data: {oops\n\n", headers=EVENTS), ServerError, "not JSON"),
        (Answer(b"data: 7\n\n", headers=EVENTS), ServerError, "an error in place"),
    ],
)  # fmt: skip
def test_errors_are_sorted_as_those_of_chat_and_hold_no_key(serve, model_at, answer, kind, said):
    with pytest.raises(kind, match=said) as found:
        heard(model_at(serve(lambda _: answer)))

    assert KEY not in str(found.value)
    assert KEY not in repr(found.value.__context__)


def test_a_stream_that_stalls_ends_by_the_endpoints_timeouts(serve, model_at):
    server = serve(lambda _: events(delta("half"), delta("whole", "stop"), fault="stall"))

    with pytest.raises(ServerError, match=r"no byte in 0\.2 s"):
        heard(model_at(server, first_byte_timeout=0.2))


@pytest.mark.parametrize("fault", [None, "drip"])
def test_who_leaves_before_the_end_breaks_the_connection_off(serve, model_at, fault):
    server = serve(lambda _: events(delta("a"), delta("b", "stop"), fault=fault))
    model, trouble = model_at(server), []

    async def leave():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: trouble.append(context))
        request = model.request((Message("user", "Hi"),), {}, 0)
        async with aclosing(stream(model, request)) as pieces:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    assert await anext(pieces) == "a"
        await model.close()
        gc.collect()

    asyncio.run(leave())

    assert not trouble


@given(
    st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), min_size=1), max_size=5),
    st.integers(1, 7),
    st.sampled_from(["\n", "\r\n"]),
)
def test_events_are_the_same_wherever_the_chunks_are_cut(texts, size, end):
    body = "".join(f": note{end}data: {text}{end}id: 1{end}{end}" for text in texts).encode()

    async def chunks():
        for start in range(0, len(body), size):
            yield body[start : start + size]

    async def collected():
        return [data.decode() async for data in data_of(chunks())]

    assert asyncio.run(collected()) == texts


def test_an_endless_line_is_no_stream():
    async def chunks():
        while True:
            yield b"x" * (1 << 20)

    async def collected():
        return [data async for data in data_of(chunks())]

    with pytest.raises(ServerError, match="no events"):
        asyncio.run(collected())


def test_the_embedded_model_streams(workspace):
    pytest.importorskip("xllamacpp")
    model = load("local", workspace)

    *pieces, whole = heard(model, max_tokens=12)

    asked = model.request((Message("user", "Hi"),), {"max_tokens": 12}, 0)
    assert len(pieces) > 1
    assert "".join(pieces) == whole.text == asyncio.run(model.chat(asked)).text
