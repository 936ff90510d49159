"""Stored replies: counted, pruned; runs removed."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

import promptsweep
from promptsweep import api
from promptsweep.errors import ConfigError
from promptsweep.reports import open_store, schema
from promptsweep.reports.browse import list_runs, page, trace
from promptsweep.reports.cache import cache_stats, delete_run, prune
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion
from workspaces import mood


def count(house, table) -> int:
    with house.store.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_replies_are_counted_by_model_in_bytes(own_house):
    before = cache_stats(own_house.store)
    own_house.run(
        "korean", lambda request: "네", fresh=True, datasets="facts", strategies="zero_shot", limit=1
    )

    after = cache_stats(own_house.store)

    [model] = after.by_model
    assert (after.responses, model.model, model.responses) == (before.responses + 1, "m", after.responses)
    added = after.text_bytes - before.text_bytes
    assert added in {
        len(f"{text}네".encode())
        for text in ("Which sign ends a cell: | or <td>?", "2 + 2?", "서울은 어느 나라에 있나?")
    }
    assert model.oldest <= model.newest
    assert after.newest >= before.newest


def test_what_was_read_instead_of_asked_is_saved_once(own_house):
    run = own_house.run("again", datasets="lines", strategies="zero_shot")
    api.rescore(own_house.store, run, own_house.workspace)

    stats = cache_stats(own_house.store)

    assert stats.saved_requests == 30
    assert stats.saved_cost == pytest.approx(0.03)


def test_an_empty_store_has_nothing(tmp_path, house):
    from promptsweep.workspace import Workspace

    stats = cache_stats(open_store(Workspace(tmp_path)))

    assert (stats.responses, stats.text_bytes, stats.by_model, stats.oldest, stats.saved_cost) == (
        0,
        0,
        (),
        None,
        0,
    )


def test_nothing_that_a_run_refers_to_is_pruned(own_house):
    assert prune(own_house.store) == 0
    assert trace(own_house.store, "plain", "line-3").calls[0].completion.text == "good"


def test_replies_of_a_removed_run_are_pruned_with_all_that_belongs_to_them(own_house):
    own_house.workspace.root.joinpath("datasets/lines.test.jsonl").write_text(
        '{"id": "x", "input": "Brand new.", "target": "good"}\n'
    )
    tables = [table for table in schema.metadata.sorted_tables if table is not schema.ledger]
    before = [count(own_house, table) for table in tables]
    size = own_house.workspace.store_path.stat().st_size
    run = own_house.run(
        "gone",
        lambda _: "good " * 50_000,
        datasets="lines",
        strategies="zero_shot",
        params={"temperature": 1},
    )

    delete_run(own_house.store, run)
    assert prune(own_house.store) == 1

    assert [count(own_house, table) for table in tables] == before
    assert own_house.workspace.store_path.stat().st_size < size + 100_000


def test_without_keeping_runs_scores_stay_and_texts_go(own_house):
    replies = count(own_house, schema.responses)

    assert prune(own_house.store, keep_runs=False) == replies
    assert count(own_house, schema.preambles) == 0
    assert page(own_house.store, "plain")[1] == 66


def test_replies_of_a_run_that_is_going_on_stay(own_house):
    run = own_house.run("going", lambda _: "x", fresh=True, datasets="facts", strategies="zero_shot")
    with own_house.store.engine.begin() as connection:
        connection.execute(update(schema.runs).where(schema.runs.c.id == run).values(status="running"))
        connection.execute(schema.calls.delete())

    prune(own_house.store)

    assert count(own_house, schema.responses) == 3


def test_a_removed_run_takes_its_rows_and_no_others(own_house):
    run = own_house.store.find_run("plain").id
    kept = {
        table.name: count(own_house, table) for table in (schema.responses, schema.samples, schema.preambles)
    }

    delete_run(own_house.store, run)

    assert [info.name for info in list_runs(own_house.store)] == ["twice"]
    assert count(own_house, schema.records) == 132
    assert count(own_house, schema.calls) == 138
    assert {name: count(own_house, schema.metadata.tables[name]) for name in kept} == kept


def test_a_run_that_is_going_on_is_removed_only_by_force(own_house):
    run = own_house.store.find_run("plain").id
    with own_house.store.engine.begin() as connection:
        connection.execute(update(schema.runs).where(schema.runs.c.id == run).values(status="running"))

    with pytest.raises(ConfigError, match="is going on, or was killed"):
        delete_run(own_house.store, run)
    delete_run(own_house.store, run, force=True)
    assert [info.name for info in list_runs(own_house.store)] == ["twice"]


def test_replies_of_a_sample_that_a_run_was_left_in_the_middle_of_stay(tmp_path):
    workspace = mood(tmp_path)
    model = FunctionModel(lambda _: Completion("good", cost=0.0))
    votes = {"strategies": {"self_consistency": {"draws": 3}}, "params": {"max_tokens": 4}}
    sweep = {"name": "votes", "datasets": "mood", "models": "m", "limit": 2, **votes}
    run = promptsweep.run({**sweep, "budget": {"requests": 2}}, models={"m": model}, workspace=tmp_path)
    store = open_store(workspace)

    removed = [prune(store), prune(store, keep_runs=False)]
    promptsweep.run(sweep, models={"m": model}, workspace=tmp_path)

    assert run.status == "incomplete"
    assert removed == [0, 0]
    assert model.calls == 6
