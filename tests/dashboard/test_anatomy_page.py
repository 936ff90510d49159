"""The Anatomy and Classification pages, run by Streamlit itself without a browser."""

from __future__ import annotations

import re

import pytest
from hostile import HOSTILE, mood_model
from streamlit.testing.v1 import AppTest
from test_pages import begin, interpreted, opened, texts

import promptsweep
from made_anatomies import furnish
from promptsweep.dashboard import ink
from workspaces import mood, rows


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    return furnish(tmp_path_factory.mktemp("anatomy-page"))


@pytest.fixture
def anatomies(furnished, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(furnished))
    return opened


def cards(test: AppTest) -> dict[str, str]:
    return {one.label: one.value for one in test.metric}


def test_skeleton_of_thought_shows_what_parallel_calls_save(anatomies):
    test = anatomies("anatomy", run="skeleton")

    assert cards(test) == {
        "Speed-up over one call": "1.50×",
        "Tokens, times those of one call": "3.00×",
        "Speed-up over one after another": "1.50×",
        "Calls for an answer": "3.0",
    }
    assert any("its calls one after another would take 6.00 s" in one.value for one in test.markdown)
    assert any("the answer comes after 4.00 s" in one.value for one in test.caption)

    test.selectbox(key="clock").select("ran").run()
    assert test.query_params["clock"] == "ran"
    assert any("as they were asked for" in one.value for one in test.caption)


def test_chain_of_density_shows_its_steps_and_broken_demands(anatomies):
    test = anatomies("anatomy", run="dense")

    recipe = test.dataframe[1].value
    assert list(recipe["broken"]) == ["0 / 1", "1 / 1", "1 / 1", "1 / 1", "1 / 1"]
    titles = [one.label for one in test.expander]
    assert titles[1].startswith("Step 1 · 13 words · entities: 1")
    assert titles[3].endswith("the answer")
    assert any("the density goes from 0.077 to 0.417" in one.value for one in test.markdown)

    test.session_state["recipe"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    test.run()
    assert test.title[0].value == "Trace"
    assert test.query_params["sample"] == "news-0"


def test_self_consistency_shows_votes_their_error_and_fewer_draws(anatomies):
    test = anatomies("anatomy", run="votes")

    assert cards(test) == {
        "Unanimous": "33%",
        "Draws without an answer": "11.1%",
        "Calibration error (ECE)": "0.222",
        "Records": "3",
    }
    assert any("One draw alone would score 0.67" in one.value for one in test.markdown)
    test.selectbox(key="sample").select("sum-1").run()
    ballot = test.dataframe[0].value
    assert list(ballot["answer"]) == ["8", "7", "no answer"]
    assert list(ballot["votes"]) == [1, 1, 1]


def test_few_shot_shows_the_spread_of_the_orders(anatomies):
    test = anatomies("anatomy", run="shots", strategy="few_shot")

    table = test.dataframe[0].value
    assert list(table["worked examples"]) == [2, 4]
    assert list(table["seeds"]) == [3, 3]
    assert any("move the score by up to" in one.value for one in test.markdown)


def test_chain_of_thought_shows_reasoning_and_answer_apart(anatomies):
    test = anatomies("anatomy", run="thought", sample="sum-1")

    assert any("Right answers come after 0.00" in one.value for one in test.markdown)
    assert "I do not know." in [code.value for code in test.code]


def test_a_strategy_that_is_picked_is_in_the_url_and_takes_the_arm_away(anatomies):
    test = anatomies("anatomy", run="shots", arm="self_consistency(draws=3) | m | mood")
    assert test.selectbox(key="strategy").options == ["self_consistency", "few_shot"]

    test.selectbox(key="strategy").select("few_shot").run()

    assert dict(test.query_params) == {"run": "shots", "strategy": "few_shot"}


def test_a_run_without_such_a_strategy_says_which_they_are(anatomies, furnished):
    promptsweep.run(
        {"name": "bare", "models": "m", "datasets": "mood", "strategies": ["zero_shot"]},
        models={"m": mood_model()},
        workspace=furnished,
    )

    assert "skeleton_of_thought" in anatomies("anatomy", run="bare").info[0].value


def test_an_unknown_sample_gets_help(anatomies):
    test = anatomies("anatomy", run="votes", sample="sum-9")

    assert any("unknown sample 'sum-9'. Did you mean" in text for text in texts(test))


def test_classes_are_shown_with_their_figures(anatomies):
    test = anatomies("classes", run="shots", arm="zero_shot | m | mood")

    # `good` to all but the unreadable one: 3 of 3 good, 0 of 3 bad.
    shown = cards(test)
    assert (shown["accuracy"], shown["Unparsed"]) == ("0.500", "1")
    table = test.dataframe[0].value
    assert list(table["class"]) == ["bad", "good"]
    assert list(table["precision"]) == [0, pytest.approx(3 / 5)]
    assert list(table["recall"]) == [0, 1]
    assert list(table["samples"]) == [3, 3]
    assert test.selectbox(key="cell").options == ["bad → good · 2", "bad → (unparsed) · 1", "good → good · 3"]
    assert "`bad` is answered with `good`: 2 of 3 mistakes" in "".join(one.value for one in test.markdown)


def test_a_cell_that_is_clicked_opens_its_samples(anatomies):
    test = anatomies("classes", run="shots", arm="zero_shot | m | mood")

    test.session_state["matrix"] = {"selection": {"cell": [{"row": "bad", "column": "good"}]}}
    test.run()

    assert test.title[0].value == "Samples"
    cell = {"arm": "zero_shot | m | mood", "target": "bad", "answer": "good"}
    assert dict(test.query_params) == {"run": "shots", **cell}


def test_votes_have_a_reliability_diagram(anatomies):
    test = anatomies("classes", run="shots", arm="self_consistency(draws=3) | m | mood")

    assert "Calibration error (ECE)" in cards(test)
    assert sum(test.dataframe[1].value["records"]) == 6


def test_a_run_that_does_not_classify_says_so(anatomies):
    assert "No arm of this run classifies." in anatomies("classes", run="votes").info[0].value


@pytest.mark.parametrize("page", ["anatomy", "classes"])
def test_a_run_that_has_just_begun_has_pages_too(tmp_path, monkeypatch, page):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(tmp_path))
    begin(tmp_path)

    assert any("Nothing is answered yet." in one.value for one in opened(page).info)


@pytest.mark.parametrize("page", ["anatomy", "classes"])
@pytest.mark.parametrize("strategy", ["chain_of_thought", "few_shot", "self_consistency"])
def test_no_hostile_text_reaches_anything_that_is_interpreted(tmp_path, monkeypatch, page, strategy):
    card = {"task": "classification", "labels": [HOSTILE, "bad"], "instruction": HOSTILE}
    own = rows(
        [(HOSTILE, HOSTILE), ("It drags.", "bad"), ("It was a bore.", HOSTILE)],
        "<img src=x onerror=alert(4)>",
    )
    files = {
        "datasets/odd.yaml": card,
        "datasets/odd.test.jsonl": own,
        "datasets/odd.train.jsonl": rows([("a", "bad"), ("b", HOSTILE)], "t"),
    }
    place = mood(tmp_path, **files)
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(place.root))
    given = {"few_shot": {"k": 2}} if strategy == "few_shot" else strategy
    promptsweep.run(
        {"name": "odd", "models": "m", "datasets": "odd", "strategies": [given]},
        models={"m": mood_model()},
        workspace=place.root,
    )

    test = opened(page)

    outside_code = [re.sub(r"(`+).*?\1|^:\w+-badge\[\w+\]$", "", one) for one in interpreted(test)]
    assert not [one for one in outside_code if re.search(r"[<$]|alert|:\w+:", one.replace(":material/", ""))]
    assert [one.proto.body for one in test.get("html")] == [ink.CHOSEN]
