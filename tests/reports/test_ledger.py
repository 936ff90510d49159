"""The ledger: what was paid, what may have been, what was saved; and what a run's budget goes on from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from promptsweep.reports import open_store
from promptsweep.reports.cache import delete_run, prune
from promptsweep.reports.ledger import Sum, Tally, authorise, entries, of_run, spent, total
from promptsweep.runners.costs import UNKNOWN, Cost
from promptsweep.workspace import Workspace


def today():
    """Asked for when a test runs: a whole run of the tests may pass midnight."""
    return datetime.now(UTC).date()


@pytest.fixture
def store(tmp_path):
    opened = open_store(Workspace(tmp_path))
    yield opened
    opened.close()


def enter(store, run, *costs):
    """Enters (kind, model, cost) as a run's writer does."""
    tally = Tally(run)
    for kind, model, cost in costs:
        tally.add(kind, model, cost)
    with store.engine.begin() as connection:
        tally.write(connection)


def test_a_reply_is_paid_once_and_saved_by_the_others(store):
    enter(store, "1", ("new", "m", Cost(0.25, 12, 1)))
    enter(store, "2", ("saved", "m", Cost(0.25, 12, 1)))

    second, first = entries(store)

    assert (first.name, first.new, first.saved) == ("1", Sum(1, 12, 0.25), Sum())
    assert (second.name, second.new, second.saved) == ("2", Sum(), Sum(1, 12, 0.25))


def test_what_comes_later_is_added(store):
    tally = Tally("1")
    for _ in range(2):
        tally.add("new", "m", Cost(0.25, 10, 1))
        tally.add("new", "m", UNKNOWN)
        with store.engine.begin() as connection:
            tally.write(connection)
        tally.written()
    with store.engine.begin() as connection:
        tally.write(connection)

    [entry] = entries(store)

    assert entry.new == Sum(4, 20, 0.5, 2)


def test_models_are_listed_by_what_they_cost(store):
    enter(store, "1", ("new", "cheap", Cost(0.25, 1, 1)), ("new", "dear", Cost(0.5, 1, 1)))
    enter(store, "2", ("new", "cheap", Cost(0.125, 1, 1)))

    assert [(one.name, one.new.usd) for one in entries(store, "model")] == [("dear", 0.5), ("cheap", 0.375)]


def test_days_are_utc_and_since_leaves_earlier_ones_out(store):
    enter(store, "1", ("new", "m", Cost(0.5, 1, 1)))

    assert [one.name for one in entries(store, "day")] == [today().isoformat()]
    assert entries(store, "run", today()) == entries(store)
    assert entries(store, "run", today() + timedelta(days=1)) == []
    assert len(entries(store, "model", date(2020, 2, 29))) == 1


def test_a_failed_attempt_is_no_payment(store):
    enter(store, "1", ("new", "m", Cost(0.25, 12, 1)), ("failed", "m", Cost(0.5, 100, 1)))

    whole = total(entries(store))

    assert (whole.new, whole.failed) == (Sum(1, 12, 0.25), Sum(1, 100, 0.5))


def test_a_run_goes_on_from_what_it_paid_and_may_have_paid(store):
    enter(store, "1", ("new", "m", Cost(0.25, 12, 1)), ("failed", "m", Cost(0.5, 100, 1)))
    enter(store, "1", ("saved", "m", Cost(9.0, 9, 9)))
    enter(store, "2", ("new", "m", Cost(7.0, 7, 7)))

    assert spent(store, "1") == Cost(0.75, 112, 2)
    assert spent(store, "3") == Cost()


def test_after_a_crash_a_run_goes_on_from_what_it_was_authorised_to_spend(store):
    enter(store, "1", ("new", "m", Cost(0.25, 500, 1)))
    authorise(store, "1", Cost(0.75, 100, 6))
    authorise(store, "1", Cost(0.5, 100, 4))

    assert spent(store, "1") == Cost(0.5, 500, 4)
    assert total(entries(store, "day")).new == Sum(1, 500, 0.25)


def test_what_was_paid_is_not_forgotten_with_the_replies_or_the_run(own_house):
    run = own_house.store.find_run("plain").id
    enter(own_house.store, run, ("new", "m", Cost(0.25, 12, 1)))
    before = entries(own_house.store)
    [mine] = [entry for entry in before if entry.name == run]

    delete_run(own_house.store, run)
    prune(own_house.store, keep_runs=False)

    after = entries(own_house.store)
    assert mine.sweep == "plain"
    assert [one.sweep for one in after if one.name == run] == [None]
    assert total(after) == total(before)


def test_the_line_of_one_run_is_the_same_alone(store):
    enter(store, "1", ("new", "m", Cost(0.25, 12, 1)), ("failed", "n", Cost(0.5, 3, 1)))
    enter(store, "2", ("saved", "m", Cost(0.25, 12, 1)))
    authorise(store, "1", Cost(9, 99, 9))

    assert of_run(store, "1") == entries(store)[1]
    assert of_run(store, "3").new == Sum()
