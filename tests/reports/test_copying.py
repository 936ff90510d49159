"""Runs copied between stores of both databases: whole, once, and with numbers of the new store."""

from __future__ import annotations

import contextlib
import tracemalloc

import pytest
from made_runs import made_run
from sqlalchemy import func, select, update

from promptsweep.errors import ConfigError
from promptsweep.models.batches import Note
from promptsweep.reports import open_store, schema
from promptsweep.reports.batches import StoredNotes
from promptsweep.reports.copying import copy
from promptsweep.reports.grades import Mode, Subject, give, grades
from promptsweep.reports.ledger import of_run
from promptsweep.reports.pages import page
from promptsweep.reports.rescore import rescore
from promptsweep.reports.summary import summarise
from promptsweep.reports.traces import trace


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request, tmp_path, house):
    """An empty store."""
    url = str(tmp_path / "other.db")
    if request.param == "postgresql":
        url = request.getfixturevalue("database")
    with contextlib.closing(open_store(house.workspace, url)) as store:
        yield store


def counts(store):
    """How many rows each table holds."""
    with store.engine.connect() as connection:
        tables = [table for table in schema.metadata.sorted_tables if table is not schema.leases]
        return {table.name: connection.scalar(select(func.count()).select_from(table)) for table in tables}


def shown(store, run):
    """All that the reports show of a run, without the numbers of records."""
    rows, _ = page(store, run, limit=1_000)
    records = [(row.arm, row.sample_id, row.repeat, row.answer, row.outcome, row.scores) for row in rows]
    row = store.find_run(run)
    return summarise(store, row.id, row.repeats), sorted(records, key=str), of_run(store, row.id)


def test_a_copy_shows_all_that_its_run_does(house, target):
    copies, others = copy(house.store, target)

    assert [(one.name, one.records) for one in copies] == [("plain", 66), ("twice", 132)]
    assert others == 0
    assert counts(target) == counts(house.store)
    for run in ("plain", "twice"):
        assert shown(target, run) == shown(house.store, run)
        assert target.find_run(run)._mapping == house.store.find_run(run)._mapping
        for arm in ("few_shot(k=2)", "self_consistency"):
            sample = "line-3" if arm.startswith("few") else "fact-1"
            assert trace(target, run, sample, arm, 0).calls == trace(house.store, run, sample, arm, 0).calls


def test_a_second_copy_finds_nothing_new(house, target):
    copy(house.store, target)
    before = counts(target)

    copies, others = copy(house.store, target)

    assert [(one.records, one.replies) for one in copies] == [(0, 0), (0, 0)]
    assert (others, counts(target)) == (0, before)


def test_into_a_store_with_runs_of_its_own_arms_and_records_get_new_numbers(house, target, tmp_path):
    copy(house.store, target, ["twice"])
    before = shown(target, "twice")

    copy(house.store, target, ["plain"])

    assert shown(target, "twice") == before
    assert shown(target, "plain") == shown(house.store, "plain")
    ids = [arm.id for run in ("plain", "twice") for arm in target.arms(target.find_run(run).id)]
    assert len(set(ids)) == len(ids)


def test_and_back_again_everything_is_the_same(house, target, tmp_path):
    copy(house.store, target, ["twice"])
    with contextlib.closing(open_store(house.workspace, str(tmp_path / "back.db"))) as back:
        copy(target, back)

        assert shown(back, "twice") == shown(house.store, "twice")


def test_a_copy_that_was_interrupted_goes_on(house, target):
    def stops(run, seen, of):
        if run.name == "twice":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy(house.store, target, observe=stops)
    assert target.find_run("twice").status == "interrupted"

    copies, _ = copy(house.store, target)

    assert copies[0].records == 0
    assert shown(target, "twice") == shown(house.store, "twice")
    assert target.find_run("twice").status == house.store.find_run("twice").status


def test_a_run_reads_its_own_replies_where_the_other_store_had_others(own_house, target):
    with target.engine.begin() as connection:
        source = own_house.store.engine.connect()
        for table in (schema.preambles, schema.responses):
            rows = [dict(row._mapping) for row in source.execute(select(table))]
            connection.execute(table.insert(), rows)
        source.close()
        connection.execute(update(schema.responses).values(text="another", created=1.0))

    copy(own_house.store, target, ["plain"])
    copies, _ = copy(own_house.store, target, ["plain"])

    assert copies[0].replies == 0
    found = trace(target, "plain", "line-3", "few_shot(k=2)", 0)
    assert [call.completion.text for call in found.calls] == ["good"]


def test_errors_give_way_to_later_records_and_never_the_other_way_round(own_house, target):
    copy(own_house.store, target, ["plain"])
    [failed], _ = page(own_house.store, "plain", outcome="error")
    with own_house.store.engine.begin() as connection:
        fixed = update(schema.records).where(schema.records.c.id == failed.id)
        connection.execute(fixed.values(outcome="ok", answer="good", error=None))

    [later], _ = copy(own_house.store, target, ["plain"])
    assert later.records == 1
    assert page(target, "plain", outcome="error")[1] == 0

    with own_house.store.engine.begin() as connection:
        connection.execute(update(schema.records).values(outcome="error"))
    [worse], _ = copy(own_house.store, target, ["plain"])
    assert worse.records == 0
    assert page(target, "plain", outcome="error")[1] == 0


def test_grades_follow_their_arms_and_the_later_stays(own_house, target):
    run = own_house.store.find_run("plain").id
    first, second = [arm.id for arm in own_house.store.arms(run)][:2]
    give(own_house.store, run, Mode.PREFERENCE, "ann", Subject("line-0", 0, first, second), 1)
    copy(own_house.store, target, ["twice"])
    copy(own_house.store, target, ["plain"])
    [copied] = grades(target, run, Mode.PREFERENCE, "ann").values()
    there = [arm.id for arm in target.arms(run)][:2]

    assert ([copied.subject.arm, copied.subject.other], copied.value) == (there, 1)

    give(target, run, Mode.PREFERENCE, "ann", copied.subject, -1)
    copy(own_house.store, target, ["plain"])
    [kept] = grades(target, run, Mode.PREFERENCE, "ann").values()
    assert kept.value == -1


def test_another_run_of_the_same_id_stays_and_the_copy_gets_one_of_its_own(own_house, target):
    copy(own_house.store, target, ["plain"])
    run = own_house.store.find_run("plain").id
    again = rescore(own_house.store, own_house.store.find_run(run), own_house.workspace, None)
    with own_house.store.engine.begin() as connection:
        connection.execute(update(schema.runs).where(schema.runs.c.id == run).values(name="later"))

    copies, _ = copy(own_house.store, target, [run, again])
    [repeated], _ = copy(own_house.store, target, [run])

    assert [one.as_run for one in copies] == [f"{run}-2", again]
    assert (repeated.as_run, repeated.records) == (f"{run}-2", 0)
    assert target.find_run(run).name == "plain"
    assert f'"rescored":"{run}-2"' in target.find_run(again).sweep


def test_a_store_is_not_copied_into_itself(house):
    with pytest.raises(ConfigError, match="cannot be copied into itself"):
        copy(house.store, house.store)


def test_memory_does_not_grow_with_the_run(house, target, tmp_path):
    peaks = []
    for samples in (2_000, 5_000):
        with contextlib.closing(open_store(house.workspace, str(tmp_path / f"{samples}.db"))) as source:
            made_run(source, 1, samples)
            with source.engine.begin() as connection:
                connection.execute(update(schema.runs).values(id=f"made-{samples}"))
                connection.execute(update(schema.arms).values(run=f"made-{samples}"))
            tracemalloc.start()
            [copied], _ = copy(source, target, [f"made-{samples}"])
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            assert copied.records == samples
    assert peaks[1] < 1.3 * peaks[0]


def test_a_copy_knows_the_batches_that_its_run_has_at_the_vendor(house, target):
    run = house.store.find_run("plain").id
    notes = StoredNotes(house.store, run)
    notes.begin("m", "copied", ("0f" * 16,))
    notes.created("copied", "batch_1")
    try:
        copy(house.store, target)
        copy(house.store, target)
    finally:
        notes.remove("copied")

    assert StoredNotes(target, run).known("m") == [Note("copied", "batch_1", ("0f" * 16,), False)]
