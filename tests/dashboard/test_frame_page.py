"""The frame: a long list of runs, and times as the visitor's clock shows them."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from contests import contest
from sqlalchemy import insert, select
from streamlit.testing.v1 import AppTest

from promptsweep.dashboard import source, wording
from promptsweep.reports import open_store, schema
from promptsweep.workspace import Workspace

SCRIPT = "from promptsweep.dashboard import app\n\napp.main()\n"
MANY = 1_100


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """A workspace whose store has more runs than the list: `run-0000`, an hour older than the next, …"""
    root = contest(tmp_path_factory.mktemp("crowded"))
    store = open_store(Workspace(root))
    with contextlib.closing(store), store.engine.begin() as connection:
        row = connection.execute(select(schema.runs).limit(1)).one()._mapping
        copies = [
            {**row, "id": f"run-{number:04}", "name": f"no {number}", "created": number * 3600.0}
            for number in range(MANY)
        ]
        connection.execute(insert(schema.runs), copies)
    return root


def opened(root, monkeypatch, **query):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(root))
    test = AppTest.from_string(SCRIPT, default_timeout=30)
    test.query_params.update(query)
    test.run()
    assert not test.exception
    return next(box for box in test.selectbox if box.label == "Run")


def test_the_newest_thousand_runs_are_listed(crowded, monkeypatch):
    picker = opened(crowded, monkeypatch)

    assert len(picker.options) == source.MOST_RUNS == 1_000
    assert picker.options[0].startswith("contest · ")
    assert picker.options[-1].startswith(f"no {MANY - 1_000 + 4} · ")


def test_an_older_run_opens_by_its_id_and_joins_the_list(crowded, monkeypatch):
    picker = opened(crowded, monkeypatch, run="run-0003")

    assert picker.value == "run-0003"
    assert len(picker.options) == 1_001


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Seoul", "2026-01-02 00:30"),
        ("UTC", "2026-01-01 15:30"),
        ("America/New_York", "2026-01-01 10:30"),
    ],
)
def test_times_are_those_of_the_visitor(zone, shown):
    when = datetime(2026, 1, 1, 15, 30, tzinfo=UTC)

    assert f"{wording.local(when, zone):%Y-%m-%d %H:%M}" == shown


@pytest.mark.parametrize("zone", [None, "", "Mars/Olympus", "../../etc/passwd", "America"])
def test_a_time_zone_that_is_unknown_is_this_machine_s(zone):
    when = datetime(2026, 1, 1, 15, 30, tzinfo=UTC)

    assert wording.local(when, zone) == when.astimezone()
