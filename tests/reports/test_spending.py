"""What all runs spent and saved, by day and model."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from promptsweep.reports import open_store
from promptsweep.reports.ledger import Sum, authorise
from promptsweep.reports.spending import Spending, by_model, in_dollars, spendings
from promptsweep.runners.costs import UNKNOWN, Cost
from promptsweep.workspace import Workspace

from test_ledger import enter  # isort: skip


def today():
    """Asked for when a test runs: a whole run of the tests may pass midnight."""
    return datetime.now(UTC).date()


@pytest.fixture
def store(tmp_path):
    opened = open_store(Workspace(tmp_path))
    yield opened
    opened.close()


def test_sums_are_by_day_and_model_over_all_runs_without_what_was_only_authorised(store):
    enter(store, "1", ("new", "m", Cost(0.25, 10, 1)), ("failed", "m", Cost(0.5, 7, 1)))
    enter(store, "2", ("new", "m", Cost(0.25, 10, 1)), ("saved", "m", Cost(0.25, 10, 1)))
    enter(store, "2", ("saved", "other", UNKNOWN))
    authorise(store, "2", Cost(9.0, 9, 9))

    m, other = spendings(store)

    assert m == Spending(today(), "m", Sum(2, 20, 0.5), Sum(1, 7, 0.5), Sum(1, 10, 0.25))
    assert (other.model, other.new, other.saved.unpriced) == ("other", Sum(), 1)
    assert spendings(store, today() + timedelta(days=1)) == []


def test_models_are_together_over_days_the_dearest_first():
    days = [date(2026, 1, day) for day in (1, 2)]
    lines = [
        Spending(days[0], "cheap", Sum(1, 10, 0.1)),
        Spending(days[0], "dear", Sum(1, 10, 0.3)),
        Spending(days[1], "cheap", Sum(2, 20, 0.1), saved=Sum(1, 5, 0.1)),
    ]

    dear, cheap = by_model(lines)

    assert dear.model == "dear"
    assert cheap == Spending(days[0], "cheap", Sum(3, 30, 0.2), Sum(), Sum(1, 5, 0.1))


def test_without_any_price_there_are_no_dollars():
    assert not in_dollars([Spending(today(), "m", Sum(1, 10, 0.0, 1))])
    assert in_dollars([Spending(today(), "m", saved=Sum(1, 10, 0.1))])
