"""The pages' logic, run by Streamlit itself without a browser."""

from __future__ import annotations

import re

import pytest
import streamlit as st
from hostile import HOSTILE, LONG, mood_model
from streamlit.testing.v1 import AppTest

import promptsweep
from promptsweep import api
from promptsweep.dashboard import ink
from promptsweep.reports import open_store
from promptsweep.testing import FunctionModel
from workspaces import mood

SCRIPT = """
import streamlit as st
from promptsweep.dashboard import app, pages

app.main()
if wanted := st.session_state.pop("wanted", None):
    pages.go(wanted[0], **wanted[1])
"""


@pytest.fixture
def app(workspace, monkeypatch):
    """Opens a page of the dashboard: `app("samples", run="plain", wrong="1")`."""
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(workspace))
    return opened


def opened(view="leaderboard", /, run=None, **query):
    test = AppTest.from_string(SCRIPT, default_timeout=30)
    if run:
        test.query_params["run"] = run
    if view != "leaderboard":
        test.session_state["wanted"] = (view, query)
    test.run()
    assert not test.exception
    return test


def texts(test):
    """All that is shown as text and never interpreted."""
    return [element.value for element in (*test.code, *test.text)]


def interpreted(test):
    """All that Streamlit reads as Markdown: headings, captions, notes, and the labels of everything."""
    bodies = (test.title, test.header, test.subheader, test.caption, test.markdown, test.info, test.warning)
    widgets = (
        test.selectbox,
        test.text_input,
        test.toggle,
        test.number_input,
        test.button,
        test.expander,
        test.tabs,
    )
    found = [element.value for kind in bodies for element in kind]
    return found + [element.label for kind in widgets for element in kind]


def test_the_leaderboard_shows_the_best_arm_first_with_its_interval(app):
    test = app(run="plain")

    table = test.dataframe[0].value
    assert list(table["arm"]) == ["few_shot(k=2)", "few_shot(k=4)", "zero_shot"]
    assert table["accuracy"][0] == "1.00 [0.61, 1.00]"
    assert list(table["scored"]) == ["6/6"] * 3
    assert list(table["unparsed"]) == [0, 0, 10]
    assert "plain" in texts(test)[0]


def test_a_metric_that_is_picked_is_in_the_url(app):
    test = app(run="plain")

    test.selectbox(key="metric-mood").select("macro_f1").run()
    assert test.query_params["metric-mood"] == "macro_f1"

    test.selectbox(key="metric-mood").select("accuracy").run()
    assert "metric-mood" not in test.query_params


def test_errors_and_missing_records_are_told_below_the_leaderboard(app):
    test = app(run="hostile")

    assert any(
        "2 of 3 scored, 1 error; accuracy 0.000 with the missing counted as 0" in one for one in texts(test)
    )
    assert test.warning[0].value.startswith("The run is not complete")


def test_the_newest_run_is_shown_first_and_another_can_be_picked(app):
    test = app("samples", search="drags")
    [picker] = [box for box in test.selectbox if box.label == "Run"]
    assert [option.split(" · ")[0] for option in picker.options] == ["hostile", "days", "plain"]

    picker.select_index(2).run()

    assert set(test.query_params) == {"run"}  # the search was of the other run
    assert len(test.dataframe[0].value) == 36


def test_samples_are_failures_first(app):
    table = app("samples", run="hostile").dataframe[0].value

    assert list(table["outcome"]) == ["error", "unparsed", "unparsed"]
    assert table["answer"][0].startswith("400: <script>")


def test_filters_are_in_the_url_and_a_link_reproduces_them(app):
    test = app("samples", run="plain")
    test.selectbox(key="arm").select_index(1).run()
    test.selectbox(key="outcome").select("unparsed").run()
    test.text_input(key="search").input("year").run()
    test.toggle(key="wrong").set_value(True).run()
    assert not test.exception

    query = dict(test.query_params)
    filters = {"arm": "zero_shot | m | mood", "outcome": "unparsed", "search": "year", "wrong": "True"}
    assert query == {"run": "plain", **filters}
    again = app("samples", **query)
    assert list(again.dataframe[0].value["sample"]) == list(test.dataframe[0].value["sample"])
    assert len(again.dataframe[0].value) == 4  # two samples, two repeats


def test_pages_of_samples_are_turned_and_a_filter_goes_back_to_the_first(app):
    test = app("samples", run="days")
    assert len(test.dataframe[0].value) == 50

    test.number_input(key="page").increment().run()
    assert len(test.dataframe[0].value) == 10
    assert "51 to 60 of 60 records" in texts(test)

    test.text_input(key="search").input("day 5").run()
    assert "page" not in test.query_params
    assert "1 to 11 of 11 records" in texts(test)


@pytest.mark.parametrize("page", ["7", "0", "-1", "x", "9" * 30])
def test_a_page_that_does_not_exist_is_the_first(app, page):
    assert "1 to 50 of 60 records" in texts(app("samples", run="days", page=page))


def test_no_record_that_fits_is_said(app):
    assert [note.value for note in app("samples", search="nowhere").info] == ["No record fits."]


def test_selecting_a_sample_opens_its_trace(app):
    test = app("samples", run="plain", arm="few_shot(k=2) | m | mood")
    row = test.dataframe[0].value.index[test.dataframe[0].value["sample"] == "s-3 #1"][0]

    test.session_state["records"] = {"selection": {"rows": [int(row)], "columns": [], "cells": []}}
    test.run()

    assert test.title[0].value == "Trace"
    arm = "few_shot(k=2) | m | mood"
    assert dict(test.query_params) == {"run": "plain", "arm": arm, "of": arm, "sample": "s-3", "repeat": "1"}


def test_a_trace_shows_what_was_sent_replied_read_and_scored(app):
    test = app("trace", run="plain", sample="s-3", arm="few_shot(k=2) | m | mood")

    shown = [code.value for code in test.code]
    assert {
        "Judge the mood.\nLabels: good, bad.\nAnswer with one label and nothing else.",
        "I left early.",
        "bad",
    } <= set(shown)
    roles = [caption.value for caption in test.caption if caption.value in ("system", "user", "assistant")]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    assert any("20 + 2 tokens · $0.0010 · finish: stop · sent, 0.25 s" in text.value for text in test.text)
    scores = test.dataframe[0].value
    assert (scores["metric"][0], scores["score"][0]) == ("accuracy", 1.0)


def test_a_trace_offers_the_same_sample_in_other_arms_and_repeats(app):
    test = app("trace", run="plain", sample="s-3")
    assert test.selectbox(key="arm").options == ["zero_shot", "few_shot(k=2)", "few_shot(k=4)"]

    test.selectbox(key="repeat").select("1").run()
    test.selectbox(key="arm").select_index(2).run()

    assert test.query_params["arm"] == "few_shot(k=4) | m | mood"
    assert "repeat" not in test.query_params
    assert len([caption for caption in test.caption if caption.value == "assistant"]) == 4


def test_a_trace_without_a_sample_says_where_to_find_one(app):
    assert "select one" in app("trace").info[0].value


def test_one_arm_cannot_be_compared(app):
    assert "needs two arms" in app("compare", run="days").info[0].value


def test_metrics_over_all_answers_together_cannot_be_compared_sample_by_sample(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(mood(tmp_path).root))
    sweep = {
        "models": "m",
        "datasets": "mood",
        "strategies": ["zero_shot", "few_shot"],
        "metrics": ["macro_f1"],
    }
    promptsweep.run(sweep, models={"m": mood_model()}, workspace=tmp_path)

    assert "a metric that scores each answer" in opened("compare").info[0].value


@pytest.mark.parametrize(
    ("page", "query", "message"),
    [
        ("leaderboard", {"run": "plian"}, "unknown run 'plian'. Did you mean 'plain'?"),
        ("samples", {"run": "gone"}, "unknown run 'gone'"),
        ("trace", {"run": "plain", "sample": "s-33"}, "unknown sample 's-33'. Did you mean"),
        ("trace", {"run": "plain", "sample": "s-3", "repeat": "9"}, "sample 's-3' has no repeat 9"),
        ("trace", {"run": "plain", "sample": "s-3", "arm": "few_shoot"}, "unknown arm 'few_shoot'"),
    ],
)
def test_a_link_to_what_is_not_there_gets_help(app, page, query, message):
    test = app(page, **query)

    assert test.header[-1].value == "Nothing to show here"
    assert any(message in text for text in texts(test))


def test_without_a_store_the_page_says_how_to_make_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(tmp_path))

    assert any("promptsweep run SWEEP makes one" in text for text in texts(opened()))
    assert not list(tmp_path.iterdir())


def test_a_store_without_runs_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(tmp_path))
    open_store(mood(tmp_path)).close()

    assert any("holds no run yet" in text for text in texts(opened()))


def test_a_file_that_is_no_store_is_named(tmp_path, monkeypatch):
    (tmp_path / "notes.db").write_text("no database " * 100)
    monkeypatch.setenv("PROMPTSWEEP_STORE", str(tmp_path / "notes.db"))

    assert any("cannot be used as a store" in text for text in texts(opened()))


def test_a_store_that_vanished_is_no_traceback_and_its_return_is_seen(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(tmp_path))
    begin(tmp_path)
    assert opened().title[0].value == "Leaderboard"

    path = tmp_path / "reports" / "promptsweep.db"
    for file in path.parent.iterdir():
        file.unlink()
    st.cache_data.clear()  # what was read is shown for some seconds more
    assert opened().header[0].value == "The store cannot be read"

    path.unlink(missing_ok=True)  # SQLite made an empty file
    begin(tmp_path)
    assert opened().title[0].value == "Leaderboard"


def begin(root):
    """A run that has begun and recorded nothing yet."""
    models = {"m": FunctionModel(lambda request: "good", name="m")}
    planned = api.plan(
        {"models": "m", "datasets": "mood", "strategies": ["zero_shot", "few_shot"]},
        mood(root),
        models=models,
    )
    store = open_store(mood(root))
    store.begin(planned, False, api.versions())
    store.close()


@pytest.mark.parametrize(
    ("page", "note"),
    [
        ("leaderboard", "Nothing is scored yet."),
        ("compare", "nothing to compare yet"),
        ("samples", "No record fits."),
    ],
)
def test_a_run_that_has_just_begun_has_pages_too(tmp_path, monkeypatch, page, note):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(tmp_path))
    begin(tmp_path)

    notes = [one.value for one in opened(page).info]

    assert "not finished" in notes[0]
    assert any(note in one for one in notes)


@pytest.mark.parametrize("page", ["leaderboard", "compare", "samples", "trace"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_no_hostile_text_reaches_anything_that_is_interpreted(app, page, place):
    sample = {"sample": f"<img src=x onerror=alert(4)>-{place}"} if page == "trace" else {}
    test = app(page, run="hostile", **sample)

    outside_code = [re.sub(r"(`+).*?\1|^:\w+-badge\[\w+\]$", "", one) for one in interpreted(test)]
    assert not [
        one for one in outside_code if re.search(r"[<$\[]|alert|:\w+:", one.replace(":material/", ""))
    ]
    assert [one.proto.body for one in test.get("html")] == [ink.CHOSEN]


def test_hostile_text_is_shown_whole_with_its_invisible_characters(app):
    test = app("trace", run="hostile", sample="<img src=x onerror=alert(4)>-0")

    [shown] = {
        code.value for code in test.code if code.value.startswith("<script>") and "Labels" not in code.value
    }
    assert shown == HOSTILE.replace("\x1b", "␛").replace("\u202e", "⟨U+202E⟩")


def test_a_very_long_reply_is_shown_in_part_and_downloaded_whole(app):
    test = app("trace", run="hostile", sample="<img src=x onerror=alert(4)>-2")

    assert max(len(code.value) for code in test.code) < 21_000
    assert f"The first 20,000 of {len(LONG):,} characters are shown: download all" in [
        button.label for button in test.download_button
    ]
