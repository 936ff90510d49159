"""The HTTP model against a real server."""

from __future__ import annotations

import asyncio

import pytest

from promptsweep.errors import (
    AuthenticationError,
    ConfigError,
    QuotaError,
    RateLimitError,
    RequestError,
    RunFatalError,
    ServerError,
)
from promptsweep.models import load
from promptsweep.types import Message, Usage
from servers import Answer, ChatServer, chat_completion, error, in_turn

KEY = "sk-test-0123456789"
GOOGLE_ERROR = {"code": 400, "message": "bad key", "details": [{"reason": "API_KEY_INVALID"}]}


def test_messages_and_parameters_arrive_as_they_were_given(serve, model_at, ask):
    server = serve(lambda request: "Paris")

    completion = ask(model_at(server), "Capital of France?", temperature=0, stop=["\n"], extra={"top_k": 5})

    assert completion.text == "Paris"
    assert server.requests == [
        {
            "model": "small",
            "messages": [{"role": "user", "content": "Capital of France?"}],
            "temperature": 0,
            "stop": ["\n"],
            "top_k": 5,
        }
    ]
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("endpoint", "sent"),
    [
        ({}, "json_schema"),
        ({"response_format": "json_object"}, "json_object"),
        ({"families": [{"match": "small", "response_format": "json_object"}]}, "json_object"),
    ],
)
def test_a_schema_is_sent_only_to_what_can_be_held_to_one(serve, model_at, ask, endpoint, sent):
    server = serve(lambda request: "{}")
    schema = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": {}}}

    ask(model_at(server, **endpoint), response_format=schema)

    assert server.requests[0]["response_format"] == (schema if sent == "json_schema" else {"type": sent})


def test_a_completion_carries_finish_usage_reasoning_time_and_cost(serve, model_at, ask):
    choice = {"finish_reason": "length", "message": {"content": "4", "reasoning_content": "2+2"}}
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 40},
        "completion_tokens_details": {"reasoning_tokens": 15},
    }
    server = serve(lambda request: Answer(chat_completion("", choices=[choice], usage=usage), delay=0.05))
    prices = {"small": {"input": 1.0, "cached": 0.5, "output": 10.0}}

    completion = ask(model_at(server, prices=prices))

    assert (completion.text, completion.finish, completion.reasoning) == ("4", "length", "2+2")
    assert completion.usage == Usage(prompt=100, completion=20, cached=40, reasoning=15)
    assert completion.cost == pytest.approx((60 * 1.0 + 40 * 0.5 + 20 * 10.0) / 1e6)
    assert 0.05 <= completion.seconds < 1
    assert completion.attempts == 1


@pytest.mark.parametrize(
    ("message", "text", "finish"),
    [
        ({"content": None, "refusal": "I cannot help."}, "I cannot help.", "refusal"),
        ({"content": None}, "", "stop"),
        (
            {"content": [{"type": "thinking"}, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            "ab",
            "stop",
        ),
    ],
)
def test_refusals_empty_replies_and_lists_of_parts_are_read(serve, model_at, ask, message, text, finish):
    server = serve(
        lambda request: chat_completion("", choices=[{"message": message, "finish_reason": "stop"}])
    )

    completion = ask(model_at(server))

    assert (completion.text, completion.finish) == (text, finish)


@pytest.mark.parametrize(
    ("answer", "raised", "says"),
    [
        (error(401, f"Incorrect API key provided: {KEY}"), AuthenticationError, "the key is rejected"),
        (error(403, "not in your country"), AuthenticationError, "not in your country"),
        (error(429, "You exceeded your quota", "insufficient_quota"), QuotaError, "no credit left"),
        (error(402, "Insufficient balance"), QuotaError, "resume the run"),
        (error(404, "The model `small` does not exist"), RunFatalError, "does not exist"),
        (error(400, "gone", "model_not_found"), RunFatalError, "no such model"),
        (error(400, "maximum context length is 8192"), RequestError, "8192"),
        (error(400, "filtered", "content_filter"), RequestError, "filtered"),
        (error(413), RequestError, "413"),
        (error(422), RequestError, "422"),
        (Answer({"detail": "Not Found"}, 404), RunFatalError, "Not Found"),
        (Answer([{"error": GOOGLE_ERROR}], 400), AuthenticationError, "bad key"),
        (Answer(b"<b>\nmoved</b>", 302, {"Location": "/elsewhere"}), RunFatalError, "<b> moved</b>"),
    ],
)  # fmt: skip
def test_errors_that_no_retry_can_help_are_raised_at_once(serve, model_at, ask, answer, raised, says):
    server = serve(lambda request: answer)

    with pytest.raises(raised, match=says) as caught:
        ask(model_at(server))

    assert type(caught.value) is raised
    assert str(caught.value).startswith("acme/small: ")
    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        error(408),
        error(409),
        error(500),
        error(529, "overloaded"),
        Answer(chat_completion("cut"), fault="reset"),
        Answer(chat_completion("cut"), fault="truncate"),
        Answer(b"{'not': json"),
        Answer(b""),
        Answer(b"null"),
        Answer({"error": {"message": "try later", "code": 502}}),
        Answer({"choices": []}),
        Answer({"choices": [{"message": {}, "finish_reason": "error", "error": {"message": "lost"}}]}),
        error(429, "slow down"),
    ],
)
def test_passing_failures_are_sent_again_and_counted(serve, model_at, ask, answer):
    server = serve(in_turn(answer, answer, "fine"))

    completion = ask(model_at(server))

    assert (completion.text, completion.attempts) == ("fine", 3)
    assert len({str(request) for request in server.requests}) == 1


@pytest.mark.parametrize(("status", "raised"), [(503, ServerError), (429, RateLimitError)])
def test_attempts_are_capped_and_the_last_error_counts_them(serve, model_at, ask, status, raised):
    server = serve(lambda request: error(status))

    with pytest.raises(raised, match=r"\(attempts: 4\)"):
        ask(model_at(server, retries={"attempts": 4, "first": 0.001}))

    assert len(server.requests) == 4


def test_a_hung_connection_times_out(serve, model_at, ask):
    server = serve(in_turn(Answer(fault="hang"), "fine"))

    completion = ask(model_at(server, timeout=0.2))

    assert (completion.text, completion.attempts) == ("fine", 2)
    assert completion.seconds < 0.2


def test_a_server_that_does_not_run_is_a_server_error_that_names_it(model_at, ask):
    with ChatServer(lambda request: "x") as server:
        model = model_at(server, retries={"attempts": 1})

    with pytest.raises(ServerError, match=r"the connection to http://127\.0\.0\.1:\d+/v1 failed"):
        ask(model)


@pytest.mark.parametrize("headers", [{"retry_after": "0.3"}, {"retry_after_ms": "300", "retry_after": "60"}])
def test_retry_after_is_honoured(serve, model_at, ask, headers):
    times = []

    def behave(request):
        times.append(asyncio.get_running_loop().time())
        return error(429, **headers) if len(times) == 1 else "fine"

    ask(model_at(serve(behave)))

    assert 0.3 <= times[1] - times[0] < 1


def test_a_wait_longer_than_the_patience_is_not_begun(serve, model_at, ask):
    server = serve(lambda request: error(429, "come back tomorrow", retry_after="86400"))

    with pytest.raises(RateLimitError, match="come back tomorrow") as caught:
        ask(model_at(server))

    assert caught.value.retry_after == 86400
    assert len(server.requests) == 1


def test_calls_in_flight_share_a_pool_that_is_as_large_as_the_concurrency(serve, model_at, ask):
    server = serve(lambda request: Answer(chat_completion(request["messages"][0]["content"]), delay=0.02))

    completions = ask(model_at(server, concurrency=8), *map(str, range(40)))

    assert [completion.text for completion in completions] == [str(number) for number in range(40)]
    assert server.peak_in_flight == 8
    assert server.connections == 8


def test_a_model_can_be_used_again_in_another_event_loop(serve, model_at, ask):
    model = model_at(serve(lambda request: "yes"))

    assert [ask(model).text, ask(model).text] == ["yes", "yes"]


def test_the_key_is_in_no_representation(serve, model_at):
    model = model_at(serve(lambda request: "x"))
    request = model.request((Message("user", "Hi"),), {}, 0)

    assert KEY not in repr(model) + str(model) + repr(request) + model.digest


def test_two_endpoints_answer_side_by_side(serve, workspace, monkeypatch):
    one, other = serve(lambda request: "one"), serve(lambda request: "other")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", one.base_url)
    (workspace.root / "runners" / "models.yaml").write_text(
        f"endpoints: {{acme: {{base_url: '{other.base_url}'}}}}"
    )
    models = [load("openai/gpt-4o-mini", workspace), load("acme:x/y:z", workspace)]

    async def work():
        sent = [model.chat(model.request((Message("user", "?"),), {}, 0)) for model in models]
        texts = [completion.text for completion in await asyncio.gather(*sent)]
        for model in models:
            await model.close()
        return texts

    assert asyncio.run(work()) == ["one", "other"]
    assert other.requests[0]["model"] == "x/y:z"
    assert "Authorization" not in other.headers[0]


def test_azure_has_the_deployment_in_its_path_and_its_own_key_header(serve, workspace, monkeypatch, ask):
    server = serve(lambda request: "hello")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.base_url.removesuffix("/v1") + "/")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key")

    ask(load("azure/our model", workspace))

    expected = "/openai/deployments/our%20model/chat/completions?api-version=2024-10-21"
    assert server.paths == [expected]
    assert server.headers[0]["api-key"] == "azure-key"
    assert "Authorization" not in server.headers[0]


def test_parameters_have_the_endpoints_own_names(serve, model_at, ask):
    families = [{"match": "o[0-9]", "rename": {"max_tokens": "max_completion_tokens"}}]
    server = serve(lambda request: "x")

    ask(model_at(server, "acme/o3", rename={"seed": "random_seed"}, families=families), seed=7, max_tokens=9)

    assert server.requests[0].items() >= {"random_seed": 7, "max_completion_tokens": 9}.items()
    assert not server.requests[0].keys() & {"seed", "max_tokens"}


def test_refused_parameters_are_refused_before_anything_is_sent(serve, model_at):
    model = model_at(serve(lambda request: "x"), refuse=["seed"])

    with pytest.raises(ConfigError, match="acme/small does not take 'seed'"):
        model.check({"seed": 1})


def test_defaults_come_from_the_endpoint_then_the_short_name_then_the_sweep(serve, workspace, ask):
    server = serve(lambda request: "x")
    (workspace.root / "runners" / "models.yaml").write_text(f"""
endpoints:
  acme: {{base_url: "{server.base_url}", params: {{temperature: 1, top_p: 0.5, max_tokens: 5}}}}
models:
  quick: {{endpoint: acme, name: small, params: {{temperature: 0.5, top_p: 0.25}}}}
""")

    ask(load("quick", workspace), temperature=0)

    assert server.requests[0].items() >= {"temperature": 0, "top_p": 0.25, "max_tokens": 5}.items()


def test_the_request_key_tells_draws_parameters_and_endpoints_apart(serve, model_at):
    model = model_at(serve(lambda request: "x"))
    again = model_at(serve(lambda request: "x"))
    messages = (Message("user", "Hi"),)

    requests = [
        model.request(messages, {}, 0),
        model.request(messages, {}, 1),
        model.request(messages, {"temperature": 0}, 0),
        again.request(messages, {}, 0),
    ]

    assert len({request.key for request in requests}) == 4
    assert model.digest != again.digest
