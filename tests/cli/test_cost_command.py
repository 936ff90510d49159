"""`cost`: the ledger, as a table and as a document."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime

import pytest

from promptsweep.reports import open_store
from promptsweep.reports.cache import prune
from promptsweep.reports.ledger import Tally
from promptsweep.runners.costs import UNKNOWN, Cost
from workspaces import write


@pytest.fixture
def spending(tmp_path, command):
    """Two runs: one that paid for two models and failed once, one that used its replies."""
    first, second = Tally("20260101-000000-aaaa"), Tally("20260102-000000-bbbb")
    first.add("new", "acme/big", Cost(1.25, 1_500, 3))
    first.add("new", "acme/free", Cost(0.0, 40, 2))
    first.add("failed", "acme/big", Cost(0.5, 900, 1))
    second.add("saved", "acme/big", Cost(1.25, 1_500, 3))
    with contextlib.closing(open_store(write(tmp_path, {}))) as store, store.engine.begin() as connection:
        first.write(connection)
        second.write(connection)
    return command


def test_cost_shows_what_was_paid_and_what_the_store_saved(spending):
    shown = spending("cost")

    assert shown.code == 0
    assert shown.out.index("20260102") < shown.out.index("20260101")
    assert "$1.25 paid for 5 calls." in shown.out
    assert "3 calls answered from the store, which saved $1.25." in shown.out
    assert "1 attempt failed; charged or not, they cost at most $0.5000." in shown.out
    assert "(removed)" in shown.out


def test_what_the_dashboard_sent_is_no_run(tmp_path, command):
    page = Tally("(chat)")
    page.add("new", "acme/big", Cost(0.25, 300, 1))
    with contextlib.closing(open_store(write(tmp_path, {}))) as store:
        with store.engine.begin() as connection:
            page.write(connection)
        prune(store, keep_runs=False)

    shown = command("cost").out

    assert re.search(r"^\(chat\) +– +\$0\.2500 ", shown, re.MULTILINE)
    assert "(removed)" not in shown


def test_cost_by_model_and_by_day(spending):
    models = spending("cost", "--by", "model", "--json").json
    days = spending("cost", "--by", "day", "--json").json

    assert [(one["model"], one["new"]["usd"]) for one in models["entries"]] == [
        ("acme/big", 1.25),
        ("acme/free", 0.0),
    ]
    [today] = days["entries"]
    assert today["day"] == datetime.now(UTC).date().isoformat()
    assert days["total"] == models["total"]
    assert days["total"]["saved"] == {"requests": 3, "tokens": 1500, "usd": 1.25, "unpriced": 0}


def test_cost_since_a_day_leaves_earlier_ones_out(spending):
    assert spending("cost", "--since", "2020-01-01", "--json").json["total"]["new"]["requests"] == 5
    assert spending("cost", "--since", "2999-01-01").out == "The ledger holds no call.\n"


def test_an_unknown_price_is_a_question_mark(tmp_path, command):
    tally = Tally("1")
    tally.add("new", "acme/m", UNKNOWN)
    with contextlib.closing(open_store(write(tmp_path, {}))) as store, store.engine.begin() as connection:
        tally.write(connection)

    shown = command("cost").out

    assert "? paid for 1 call." in shown
    assert "?: calls whose price is unknown" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--since", "yesterday"], "--since takes a day such as 2026-01-31, not 'yesterday'"),
        (["--by", "week"], "week"),
    ],
)
def test_cost_says_what_it_cannot_read(spending, words, message):
    shown = spending("cost", *words)

    assert (shown.code, shown.out) == (2, "")
    assert message in shown.err
