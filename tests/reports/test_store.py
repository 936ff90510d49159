"""The store: versions, run look-up, group commit, numbers of records."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

import promptsweep
from promptsweep.datasets import load as load_dataset
from promptsweep.errors import ConfigError, IncompleteError
from promptsweep.models.batches import Note
from promptsweep.reports import open_store, schema
from promptsweep.reports.batches import StoredNotes, at_vendor, forget_ended, runs_at_vendor
from promptsweep.reports.cache import delete_run
from promptsweep.reports.sink import StoreSink
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Logprobs, Message, Request, Usage
from promptsweep.workspace import Workspace
from workspaces import mood


def ran(tmp_path, name="first"):
    sweep = {"name": name, "datasets": "mood", "models": "m", "strategies": "zero_shot"}
    model = FunctionModel(lambda request: "good")
    return promptsweep.run(sweep, models={"m": model}, workspace=mood(tmp_path).root)


def test_a_store_of_a_newer_version_is_refused_in_one_line(tmp_path):
    store = open_store(Workspace(tmp_path))
    with store.engine.begin() as connection:
        connection.execute(update(schema.meta).values(value=str(schema.VERSION + 1)))

    with pytest.raises(ConfigError, match=r"written by a newer promptsweep \(schema 4, this one knows 3\)"):
        open_store(Workspace(tmp_path))


def test_a_store_of_version_2_gets_log_probabilities_and_keeps_its_replies(tmp_path):
    model = FunctionModel(lambda request: Completion("good", logprobs=Logprobs(1, -0.5, {"good": -0.5})))
    sweep = {"name": "s", "datasets": "mood", "models": "m", "strategies": "zero_shot", "limit": 2}
    place = mood(tmp_path)
    promptsweep.run(sweep, models={"m": model}, workspace=place.root)
    store = open_store(place)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE responses DROP COLUMN logprobs")
        connection.execute(update(schema.meta).values(value="2"))
    store.close()

    promptsweep.run(sweep, models={"m": model}, workspace=place.root)
    promptsweep.run({**sweep, "limit": 3}, models={"m": model}, workspace=place.root)

    with open_store(place).engine.connect() as connection:
        kept = connection.execute(select(schema.responses.c.logprobs)).scalars().all()
    assert model.calls == 3
    assert (kept.count(None), [one for one in kept if one]) == (2, ['[1,-0.5,{"good":-0.5}]'])


def test_a_file_that_is_no_store_is_refused_in_one_line(tmp_path):
    path = tmp_path / "notes.db"
    path.write_text("not a database, but long enough to be read as the header of one" * 10)

    with pytest.raises(ConfigError, match="cannot be used as a store: file is not a database"):
        open_store(Workspace(tmp_path), str(path))


def test_reading_does_not_create_a_store(tmp_path):
    with pytest.raises(ConfigError, match="promptsweep run SWEEP makes one"):
        open_store(Workspace(tmp_path), create=False)
    assert not (tmp_path / "reports").exists()


def test_a_run_is_found_by_latest_id_prefix_and_name(tmp_path):
    run = ran(tmp_path, "first")
    store = open_store(Workspace(tmp_path))

    for reference in ("latest", run.id, run.id[:-1], "first"):
        assert store.find_run(reference).id == run.id
    with pytest.raises(ConfigError, match=r"unknown run 'frist'\. Did you mean 'first'"):
        store.find_run("frist")


@given(
    st.integers(1, 2**20 - 1),
    st.integers(0, 2**schema.REPEAT_BITS - 1),
    st.integers(0, 2**schema.POSITION_BITS - 1),
)
def test_a_records_number_holds_arm_repeat_and_position(arm, repeat, position):
    number = schema.record_id(arm, repeat, position)
    low, high = schema.record_range(arm)

    assert schema.unpacked(number) == (arm, repeat, position)
    assert low <= number <= high < 2**63


def test_a_stored_reply_comes_back_whole_and_marked_as_cached(tmp_path):
    run = ran(tmp_path)
    store = open_store(Workspace(tmp_path))
    request = Request("x", "http://x", (Message("system", "s"), Message("user", "안녕")), {"temperature": 0})
    reply = Completion("네", "length", Usage(3, 2, 1, 0), 0.5, 0.01, attempts=2, reasoning="hm")

    async def exchange():
        async with StoreSink(store, run.id) as sink:
            assert await sink.lookup(request.key) is None
            sink.keep(request, reply)
            unsaved = await sink.lookup(request.key)
        async with StoreSink(store, run.id) as sink:
            return unsaved, await sink.lookup(request.key)

    for stored in asyncio.run(exchange()):
        assert stored.cached
        assert (stored.text, stored.finish, stored.usage, stored.cost) == (
            "네",
            "length",
            Usage(3, 2, 1, 0),
            0.01,
        )
        assert (stored.seconds, stored.attempts, stored.reasoning) == (0.5, 2, "hm")


def test_what_requests_share_is_stored_once(tmp_path):
    ran(tmp_path)
    store = open_store(Workspace(tmp_path))

    with store.engine.connect() as connection:
        assert len(connection.execute(select(schema.responses)).all()) == 6
        assert len(connection.execute(select(schema.preambles)).all()) == 1


def test_a_store_that_cannot_be_written_ends_the_run_with_one_line(tmp_path):
    run = ran(tmp_path)
    store = open_store(Workspace(tmp_path))
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE responses")
        connection.exec_driver_sql("CREATE VIEW responses AS SELECT 1 AS key")
    request = Request("x", "u", (Message("user", "q"),))

    async def write():
        async with StoreSink(store, run.id) as sink:
            sink.keep(request, Completion("a"))

    with pytest.raises(IncompleteError, match="the store cannot be written: "):
        asyncio.run(write())


def test_an_unknown_kind_of_store_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match=r"unknown kind of store 'postgres'\. Did you mean 'postgresql'\?"):
        open_store(Workspace(tmp_path), "postgres://somewhere/db")


def test_rows_that_a_run_has_checked_are_known_until_one_of_them_changes(tmp_path):
    workspace = mood(tmp_path)
    sweep = {"name": "one", "datasets": "mood", "strategies": "zero_shot", "models": "m"}
    promptsweep.run({**sweep, "limit": 2}, models={"m": FunctionModel(lambda _: "good")}, workspace=tmp_path)
    store, dataset = open_store(workspace), load_dataset("mood", workspace)

    of_a_part = store.checked(dataset, "test")
    promptsweep.run(sweep, models={"m": FunctionModel(lambda _: "good")}, workspace=tmp_path)
    of_all = store.checked(dataset, "test")
    with (tmp_path / "datasets/mood.test.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "s-6", "input": "So-so.", "target": "bad"}\n')
    of_others = store.checked(dataset, "test")

    assert of_a_part is None
    assert of_all == (6, ())
    assert of_others is None


def test_what_a_check_warned_of_is_said_again_where_the_rows_are_known(tmp_path):
    twice = [{"id": str(one), "input": "The same.", "target": "good"} for one in range(2)]
    mood(tmp_path, **{"datasets/mood.test.jsonl": twice})
    sweep = {"name": "one", "datasets": "mood", "strategies": "zero_shot", "models": "m"}

    first, second = (
        promptsweep.run(sweep, models={"m": FunctionModel(lambda _: "good")}, workspace=tmp_path)
        for _ in range(2)
    )

    assert "the input is also that of line 1" in first.row.warnings
    assert second.row.warnings == first.row.warnings


def test_a_store_of_version_2_gets_the_table_of_batches_and_keeps_what_it_holds(tmp_path):
    run = ran(tmp_path)
    with run.store.engine.begin() as connection:
        schema.batches.drop(connection)
        connection.execute(update(schema.meta).values(value="2"))
    run.store.close()

    store = open_store(Workspace(tmp_path))

    with store.engine.connect() as connection:
        assert connection.execute(select(schema.batches)).all() == []
    assert store.find_run("latest").id == run.id


def test_notes_of_batches_come_back_with_their_keys_in_order_until_they_are_forgotten(tmp_path):
    run = ran(tmp_path)
    notes = StoredNotes(run.store, run.id)
    first, second = ("0f" * 16, "00" * 16), ("ab" * 16,)

    notes.begin("m", "one", first)
    notes.begin("m", "two", second)
    notes.begin("other", "three", second)
    notes.created("one", "batch_1")
    notes.ended("one")

    assert notes.known("m") == [Note("one", "batch_1", first, True), Note("two", None, second, False)]
    assert at_vendor(run.store, run.id) == 2
    assert runs_at_vendor(run.store, "first") == [run.id]

    notes.remove("two")
    forget_ended(run.store, run.id)

    assert notes.known("m") == []
    assert [note.token for note in notes.known("other")] == ["three"]


def test_a_run_that_is_removed_takes_its_notes_of_batches_along(tmp_path):
    run = ran(tmp_path)
    StoredNotes(run.store, run.id).begin("m", "one", ("0f" * 16,))

    delete_run(run.store, run.id)

    assert at_vendor(run.store, run.id) == 0
