"""Retrieval by vectors: what is embedded, when, at what cost, and what becomes of it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np
import pytest

import promptsweep
from batch_servers import BatchServer
from promptsweep import api
from promptsweep.embeddings import PATH, encoded, unit
from promptsweep.errors import ConfigError, ServerError
from promptsweep.models.forms import RequestForm
from promptsweep.models.retry import Retries
from promptsweep.reports import open_store
from promptsweep.reports.ledger import of_run
from promptsweep.reports.recording import record
from promptsweep.reports.traces import trace
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Status, Usage
from servers import error
from workspaces import write

TOPICS = ["bridge river", "oats porridge", "기차 철도"]
PASSAGES = {
    "bridge": "The river crossing was cast in nine pieces. A flood took it.",
    "oats": "Porridge needs an hour. Salt comes last.",
    "train": "철도는 1961년에 문을 닫았다. 지금은 길이 되었다.",
}
QUESTIONS = {
    "bridge": "How was the bridge made?",
    "oats": "When are the oats salted?",
    "train": "기차는 언제까지?",
}


@dataclass(eq=False)
class Embedder(FunctionModel):
    """Knows three topics: a text's vector says which of them it is about."""

    @property
    def form(self) -> RequestForm:
        return RequestForm(model=self.name, base_url=f"function{PATH}")

    def price(self, usage: Usage) -> float:
        return (usage.prompt or 0) / 1e6


def meanings(request):
    """A request's vectors; each text is a token."""
    words = [topic.split() for topic in TOPICS]
    texts = [message.content.lower() for message in request.messages]
    hits = np.array([[sum(word in text for word in topic) + 0.01 for topic in words] for text in texts])
    return Completion(encoded(unit(hits)), usage=Usage(len(texts), 0), cost=len(texts) / 1e6, seconds=0.01)


def embedder(function=meanings, **options):
    return Embedder(function, name="toy", **options)


def nine(request):
    return Completion("nine", usage=Usage(10, 1), cost=0.001)


def retrieving(root, params, toy=None, model=None, **sweep):
    """The run of `retrieve` over three passages, a question on each."""
    table = [
        {"id": name, "input": QUESTIONS[name], "context": text, "target": "nine", "passage": name}
        for name, text in PASSAGES.items()
    ]
    card = {"task": "qa", "cluster": "passage", "language": "ko"}
    workspace = write(root, {"datasets/q.yaml": card, "datasets/q.test.jsonl": table})
    content = {
        "datasets": "q",
        "models": "m",
        "strategies": [{"retrieve": {"top": 1, **params}}],
        "metrics": ["squad_em", {"recall_at": {"k": 1}}],
        **sweep,
    }
    models = {"m": model or FunctionModel(nine, name="m"), "toy": toy or embedder()}
    return promptsweep.run(content, models=models, workspace=workspace.root), workspace


@pytest.mark.parametrize("by", ["embedding", "hybrid"])
def test_passages_are_found_that_share_no_word_with_the_question(tmp_path, by):
    run, _ = retrieving(tmp_path, {"by": by, "embedder": "toy"})

    assert run.table()["recall_at(k=1)"].tolist() == [1.0]
    assert [one["retrieved"][0] for one in run.records()["details"]] == list(PASSAGES)


def test_the_passages_are_embedded_once_and_each_question_once(tmp_path):
    toy = embedder()
    run, _ = retrieving(tmp_path, {"by": ["embedding", "hybrid"], "embedder": "toy"}, toy, repeats=2)

    sizes = sorted(len(request.messages) for request in toy.requests)
    assert sizes == [1, 1, 1, 3]
    assert run.status is Status.DONE


def test_a_run_that_is_made_again_sends_nothing(tmp_path):
    toy, model = embedder(), FunctionModel(nine, name="m")
    for _ in range(2):
        run, _ = retrieving(tmp_path, {"by": "hybrid", "embedder": "toy"}, toy, model)

    assert (toy.calls, model.calls) == (4, 3)
    assert run.records()["cached"].sum() == 4 + 3


def test_vectors_are_in_the_trace_the_costs_and_the_ledger(tmp_path):
    run, workspace = retrieving(tmp_path, {"by": "embedding", "embedder": "toy"})

    store = open_store(workspace)
    found = [trace(store, run.id, name) for name in PASSAGES]
    [first] = [one for one in found if len(one.calls) == 3]
    assert [call.stage for call in first.calls] == ["index", "embed", "answer"]
    assert [call.completion.text for call in first.calls] == [
        "(3 vectors of 3 numbers)",
        "(1 vector of 3 numbers)",
        "nine",
    ]
    assert [message.content for message in first.calls[0].messages] == [PASSAGES["bridge"], "(and 2 more)"]
    assert sum(one.cost for one in found) == pytest.approx(3 * 0.001 + 6 / 1e6)
    assert of_run(store, run.id).new.usd == pytest.approx(3 * 0.001 + 6 / 1e6)


def test_embedding_the_passages_is_no_part_of_a_samples_time_and_its_question_is(tmp_path):
    toy = embedder(latency=0.3)
    run, _ = retrieving(tmp_path, {"by": "embedding", "embedder": "toy"}, toy)

    assert all(0.3 <= seconds < 0.6 for seconds in run.records()["seconds"])
    assert all(seconds >= 0.01 for seconds in run.records()["critical_seconds"])


def test_parts_of_passages_are_found_and_counted_as_their_passage(tmp_path):
    model = FunctionModel(nine, name="m")
    run, _ = retrieving(tmp_path, {"by": "tfidf", "chunk": 30, "overlap": 8, "top": 2}, model=model)

    shown = model.requests[0].messages[-1].content
    assert shown.count("<passage>") == 2
    assert PASSAGES["bridge"] not in shown
    assert all(len(set(one["retrieved"])) == len(one["retrieved"]) for one in run.records()["details"])
    assert run.table()["recall_at(k=1)"].iloc[0] > 0


def test_another_embedder_is_another_arm(tmp_path):
    runs = []
    for name in ("toy", "other"):
        toy = Embedder(meanings, name=name)  # its name is its identity
        run, _ = retrieving(tmp_path, {"by": "embedding", "embedder": "toy"}, toy)
        runs.append(run)

    first, second = ([arm.key for arm in run.store.arms(run.id)] for run in runs)
    assert first != second


def test_when_the_passages_cannot_be_embedded_no_sample_is_wrong(tmp_path):
    def fail(request):
        raise ServerError("down")

    toy = embedder(fail, retries=Retries(attempts=1))
    run, _ = retrieving(tmp_path, {"by": "embedding", "embedder": "toy"}, toy)

    assert run.status is Status.INCOMPLETE
    assert set(run.records()["outcome"]) == {"error"}


def test_a_budget_counts_vectors_too(tmp_path):
    toy = embedder()
    run, _ = retrieving(
        tmp_path,
        {"by": "embedding", "embedder": "toy"},
        toy,
        budget={"requests": 3},
    )

    assert run.status is Status.INCOMPLETE
    assert "the budget of 3 requests is reached" in run.row.error


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"by": "vectors"}, "unknown ranking 'vectors'"),
        ({"by": "hybrid"}, "hybrid needs an embedder: minilm, openai/text-embedding-3-small"),
        ({"by": "hybrid", "embedder": "toi"}, "Did you mean 'toy'|unknown model 'toi'"),
        ({"chunk": 40, "overlap": 40}, r"overlap must be from 0 to below chunk \(40\), not 40"),
        ({"chunk": -1}, r"below chunk \(-1\), not 0"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(tmp_path, params, message):
    toy = embedder()
    with pytest.raises(ConfigError, match=message):
        retrieving(tmp_path, params, toy)

    assert toy.calls == 0


def test_similarity_by_an_embedder_of_the_run_scores_each_answer(tmp_path):
    model = FunctionModel(lambda request: "the river", name="m")
    toy = embedder()
    metrics = [{"embedding_similarity": {"model": "toy"}}]

    run, _ = retrieving(tmp_path, {"context": "none"}, toy, model, metrics=metrics)

    [score] = run.table()["embedding_similarity(model=toy)"]
    assert 0 < score < 1
    assert {message.content for request in toy.requests for message in request.messages} == {
        "the river",
        "nine",
    }


def test_an_answer_that_cannot_be_compared_is_an_error_and_no_low_score(tmp_path):
    def fail(request):
        raise ServerError("down")

    toy = embedder(fail, retries=Retries(attempts=1))
    metrics = [{"embedding_similarity": {"model": "toy"}}]
    run, _ = retrieving(tmp_path, {"context": "none"}, toy, metrics=metrics)

    assert set(run.records()["outcome"]) == {"error"}
    assert run.records()["error"].str.contains("the answer cannot be scored: down").all()


def test_a_recording_holds_the_vectors_so_that_a_replay_needs_no_embedder(tmp_path):
    strategy = {"retrieve": {"by": "hybrid", "embedder": "toy", "top": 1}}
    run, workspace = retrieving(tmp_path, {"by": "hybrid", "embedder": "toy"})
    recorded = record(open_store(workspace), run.id, tmp_path / "q.jsonl")
    content = {"datasets": "q", "models": "m", "strategies": [strategy], "metrics": ["squad_em"]}

    models = api.replayed_models(content, workspace, recorded.path)
    planned = api.plan(content, workspace, models=models)
    again = api.execute(planned, open_store(workspace, str(tmp_path / "other.db"))).run

    assert (recorded.models, recorded.replies) == (("m", "toy"), 3 + 1 + 3)
    assert again.status is Status.DONE
    assert again.records()["details"].tolist() == run.records()["details"].tolist()


def test_what_a_metric_asks_is_recorded_and_no_part_of_what_the_answers_cost(tmp_path):
    similar = [{"embedding_similarity": {"model": "toy"}}]
    content = {
        "datasets": "q",
        "models": "m",
        "strategies": [{"retrieve": {"top": 1, "context": "none"}}],
        "metrics": similar,
    }
    run, workspace = retrieving(tmp_path, {"context": "none"}, metrics=similar)
    with contextlib.closing(open_store(workspace)) as store:
        recorded = record(store, run.id, tmp_path / "q.jsonl")
        ledger = of_run(store, run.id).new
        calls = trace(store, run.id, "oats").calls

    models = api.replayed_models(content, workspace, recorded.path)
    planned = api.plan(content, workspace, models=models)
    again = api.execute(planned, open_store(workspace, str(tmp_path / "other.db"))).run

    assert (recorded.models, recorded.replies) == (("m", "toy"), 3 + 1)
    name = "embedding_similarity(model=toy)"
    assert (again.status, again.table()[name].tolist()) == (Status.DONE, run.table()[name].tolist())
    assert [(call.stage, call.measures) for call in calls] == [("answer", False), ("measure:toy", True)]
    assert run.records()["cost"].tolist() == [0.001] * 3
    assert run.records()["requests"].tolist() == [1] * 3
    assert ledger.usd == pytest.approx(3 * 0.001 + 2 / 1e6)


def test_in_batches_embedders_are_asked_live_and_such_a_run_can_be_resumed(tmp_path):
    table = [
        {"id": n, "input": QUESTIONS[n], "context": text, "target": "nine"} for n, text in PASSAGES.items()
    ]
    content = {
        "name": "q",
        "datasets": "q",
        "models": "acme/m",
        "strategies": [{"retrieve": {"by": "embedding", "embedder": "toy", "top": 1}}],
    }
    with BatchServer(lambda request: "nine") as server:
        acme = {"base_url": server.base_url, "batch": {"price": 0.5, "poll": 0.02}}
        files = {"datasets/q.yaml": {"task": "qa"}, "datasets/q.test.jsonl": table}
        write(tmp_path, {**files, "runners/models.yaml": {"endpoints": {"acme": acme}}})
        server.faults = {"retrieve": [error(403)]}
        options = {"models": {"toy": embedder()}, "workspace": tmp_path, "engine": "batch"}
        left = promptsweep.run(content, **options)
        found = promptsweep.run(content, resume="", **options)

    assert (left.id, found.status) == (found.id, Status.DONE)
    assert [len(batch.lines) for batch in server.batches.values()] == [3]
