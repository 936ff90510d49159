"""Trends: a sweep's figures over its runs, where they went down, and what was edited."""

from __future__ import annotations

import history
import pytest
from streamlit.testing.v1 import AppTest

from promptsweep import api
from promptsweep.reports import open_store
from promptsweep.testing import FunctionModel
from workspaces import mood

SCRIPT = """
import streamlit as st
from promptsweep.dashboard import app, pages

app.main()
if (wanted := st.session_state.pop("wanted", None)) is not None:
    pages.go("trends", **wanted)
"""
ZERO = "zero_shot | m | mood"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("trends")


@pytest.fixture(scope="module")
def ids(root):
    return history.make(root)


@pytest.fixture
def page(root, ids, monkeypatch):
    """Opens the page: `page("daily", metric="tokens")`."""
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(root))
    return opened


def opened(run, **query):
    test = AppTest.from_string(SCRIPT, default_timeout=30)
    test.query_params["run"] = run
    test.session_state["wanted"] = query
    test.run()
    assert not test.exception
    return test


def shown(test):
    """What is shown as text, and captions."""
    return [element.value for element in (*test.code, *test.text, *test.caption)]


def test_runs_that_became_worse_are_told_with_the_test_or_the_gate_that_says_so(page, ids):
    table = page("daily").dataframe[0].value

    assert list(table["arm"]) == ["zero_shot"] * 3
    assert {name.rpartition(" · ")[2] for name in table["run"]} == {ids[1].rpartition("-")[2]}
    assert [text.split(" of ")[0] for text in table["worse"]] == [
        "fails the gate no regression beyond 0.02",
        "fails the gate ≥ 0.6",
        "worse than in the run",
    ]
    assert list(table["value"]) == ["0"] * 3
    assert table["difference"][2].startswith("-1.00")
    assert table["p"][2] == "p < 0.001"


def test_what_was_edited_since_the_run_before_is_listed(page):
    test = page("daily")

    assert "only in this run: few_shot(k=2) | m | mood" in shown(test)
    assert "1 row of mood changed: s-3" in shown(test)


def test_another_run_can_be_held_against_the_baseline(page, ids):
    test = page("daily", at=ids[1])
    assert test.selectbox(key="since").options[-1] == "the baseline"

    test.selectbox(key="since").select("baseline").run()

    assert test.query_params["since"] == "baseline"
    assert "No template, code, row, parameter or model differs." in shown(test)


def test_the_first_run_has_nothing_before_it_but_the_baseline(page, ids):
    test = page("daily", at=ids[0])

    assert test.selectbox(key="since").options == ["the baseline"]


def test_a_run_that_is_picked_is_in_the_url_and_opens(page, ids):
    test = page("daily")
    test.selectbox(key="at").select(ids[1]).run()
    assert test.query_params["at"] == ids[1]

    [button] = [button for button in test.button if button.label == "Open this run"]
    button.click().run()

    assert test.title[0].value == "Leaderboard"
    assert test.query_params["run"] == ids[1]


def test_one_run_is_no_trend_and_the_page_says_so(page):
    test = page("once")

    assert "This sweep has one run" in test.info[0].value
    assert any("nothing to hold it against" in text for text in shown(test))


@pytest.mark.parametrize(
    "figure", ["cost_usd", "tokens", "seconds", "p50_seconds", "p95_seconds", "error_rate"]
)
def test_money_and_time_can_be_followed_too(page, figure):
    test = page("daily", metric=figure)

    assert test.selectbox(key="metric").value == figure
    assert test.get("vega_lite_chart") or test.get("arrow_vega_lite_chart")


def test_a_single_arm_can_be_picked(page):
    test = page("daily")
    test.selectbox(key="arm").select("few_shot(k=2) | m | mood").run()

    assert not test.exception
    assert test.query_params["arm"] == "few_shot(k=2) | m | mood"
    assert not test.dataframe  # it has one run only: nothing became worse


def test_unknown_choices_fall_back(page):
    test = page("daily", metric="no_such", arm="gone", at="gone", since="gone", runs="7")

    assert test.selectbox(key="metric").value == "accuracy"
    assert test.selectbox(key="runs").value == "50"


def test_a_damaged_baseline_is_told_and_the_rest_is_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(tmp_path))
    history.make(tmp_path)
    path = tmp_path / "reports" / "baselines" / "daily.json"
    path.write_text(path.read_text(encoding="utf-8")[:100], encoding="utf-8")

    test = opened("daily")

    assert test.warning[0].value == "The baseline cannot be read."
    assert "damaged" in test.code[0].value
    assert len(test.dataframe[0].value) == 2  # the run before, and the threshold


def test_a_run_that_has_just_begun_has_no_figures(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(tmp_path))
    sweep = {"name": "begun", "models": "m", "datasets": "mood", "strategies": "zero_shot"}
    planned = api.plan(sweep, mood(tmp_path), models={"m": FunctionModel(lambda request: "good", name="m")})
    store = open_store(mood(tmp_path))
    store.begin(planned, False, api.versions())
    store.close()

    assert any("None of the runs has measured this" in note.value for note in opened("begun").info)


def test_the_page_speaks_korean(page):
    test = page("daily", lang="ko")

    assert test.title[0].value == "추이"
    assert "조합" in test.dataframe[0].value
    assert "mood에서 바뀐 행 1개: s-3" in shown(test)
