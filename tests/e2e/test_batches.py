"""Runs through a vendor's Batch API: waves, faults of every step, money, and nothing paid twice."""

from __future__ import annotations

from collections import Counter

import pytest
from served_moods import mood_of, results, served
from sqlalchemy import select

import promptsweep
from batch_servers import CANCELLED, EXPIRED, LOST, BatchServer
from promptsweep.reports import ledger, schema
from promptsweep.types import Status
from servers import Answer, ChatServer, chat_completion, error

STRATEGIES = [
    "zero_shot",
    {"self_consistency": {"draws": 3}},
    {"chain_of_density": {"mode": "per_round", "rounds": 3, "step": 3}},
]
"""One call; three at the same time; three of which each needs the one before."""
BATCH = {"price": 0.5, "poll": 0.02}
RESET = Answer(fault="reset")


def batched(root, server, count=10, *, strategies="zero_shot", terms=None, endpoint=None, **sweep):
    acme = {"batch": {**BATCH, **(terms or {})}, "prices": {"*": {"input": 1.0, "output": 2.0}}}
    made = {"strategies": strategies, "params": {"max_tokens": 8}, **sweep}
    return served(root, server.base_url, count, endpoint={**acme, **(endpoint or {})}, sweep=made)


def run(workspace, **options):
    return promptsweep.run("moods", workspace=workspace.root, engine="batch", **options)


def sizes(server):
    return [len(batch.lines) for batch in server.batches.values()]


def notes(run):
    with run.store.engine.connect() as connection:
        return connection.execute(select(schema.batches)).all()


def errors(run):
    query = select(schema.records.c.error).where(schema.records.c.outcome == "error")
    with run.store.engine.connect() as connection:
        return list(connection.scalars(query))


def test_calls_that_need_each_other_make_waves_and_the_results_are_the_live_engines(tmp_path):
    with BatchServer(mood_of) as server, ChatServer(mood_of) as live:
        found = run(batched(tmp_path / "batch", server, strategies=STRATEGIES))
        workspace = served(tmp_path / "live", live.base_url, 10, sweep={"strategies": STRATEGIES})
        expected = promptsweep.run("moods", workspace=workspace.root)

    assert found.status is Status.DONE
    assert sizes(server) == [50, 10, 10]
    assert results(found) == results(expected)
    assert not server.requests
    assert notes(found) == []


def test_a_line_says_what_a_live_call_says_and_carries_the_requests_key(tmp_path):
    with BatchServer(mood_of) as server:
        found = run(batched(tmp_path, server, 1))

    [line] = server.batches["batch_0"].lines
    with found.store.engine.connect() as connection:
        key = connection.scalar(select(schema.responses.c.key))
    assert line["custom_id"] == key
    assert (line["method"], line["url"]) == ("POST", "/v1/chat/completions")
    assert (line["body"]["model"], line["body"]["max_tokens"]) == ("m", 8)
    assert server.batches["batch_0"].metadata["promptsweep_run"] == found.id


def test_a_window_smaller_than_the_sweep_makes_waves_of_its_size(tmp_path):
    with BatchServer(mood_of) as server:
        found = run(batched(tmp_path, server, 10), window=4)

    assert found.status is Status.DONE
    assert sizes(server) == [4, 4, 2]


@pytest.mark.parametrize("terms", [{"requests": 4}, {"megabytes": 0.0012}])
def test_a_wave_is_split_where_a_file_would_be_larger_than_the_vendor_takes(tmp_path, terms):
    with BatchServer(mood_of) as server:
        found = run(batched(tmp_path, server, 10, terms=terms))

    assert found.status is Status.DONE
    assert sum(sizes(server)) == 10
    assert max(sizes(server)) <= 4
    assert max(map(len, (server.files[one.file] for one in server.batches.values()))) <= 1_600


def test_replies_of_the_store_serve_live_and_batch_runs_alike_and_fresh_asks_again(tmp_path):
    with BatchServer(mood_of) as server:
        workspace = batched(tmp_path, server, repeats=2)
        run(workspace)
        promptsweep.run("moods", workspace=workspace.root)
        again = run(workspace)
        before = sizes(server)
        run(workspace, fresh=True)

    assert again.status is Status.DONE
    assert before == [20]
    assert sizes(server) == [20, 20]
    assert not server.requests


FAULTS = {
    "upload 500": {"upload": [error(500)] * 2},
    "upload reset": {"upload": [RESET]},
    "create 429": {"create": [error(429, retry_after="0")] * 2},
    "create lost on its way back": {"create": [LOST]},
    "poll 503 and reset": {"retrieve": [error(503), RESET]},
    "download reset": {"download": [RESET, Answer(fault="truncate")]},
    "list 500 after a lost create": {"create": [LOST], "list": [error(500)]},
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_a_fault_of_the_network_or_the_vendor_costs_nothing_but_time(tmp_path, faults):
    with BatchServer(mood_of) as server:
        server.faults = {name: list(answers) for name, answers in faults.items()}
        found = run(batched(tmp_path, server))

    assert found.status is Status.DONE
    assert sizes(server) == [10]
    assert not any(server.faults.values())


def test_a_slow_batch_is_asked_after_until_it_ends(tmp_path):
    with BatchServer(mood_of) as server:
        server.polls_needed = 5
        found = run(batched(tmp_path, server, terms={"poll": 0.005}))

    assert found.status is Status.DONE
    assert server.seen["retrieve"] == 5


def failing(texts, answer, times=1):
    """Answers these texts so, the first `times` times, and all else with a mood."""
    left = Counter(dict.fromkeys(texts, times))

    def behaviour(request):
        text = request["messages"][-1]["content"]
        if left[text] <= 0:
            return mood_of(request)
        left[text] -= 1
        return answer

    return behaviour


SOME = ["Text 1.", "Text 4."]
RETRIED = {
    "line 500": error(500),
    "line 429": error(429),
    "expired": EXPIRED,
    "cancelled": CANCELLED,
    "no line": None,
    "no completion": {"choices": []},
}


@pytest.mark.parametrize("answer", RETRIED.values(), ids=RETRIED)
def test_what_may_succeed_the_next_time_joins_the_next_wave(tmp_path, answer):
    with BatchServer(failing(SOME, answer)) as server:
        found = run(batched(tmp_path, server))

    assert found.status is Status.DONE
    assert sizes(server) == [10, 2]
    assert sorted(server.batches["batch_1"].asked) == SOME
    with found.store.engine.connect() as connection:
        assert sorted(connection.scalars(select(schema.responses.c.attempts))) == [1] * 8 + [2] * 2


def test_a_line_that_the_vendor_refuses_ends_its_sample_alone(tmp_path):
    with BatchServer(failing(SOME, error(400, "too long"), times=9)) as server:
        found = run(batched(tmp_path, server))

    assert found.status is Status.INCOMPLETE
    assert sizes(server) == [10]
    assert len(errors(found)) == 2
    assert "too long (HTTP 400)" in errors(found)[0]


def test_a_rejected_key_in_a_line_ends_the_run(tmp_path):
    with BatchServer(lambda request: error(401, "bad key")) as server:
        found = run(batched(tmp_path, server))

    assert found.status is Status.INCOMPLETE
    assert "the key is rejected: bad key (HTTP 401)" in found.row.error
    assert sizes(server) == [10]


def test_a_block_of_failed_lines_is_no_outage(tmp_path):
    many = [f"Text {i}." for i in range(30)]
    with BatchServer(failing(many, error(500), times=9)) as server:
        found = run(batched(tmp_path, server, 60, endpoint={"retries": {"attempts": 1}}))

    assert len(errors(found)) == 30
    assert len(results(found)) == 60


def test_a_batch_in_which_nothing_succeeds_ends_the_run(tmp_path):
    with BatchServer(lambda request: error(500)) as server:
        found = run(batched(tmp_path, server, 60, endpoint={"retries": {"attempts": 1}}), window=30)

    assert "20 calls in a row failed" in found.row.error
    assert sum(sizes(server)) < 60


def test_requests_of_an_expired_batch_are_reported_where_the_user_says_so(tmp_path):
    with BatchServer(failing(SOME, EXPIRED), ends=lambda batch: "expired") as server:
        found = run(batched(tmp_path, server, terms={"expired": "report"}))

    assert found.status is Status.INCOMPLETE
    assert sizes(server) == [10]
    assert errors(found) == ["the batch expired before this request was begun"] * 2


def test_an_invalid_line_fails_alone_and_the_others_are_sent_again(tmp_path):
    def ends(batch):
        if batch.id != "batch_0":
            return "completed"
        batch.errors = [{"code": "invalid_line", "message": "line 3 is bad", "line": 3, "param": None}]
        return "failed"

    with BatchServer(mood_of, ends) as server:
        found = run(batched(tmp_path, server))

    assert sizes(server) == [10, 9]
    assert errors(found) == ["refused by the batch's validation: line 3 is bad (invalid_line)"]


def test_a_batch_that_is_refused_as_a_whole_ends_the_run_with_the_vendors_words(tmp_path):
    def ends(batch):
        batch.errors = [{"code": "model_not_found", "message": "no model m", "line": None, "param": None}]
        return "failed"

    with BatchServer(mood_of, ends) as server:
        found = run(batched(tmp_path, server))

    assert found.status is Status.INCOMPLETE
    assert found.row.error == "the vendor refuses the batch: no model m (model_not_found)"
    assert notes(found) == []


def test_where_fewer_tokens_may_wait_than_a_wave_holds_batches_become_smaller_and_go_one_by_one(tmp_path):
    def ends(batch):
        if len(batch.lines) <= 3:
            return "completed"
        batch.errors = [{"code": "token_limit_exceeded", "message": "enqueued", "line": None, "param": None}]
        return "failed"

    with BatchServer(mood_of, ends) as server:
        found = run(batched(tmp_path, server))

    assert found.status is Status.DONE
    assert sizes(server) == [10, 5, 2, 2, 2, 2, 2]


def test_costs_are_at_the_batch_price_and_the_ledger_says_so(tmp_path):
    with BatchServer(mood_of) as server:
        workspace = batched(tmp_path, server)
        found = run(workspace)
        again = run(workspace)

    [line] = ledger.entries(found.store, "model")
    assert line.name == "acme/m (batch)"
    assert (line.new.requests, line.new.usd) == (10, pytest.approx(10 * (10 * 0.5 + 2 * 1.0) / 1e6))
    assert line.saved.usd == pytest.approx(line.new.usd)
    assert ledger.of_run(found.store, again.id).new.requests == 0


def worst_usd(workspace):
    """The worst case of one request at the live price."""
    from promptsweep.api import plan
    from promptsweep.api.entering import enter
    from promptsweep.runners import first_request
    from promptsweep.runners.costs import worst_case

    planned = plan("moods", workspace).arms[0]
    return worst_case(enter(first_request(planned, next(iter(planned.selection)))), planned.model).usd


def test_the_budget_reserves_worst_cases_at_the_batch_price(tmp_path):
    with BatchServer(mood_of) as server:
        usd = 10 * worst_usd(batched(tmp_path / "price", server)) / 2
        enough = run(batched(tmp_path / "enough", server, budget={"usd": usd * 1.001}))
        before = sizes(server)
        short = run(batched(tmp_path / "short", server, budget={"usd": usd * 0.55}))

    assert (enough.status, before) == (Status.DONE, [10])
    assert short.status is Status.INCOMPLETE or sizes(server)[1] == 5
    assert sizes(server)[1] == 5
    assert ledger.of_run(short.store, short.id).new.usd <= usd * 0.55


def test_a_key_is_sent_as_in_live_calls_and_in_no_other_way(tmp_path, monkeypatch):
    monkeypatch.setenv("ACME_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-another-vendor")
    with BatchServer(mood_of) as server:
        run(batched(tmp_path, server, 2, endpoint={"key": "ACME_KEY", "key_header": "api-key"}))

    [sent] = server.headers
    assert sent["api-key"] == "sk-secret"
    assert not sent.keys() & {"Authorization", "OpenAI-Organization"}


def test_no_error_of_a_batch_holds_the_key(tmp_path, monkeypatch):
    monkeypatch.setenv("ACME_KEY", "sk-secret")
    with BatchServer(mood_of) as server:
        server.faults = {"upload": [error(401, "wrong key sk-secret")]}
        found = run(batched(tmp_path, server, 2, endpoint={"key": "ACME_KEY"}))

    assert "wrong key [key]" in found.row.error


def test_a_reply_of_several_parts_keeps_its_finish_and_usage(tmp_path):
    reply = chat_completion("good", usage={"prompt_tokens": 7, "completion_tokens": 3})
    reply["choices"][0]["finish_reason"] = "length"
    with BatchServer(lambda request: reply) as server:
        found = run(batched(tmp_path, server, 1))

    with found.store.engine.connect() as connection:
        row = connection.execute(select(schema.responses)).one()
    assert (row.finish, row.prompt_tokens, row.completion_tokens, row.seconds) == ("length", 7, 3, 60.0)
