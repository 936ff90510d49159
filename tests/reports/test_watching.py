"""A run in progress, seen from another process."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from promptsweep.errors import ConfigError
from promptsweep.reports import leases, schema
from promptsweep.reports.watching import INTERVAL, Watch, going
from promptsweep.types import Status

RUNS = schema.runs


def at_work(house, run, since=0.0):
    """The run says that it is in progress, for so many seconds."""
    house.store.finish(run, Status.RUNNING)
    with house.store.engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run).values(updated=time.time() - since))


def resume(house, run, since):
    """The run was entered so many seconds before its newest execution began."""
    at_work(house, run)
    with house.store.engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run).values(created=time.time() - since))


def wait_for(watch, true, seconds=20):
    """The first look for which something is true."""
    deadline = time.monotonic() + seconds
    while not true(look := watch.look()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return look


def half_done(house):
    sweep = {"datasets": "lines", "strategies": ["zero_shot", {"few_shot": {"k": 2}}]}
    return house.run("half", budget={"requests": 40, "seconds": 100}, fresh=True, **sweep)


def test_a_look_counts_records_errors_and_costs_of_every_arm(own_house):
    run = half_done(own_house)
    at_work(own_house, run)

    look = Watch(own_house.store, run).look()

    assert look.status is Status.RUNNING
    assert not look.gone
    assert [(arm.planned, arm.done, arm.errors) for arm in look.arms] == [(30, 30, 0), (30, 9, 1)]
    assert (look.planned, look.done, look.errors) == (60, 40, 1)
    assert [(one.kind, one.records) for one in look.troubles] == [("other", 1)]
    assert look.budget == {"requests": 40, "seconds": 100.0}
    assert (look.ledger.new.requests, look.ledger.failed.requests) == (39, 1)
    assert look.ledger.new.usd == pytest.approx(0.039)
    assert 0 <= look.seconds < 5


def test_a_run_that_has_ended_has_no_time(house):
    look = Watch(house.store, "plain").look()

    assert (look.status, look.seconds) == (Status.INCOMPLETE, None)
    assert look.error.startswith("1 of 66 records ended in an error")


def test_errors_that_are_made_anew_are_seen(own_house):
    """Few-shot's error at line 7 stays as it is in the run's first execution, and may not in the next."""
    sweep = {"datasets": "lines", "strategies": [{"few_shot": {"k": 2}}]}
    run = own_house.run("whole", fresh=True, **sweep)
    watch = Watch(own_house.store, run)
    assert watch.look().errors == 1
    resume(own_house, run, since=60)
    with own_house.store.engine.begin() as connection:
        connection.execute(update(schema.records).values(outcome="ok", error=None))

    assert wait_for(watch, lambda look: look.errors == 0).done == 30


def test_those_who_look_at_once_share_one_read(own_house):
    run = half_done(own_house)
    watch = Watch(own_house.store, run)

    assert watch.look() is watch.look()


def test_a_later_look_is_a_new_one_and_tells_the_pace(own_house):
    run = half_done(own_house)
    at_work(own_house, run)
    watch = Watch(own_house.store, run)
    first = watch.look()
    with own_house.store.engine.begin() as connection:
        connection.execute(schema.records.delete().where(schema.records.c.sample_id == "line-9"))

    second = wait_for(watch, lambda look: look is not first)

    assert second.at - first.at >= INTERVAL
    assert first.pace.records is None
    assert second.pace.records == 0
    # Nothing is missing of zero-shot, so it is not read again; few-shot is, and has one record less.
    assert [arm.done for arm in second.arms] == [30, 8]


@pytest.mark.parametrize(("since", "gone"), [(2, False), (60, True)])
def test_a_run_without_a_sign_of_life_is_gone(own_house, since, gone):
    run = half_done(own_house)
    at_work(own_house, run, since)

    assert Watch(own_house.store, run).look().gone is gone
    assert [(one.id, one.gone) for one in going(own_house.store)] == [(run, gone)]


def test_a_lease_is_a_sign_of_life(own_house):
    run = half_done(own_house)
    at_work(own_house, run, since=60)
    leases.renew(own_house.store, run, ["a model", "another"])

    assert not Watch(own_house.store, run).look().gone
    assert not going(own_house.store)[0].gone
    assert leases.last_seen(own_house.store, [run, "other"]).keys() == {run}


def test_a_run_that_ended_is_not_among_those_in_progress(house):
    assert going(house.store) == []


def test_a_run_that_was_removed_is_an_error_of_one_line(house):
    with pytest.raises(ConfigError, match="unknown run 'gone'"):
        Watch(house.store, "gone").look()


def test_long_reads_are_made_seldom(own_house):
    """A read that takes a second is followed by nineteen without one."""
    run = half_done(own_house)
    store = own_house.store

    def slow(reference):
        time.sleep(0.2)
        return store.find_run(reference)

    watch = Watch(SimpleNamespace(find_run=slow, arms=store.arms, engine=store.engine), run)
    first = watch.look()
    began = time.monotonic()

    while time.monotonic() < began + 1.5:
        assert watch.look() is first
        time.sleep(0.1)
