"""Reasoning apart from the answer, in every form that endpoints write it, against a real server."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_streaming import COUNTS, delta, events, heard

from promptsweep.models.streaming import stream
from promptsweep.models.thinking import answered, apart
from promptsweep.types import Completion, Message, Usage
from servers import Answer, chat_completion

THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "2+2"}]}
COUNTED = {"prompt_tokens": 10, "completion_tokens": 20}


def replying(message, **usage):
    choice = {"finish_reason": "stop", "message": message}
    return lambda _: Answer(chat_completion("", choices=[choice], usage={**COUNTED, **usage}))


@pytest.mark.parametrize(
    ("message", "think_tags"),
    [
        ({"content": "4", "reasoning_content": "2+2"}, False),
        ({"content": "4", "reasoning": "2+2"}, False),
        ({"content": [THOUGHT, {"type": "text", "text": "4"}]}, False),
        ({"content": "<think>\n2+2\n</think>\n\n4"}, True),
        ({"content": "2+2</think>4"}, True),
    ],
)  # fmt: skip
def test_reasoning_is_kept_apart_and_its_tokens_counted_by_length(serve, model_at, ask, message, think_tags):
    completion = ask(model_at(serve(replying(message)), think_tags=think_tags))

    assert (completion.text, completion.reasoning) == ("4", "2+2")
    assert completion.usage == Usage(10, 20, None, 15)


def test_the_endpoints_own_count_of_reasoning_goes_before_an_estimate(serve, model_at, ask):
    counted = {"completion_tokens_details": {"reasoning_tokens": 17}}
    server = serve(replying({"content": "<think>2+2</think>4"}, **counted))

    assert ask(model_at(server, think_tags=True)).usage.reasoning == 17


def test_without_the_key_tags_are_text(serve, model_at, ask):
    completion = ask(model_at(serve(lambda _: "<think>2+2</think>4")))

    assert (completion.text, completion.reasoning) == ("<think>2+2</think>4", None)


@pytest.mark.parametrize(("name", "text"), [("acme/qwen3-8b", "4"), ("acme/llama", "<think>2+2</think>4")])
def test_a_family_writes_tags_where_the_endpoint_does_not(serve, model_at, ask, name, text):
    server = serve(lambda _: "<think>2+2</think>4")
    model = model_at(server, name, families=[{"match": "qwen3.*", "think_tags": True}])

    assert ask(model).text == text


def test_replies_that_are_read_otherwise_are_not_the_same_stored_reply(serve, model_at):
    server = serve(lambda _: "4")
    messages = (Message("user", "Hi"),)
    keys = {model_at(server, think_tags=tags).request(messages, {}, 0).key for tags in (True, False)}

    assert len(keys) == 2


def test_what_is_cut_while_it_reasons_has_no_answer():
    cut = apart(Completion("<think>Well, 2+", "length", Usage(5, 7)))

    assert (cut.text, cut.reasoning, cut.usage.reasoning) == ("", "Well, 2+", 7)


def test_a_stream_gives_the_answers_pieces_alone(serve, model_at):
    said = ["<th", "ink>2+", "2</thi", "nk>\n", "\n4", " = 4"]
    server = serve(lambda _: events(*(delta(one) for one in said), delta(None, "stop"), COUNTS))

    *pieces, whole = heard(model_at(server, think_tags=True))

    assert pieces == ["4", " = 4"]
    assert (whole.text, whole.reasoning) == ("4 = 4", "2+2")


def test_a_stream_keeps_reasoning_in_fields_and_in_parts_apart(serve, model_at):
    thought = {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "+2"}]}]}
    server = serve(
        lambda _: events(
            delta(None, reasoning="2"),
            {"choices": [{"index": 0, "delta": thought}]},
            delta([{"type": "text", "text": "4"}], "stop"),
            COUNTS,
        )
    )

    *pieces, whole = heard(model_at(server))

    assert pieces == ["4"]
    assert (whole.text, whole.reasoning, whole.usage) == ("4", "2+2", Usage(9, 2, None, 2))


class Cut:
    """A model that streams a text in given pieces."""

    def __init__(self, pieces):
        self.pieces = pieces

    async def stream(self, request):
        for piece in self.pieces:
            yield piece
        yield Completion("".join(self.pieces))


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<", "th", "ink>", " ", "\n", "가", "b"]), max_size=8),
    st.booleans(),
)
def test_the_pieces_of_a_stream_make_up_the_answer_wherever_it_is_cut(pieces, opened):
    whole = f"{'<think>' if opened else ''}{''.join(pieces)}"

    async def listen():
        return [part async for part in answered(stream(Cut(list(whole)), None))]

    *said, completion = asyncio.run(listen())
    assert completion == apart(Completion(whole))
    if whole.lstrip().startswith("<think>") or "</think>" not in whole:
        assert "".join(said).strip() == completion.text.strip()
