"""Batches without a server: terms, files, lines and prices."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.config import validate
from promptsweep.errors import AuthenticationError, ConfigError, RateLimitError, RequestError, ServerError
from promptsweep.models.batch_terms import Terms
from promptsweep.models.batches.files import line_of, parts_of
from promptsweep.models.batches.results import Results
from promptsweep.models.endpoints import Endpoint, Price, catalog
from promptsweep.models.prices import batch_rates, endpoint_rates
from promptsweep.types import Completion, Message, Request, Usage
from promptsweep.workspace import Workspace
from servers import chat_completion


def asked(text, **params):
    return Request("m", "http://x", (Message("user", text),), params)


@pytest.mark.parametrize(
    ("written", "terms"),
    [
        (0.5, Terms(price=0.5)),
        ({"price": 0.25, "poll": 60, "expired": "report"}, Terms(price=0.25, poll=60, expired="report")),
        (None, None),
    ],
)
def test_an_endpoints_batch_is_a_part_of_the_price_or_all_terms(written, terms, tmp_path):
    assert validate({"batch": written}, Endpoint, tmp_path).batch == terms


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (3, "batch: Input should be less than or equal to 1"),
        ({"price": 0.5, "pol": 3}, "unknown key 'pol'. Did you mean 'poll'?"),
        ({"price": 0.5, "expired": "drop"}, "batch.expired: unknown value 'drop'"),
    ],
)
def test_a_mistake_in_an_endpoints_batch_is_one_line(written, message, tmp_path):
    with pytest.raises(ConfigError) as caught:
        validate({"batch": written}, Endpoint, tmp_path)

    assert message in str(caught.value)


def test_the_presets_with_openais_batch_api_are_these(tmp_path):
    endpoints = catalog(Workspace(tmp_path)).endpoints

    assert [name for name, one in endpoints.items() if one.batch is not None] == ["openai", "azure", "groq"]


@given(st.lists(st.text(max_size=300), min_size=1, max_size=40, unique=True), st.integers(1, 9))
def test_parts_hold_every_request_once_and_fit_into_the_vendors_files(texts, most):
    terms, requests = Terms(price=0.5, megabytes=0.001), [asked(text) for text in texts]
    size = {request.key: len(line_of(request, terms)) for request in requests}

    parts = parts_of(requests, most, terms)

    assert [key for part in parts for key in part] == [request.key for request in requests]
    assert all(len(part) <= most for part in parts)
    assert all(len(part) == 1 or sum(map(size.get, part)) <= 1000 for part in parts)


def test_a_line_keeps_korean_text_and_parameters():
    line = orjson.loads(line_of(asked("기분이 어때요?", temperature=0), Terms(price=0.5)))

    assert line["body"] == {
        "model": "m",
        "messages": [{"role": "user", "content": "기분이 어때요?"}],
        "temperature": 0,
    }


def results(*rows, status="completed", report=False):
    found = Results(lambda usage: 1.0, 7.0, status, report=report)
    found.file.writelines(row if isinstance(row, bytes) else orjson.dumps(row) + b"\n" for row in rows)
    found.index()
    return found


def row(status=None, body=None, error=None):
    response = None if status is None else {"status_code": status, "body": body}
    return {"id": "r", "custom_id": "k", "response": response, "error": error}


def said(code, message="why"):
    return {"error": {"message": message, "code": code}}


EXPIRED, CANCELLED = (
    {"code": "batch_expired", "message": "late"},
    {"code": "batch_cancelled", "message": "no"},
)
LINES = {
    "429": (row(429, said("rate_limit_exceeded")), RateLimitError),
    "500": (row(500, said("server_error")), ServerError),
    "400": (row(400, said("context_length_exceeded")), RequestError),
    "401": (row(401, said("invalid_api_key")), AuthenticationError),
    "no completion": (row(200, {"choices": []}), ServerError),
    "invalid": (row(error={"code": "invalid_request", "message": "x"}), RequestError),
    "unknown": (row(error={"code": "internal", "message": "x"}), ServerError),
    "silent": (row(), ServerError),
    "expired": (row(error=EXPIRED), ServerError),
    "cancelled": (row(error=CANCELLED), ServerError),
}


@pytest.mark.parametrize(("line", "kind"), LINES.values(), ids=LINES)
def test_lines_are_sorted_into_the_error_classes_of_live_calls(line, kind):
    assert type(results(line).outcome("k")) is kind


@pytest.mark.parametrize(("line", "free"), [(row(error=EXPIRED), True), (row(500, said("x")), False)])
def test_only_what_was_never_begun_is_known_to_cost_nothing(line, free):
    assert results(line).outcome("k").sent is not free


def test_a_request_without_a_line_has_the_batchs_own_end():
    assert "expired" in str(results(status="expired").outcome("k"))
    assert type(results(status="expired", report=True).outcome("k")) is RequestError
    assert "hold no line" in str(results().outcome("k"))


def test_broken_lines_are_passed_over_and_a_reply_outweighs_an_error():
    good = row(200, chat_completion("yes"))
    found = results(b"{cut off\n", b"\n", b"[1]\n", good, row(500, said("x")))

    assert found.outcome("k") == Completion("yes", usage=Usage(10, 2), seconds=7.0, cost=1.0)


def test_failures_are_spread_evenly_among_replies():
    good = [{**row(200, chat_completion("yes")), "custom_id": f"g{i}"} for i in range(6)]
    bad = [{**row(500, said("x")), "custom_id": f"b{i}"} for i in range(3)]
    found = results(*good, *bad)

    order = found.mixed([one["custom_id"] for one in (*good, *bad)])

    assert "bb" not in "".join(key[0] for key in order)
    assert sorted(order) == sorted(one["custom_id"] for one in (*good, *bad))


CALL = Usage(prompt=1_000_000, completion=1_000_000)


def test_a_price_of_ones_own_is_multiplied():
    endpoint = Endpoint(prices={"m": Price(input=2.0, output=4.0)}, provider="openai")

    assert batch_rates(endpoint, "m", 0.5).cost(CALL) == pytest.approx(3.0)


def test_a_batch_price_that_genai_prices_knows_goes_before_the_factor():
    endpoint = Endpoint(provider="openai")

    live, batch = endpoint_rates(endpoint, "gpt-4o-mini"), batch_rates(endpoint, "gpt-4o-mini", 0.9)

    assert batch.cost(CALL) == pytest.approx(live.cost(CALL) / 2)


def test_a_model_that_it_knows_no_batch_price_of_costs_the_factor():
    endpoint = Endpoint(provider="groq")

    live = endpoint_rates(endpoint, "llama-3.1-8b-instant")

    assert batch_rates(endpoint, "llama-3.1-8b-instant", 0.75).cost(CALL) == pytest.approx(
        0.75 * live.cost(CALL)
    )
    assert batch_rates(endpoint, "no-such-model", 0.75) is None
