"""An embedding model behind an endpoint, from the command line."""

from __future__ import annotations

import pytest

from servers import ChatServer, chat_completion
from workspaces import write

ROWS = [
    {
        "id": "bridge",
        "input": "다리는 몇 조각인가요?",
        "context": "The bridge has nine pieces.",
        "target": "nine",
    },
    {
        "id": "oats",
        "input": "When is salt added?",
        "context": "Salt goes into porridge last.",
        "target": "last",
    },
]
SWEEP = {
    "datasets": "q",
    "models": "acme/chat",
    "strategies": [{"retrieve": {"top": 1, "widest": 2, "by": "embedding", "embedder": "acme/small"}}],
    "metrics": ["squad_em", {"embedding_similarity": {"model": "acme/small"}}],
    "params": {"max_tokens": 9},
    "budget": {"usd": 1},
}
PRICES = {"chat": {"input": 1.0, "output": 2.0}, "small": {"input": 0.1, "output": 0}}


def serve(request):
    """Chats abstain at one passage; vectors tell the bridge from all else."""
    if "input" not in request:
        enough = request["messages"][-1]["content"].count("<passage>") > 1
        return chat_completion("nine" if enough else "not enough information")
    rows = [
        {"index": at, "embedding": [1.0, 0.0] if "bridge" in text or "다리" in text else [0.0, 1.0]}
        for at, text in enumerate(request["input"])
    ]
    return {"data": rows, "usage": {"prompt_tokens": 5, "total_tokens": 5}}


@pytest.fixture
def endpoint(tmp_path):
    with ChatServer(serve) as server:
        given = {"base_url": server.base_url, "key": "ACME_KEY", "prices": PRICES}
        write(
            tmp_path,
            {
                "datasets/q.yaml": {"task": "qa"},
                "datasets/q.test.jsonl": ROWS,
                "runners/q.yaml": SWEEP,
                "runners/models.yaml": {"endpoints": {"acme": given}},
            },
        )
        yield server


def sent(server, path):
    return [one for one, at in zip(server.requests, server.paths, strict=True) if at == path]


def test_a_plan_needs_no_key_sends_nothing_and_names_the_embedder(command, endpoint):
    planned = command("plan", "q")

    assert planned.code == 0
    assert "Vectors of acme/small come on top of this." in planned.out
    assert command("plan", "q", "--json").json["embedders"] == ["acme/small"]
    assert command("render", "retrieve", "-d", "q", "-p", "by=hybrid", "-p", "embedder=acme/small").code == 0
    assert not endpoint.requests


def test_a_run_asks_for_vectors_with_the_key_and_a_second_one_asks_for_nothing(command, endpoint):
    key = {"ACME_KEY": "sk-test-0123456789"}

    first = command("run", "q", env=key)
    asked = len(endpoint.requests)
    again = command("run", "q", env=key)

    assert (first.code, again.code) == (0, 0)
    assert len(endpoint.requests) == asked
    embedded = sent(endpoint, "/v1/embeddings")
    assert {len(one["input"]) for one in embedded} == {1, 2}
    assert all(one["Authorization"] == "Bearer sk-test-0123456789" for one in endpoint.headers)
    costs = command("cost", "--by", "model", "--json").json
    assert "acme/small" in str(costs)


def test_the_widening_is_shown_as_score_and_cost_by_width(command, endpoint):
    command("run", "q", env={"ACME_KEY": "sk-test-0123456789"})

    shown, document = command("show", "--widening"), command("show", "--widening", "--json").json

    assert "≤ 1  0.00" in shown.out
    assert "≤ 2  0.50" in shown.out
    assert [width["passages"] for width in document["arms"][0]["widths"]] == [1, 2]


def test_without_a_key_nothing_is_sent_and_the_variable_is_named(command, endpoint):
    refused = command("run", "q", env={"ACME_KEY": None})

    assert refused.code == 2
    assert "ACME_KEY" in refused.err
    assert not endpoint.requests


def test_a_run_without_widening_says_what_widens(command, endpoint, tmp_path):
    narrow = {**SWEEP, "strategies": [{"retrieve": {"top": 1}}], "metrics": ["squad_em"]}
    write(tmp_path, {"runners/narrow.yaml": narrow})
    command("run", "narrow", env={"ACME_KEY": "sk-test-0123456789"})

    assert (
        "no arm widened: that takes `retrieve` with `widest` above `top`" in command("show", "--widening").out
    )


@pytest.mark.parametrize("words", [("score", "latest"), ("score", "latest", "--metric", "squad_em")])
def test_answers_that_are_there_are_scored_without_asking(command, endpoint, words):
    command("run", "q", env={"ACME_KEY": "sk-test-0123456789"})
    asked = len(endpoint.requests)

    scored = command(*words)

    assert scored.code == 0
    assert len(endpoint.requests) == asked
