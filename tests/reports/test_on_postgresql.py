"""What only a PostgreSQL server can do to a store: several writers, other transactions, lost connections."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest
from sqlalchemy import func, inspect, select, text, update

import promptsweep
from promptsweep.errors import ConfigError, IncompleteError
from promptsweep.reports import open_store, schema
from promptsweep.reports.leases import EXPIRY, renew
from promptsweep.reports.ledger import of_run
from promptsweep.reports.patience import Ticket, UndecidedError, patiently
from promptsweep.reports.sink import StoreSink
from promptsweep.testing import FunctionModel
from promptsweep.types import Call, Completion, Message, Outcome, Record, Request, Sample, Score, Usage
from promptsweep.workspace import Workspace
from workspaces import mood

SWEEP = {"name": "moods", "datasets": "mood", "models": "m", "strategies": "zero_shot"}


@pytest.fixture
def store(database, tmp_path):
    with contextlib.closing(open_store(Workspace(tmp_path), database)) as opened:
        yield opened


def ran(root, database, reply="good"):
    reply = Completion(reply, usage=Usage(10, 2), cost=0.5)
    model = FunctionModel(lambda _: reply, name="m")
    return promptsweep.run(SWEEP, models={"m": model}, workspace=mood(root).root, store=database)


def count(store, table):
    with store.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def in_threads(*works):
    """Does all at once; returns what they raised."""
    failures = []

    def guarded(work):
        try:
            work()
        except Exception as error:  # noqa: BLE001  the test says what failed
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_many_processes_may_make_the_same_store_at_once(cluster, tmp_path):
    url = cluster.url(cluster.make())

    failures = in_threads(*[lambda: open_store(Workspace(tmp_path), url).close()] * 4)

    assert not failures
    [(version,)] = cluster.execute("SELECT value FROM meta", url.rpartition("/")[2])
    assert version == str(schema.VERSION)


def test_many_processes_may_bring_the_same_store_up_to_date_at_once(database, tmp_path):
    run = ran(tmp_path, database)
    with run.store.engine.begin() as connection:
        schema.grades.drop(connection)
        connection.execute(update(schema.meta).values(value="1"))

    failures = in_threads(*[lambda: open_store(Workspace(tmp_path), database).close()] * 4)

    assert not failures
    assert count(run.store, schema.grades) == 0
    assert len(run.records()) == 6


def test_reading_makes_no_tables(cluster, tmp_path):
    url = cluster.url(cluster.make())

    with pytest.raises(ConfigError, match="promptsweep run SWEEP makes one"):
        open_store(Workspace(tmp_path), url, create=False)
    assert (
        cluster.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", url.rpartition("/")[2])
        == []
    )


@pytest.mark.parametrize("code", ["40001", "40P01", "57P01"])
def test_a_transaction_that_another_one_stops_is_done_again_and_counts_once(database, store, tmp_path, code):
    with store.engine.begin() as connection:
        connection.execute(text("CREATE SEQUENCE attempts"))
        connection.execute(text(_REFUSAL.format(code=code)))
        connection.execute(text("CREATE TRIGGER t BEFORE INSERT ON scores EXECUTE FUNCTION refuse()"))

    run = ran(tmp_path, database)

    assert run.status == "done"
    assert len(run.records()) == 6
    new = of_run(store, run.id).new
    assert (new.requests, new.usd) == (6, 3.0)
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT last_value FROM attempts")) > 2


_REFUSAL = """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('attempts') <= 2 THEN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END IF;
    RETURN NULL; END $$"""


def test_an_error_that_will_not_pass_is_not_tried_again(database, store, tmp_path):
    with store.engine.begin() as connection:
        connection.execute(text("CREATE SEQUENCE attempts"))
        connection.execute(text(_REFUSAL.format(code="53100")))
        connection.execute(text("CREATE TRIGGER t BEFORE INSERT ON scores EXECUTE FUNCTION refuse()"))

    with pytest.raises(IncompleteError, match="the store cannot be written: refused"):
        ran(tmp_path, database)
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT last_value FROM attempts")) == 1


def test_a_connection_that_broke_is_made_anew(store):
    def work():
        with store.engine.begin() as connection:
            if not broken:
                broken.append(True)
                connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
            return connection.scalar(text("SELECT 1"))

    broken = []

    assert patiently(store.engine, work) == 1


def test_a_ticket_tells_whether_a_transaction_counts(store):
    ticket = Ticket(store.engine)
    assert not ticket.is_settled()
    for ending in ("commit", "rollback"):
        with store.engine.connect() as connection:
            transaction = connection.begin()
            connection.execute(update(schema.meta).values(value=schema.meta.c.value))
            ticket.take(connection)
            with pytest.raises(UndecidedError):
                ticket.is_settled()
            getattr(transaction, ending)()
        assert ticket.is_settled() == (ending == "commit")
        assert not ticket.is_settled()


def test_the_character_that_the_database_cannot_hold_is_shown_by_its_sign(database, tmp_path):
    run = ran(tmp_path, database, "good\0")

    assert {row.text for row in _rows(run.store, schema.responses)} == {"good␀"}


def _rows(store, table):
    with store.engine.connect() as connection:
        return connection.execute(select(table)).all()


def test_several_processes_write_the_same_run(database, store, tmp_path):
    """Each record is that of one of them, with its own calls; one without an error takes an error's place."""
    run = ran(tmp_path, database)
    [arm] = store.arms(run.id)
    with store.engine.begin() as connection:
        for table in (schema.scores, schema.calls, schema.records):
            connection.execute(table.delete())

    async def write(writer):
        with contextlib.closing(open_store(Workspace(tmp_path), database)) as own:
            async with StoreSink(own, run.id) as sink:
                for place in range(300):
                    position = place if writer % 2 else 299 - place
                    request, made = _record(arm.key, position, writer)
                    sink.keep(request, made.calls[0].completion)
                    sink.add(made)
                    if place % 30 == 0:
                        await asyncio.sleep(0.03)

    failures = in_threads(*[lambda writer=writer: asyncio.run(write(writer)) for writer in range(4)])

    assert not failures
    assert [count(store, table) for table in (schema.records, schema.scores, schema.calls)] == [300, 300, 450]
    records = _rows(store, schema.records)
    assert {row.outcome for row in records} == {"ok"}
    calls = _rows(store, schema.calls)
    for row in records:
        assert len({call.stage for call in calls if call.record == row.id}) == 1


def _record(arm, position, writer):
    """The writers 2 and 3 fail at each record; two calls where the position is odd."""
    request = Request("m", "function", (Message("user", f"{position}"),))
    completion = Completion("good", usage=Usage(1, 1))
    calls = (Call(f"by {writer}", request.key, completion, 0.0, 1.0),) * (1 + position % 2)
    sample = Sample(f"s-{position}", f"{position}", ("good",))
    failed = writer > 1
    outcome, error = (Outcome.ERROR, "500") if failed else (Outcome.OK, None)
    scores = {} if failed else {"accuracy": Score(1.0)}
    return request, Record(
        arm, sample, position, 0, outcome, answer="good", scores=scores, calls=calls, error=error
    )


def test_runs_on_several_machines_share_the_rates_of_a_model_by_the_servers_clock(database, store, tmp_path):
    with contextlib.closing(open_store(Workspace(tmp_path), database)) as other:
        assert renew(store, "one", ["a", "b"]) == [1, 1]
        assert renew(other, "two", ["b"]) == [2]
        with store.engine.begin() as connection:
            late = schema.leases.c.seen - 2 * EXPIRY
            connection.execute(update(schema.leases).where(schema.leases.c.run == "one").values(seen=late))
        assert renew(other, "two", ["b"]) == [1]


def test_a_store_keeps_no_password(store, cluster):
    assert cluster.password not in store.url
    assert inspect(store.engine).has_table("runs")
