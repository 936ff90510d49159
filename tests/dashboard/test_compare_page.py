"""The page Compare, run by Streamlit itself without a browser."""

from __future__ import annotations

import contextlib

import pytest
from test_pages import interpreted, opened, texts

import promptsweep
from promptsweep.reports import open_store
from promptsweep.reports.browse import list_runs
from promptsweep.testing import FunctionModel
from promptsweep.workspace import Workspace
from workspaces import mood, rows

ZERO, TWO, FOUR = "zero_shot | m | mood", "few_shot(k=2) | m | mood", "few_shot(k=4) | m | mood"
MINE = "mine | m | reviews"
PAIRS = [(f"Review {place}: {'sunny' if place % 2 else 'grey'}.", place) for place in range(40)]


@pytest.fixture
def app(workspace, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(workspace))
    return opened


@pytest.fixture(scope="module")
def edited(tmp_path_factory):
    """Two runs of one sweep: its template was edited in between, and the arm got better."""
    root = tmp_path_factory.mktemp("edited")
    card = {"task": "classification", "labels": ["good", "bad"], "instruction": "Judge."}
    texts = [(text, "good" if place % 2 else "bad") for text, place in PAIRS]
    data = [row | {"parity": row["id"][-1]} for row in rows(texts, "r")]
    files = {"datasets/reviews.yaml": card, "datasets/reviews.test.jsonl": data}
    for wording in ("Say it.\n{{ input }}", "Think about the weather, then say it.\n{{ input }}"):
        mood(root, **files, **{"prompts/mine/answer.j2": wording})
        sweep = {"name": "edited", "models": "m", "datasets": "reviews", "strategies": ["mine", "zero_shot"]}
        promptsweep.run(sweep, models={"m": FunctionModel(judge, name="m")}, workspace=root)
    return root


def judge(request):
    """Right about the weather only where it is told to think."""
    text = request.messages[-1].content
    right = "good" if "sunny" in text else "bad"
    return f"It is about weather. Answer: {right}" if "Think" in text else "Answer: bad"


@pytest.fixture
def two_runs(edited, monkeypatch):
    """Opens the page on the newer run, compared with the older one."""
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(edited))
    return lambda **query: opened("compare", other=identity(edited, 1), **query)


def identity(root, place):
    """The id of a run, the newest first."""
    with contextlib.closing(open_store(Workspace(root))) as store:
        return list_runs(store)[place].id


def verdict(test):
    [found] = [*test.success, *(one for one in [*test.warning, *test.info] if "95 %" in one.value)]
    return found.value


def test_the_verdict_is_a_whole_sentence(app):
    """Few-shot alone is right on five of six samples: that can still be luck (p = 2/2⁵)."""
    found = verdict(app("compare", run="plain", baseline=ZERO, against=TWO))

    assert found.startswith(
        "No difference in accuracy between `few_shot(k=2)` and `zero_shot` is shown: +0.83 ("
    )
    assert "p = 0.062), on 6 samples." in found
    assert "The smallest difference that so many samples are likely to show (80 % power) is" in found


def test_two_arms_that_agree_differ_in_nothing(app):
    test = app("compare", run="plain", baseline=TWO, against=FOUR)

    assert verdict(test).startswith("No difference in accuracy between `few_shot(k=4)` and `few_shot(k=2)`")
    assert "None: both arms score every sample alike." in [one.value for one in test.caption]
    assert test.selectbox(key="sample").value == "s-0"


def test_agreement_counts_who_was_right(app):
    table = app("compare", run="plain", baseline=ZERO, against=TWO).dataframe[0].value

    assert list(table["answers"]) == ["both right", "only A right", "only B right", "both wrong"]
    assert list(table["samples"]) == [1, 0, 5, 0]
    assert list(table["share"].round(1)) == [16.7, 0.0, 83.3, 0.0]


def test_flips_are_listed_and_the_first_is_shown_whole(app):
    test = app("compare", run="plain", baseline=ZERO, against=TWO)

    won = test.dataframe[1].value
    assert [tab.label for tab in test.tabs][:2] == ["Lost by B: 0", "Won by B: 5"]
    assert list(won["score B"]) == [1.0] * 5
    assert test.selectbox(key="sample").value == won["sample"][0]
    assert any(one.value.startswith("Lines with - were sent by A alone") for one in test.caption)
    assert {"Download CSV", "Download Parquet"} <= {button.label for button in test.download_button}


def test_a_sample_that_is_picked_is_in_the_url_and_a_link_reproduces_it(app):
    test = app("compare", run="plain", baseline=ZERO, against=TWO)

    test.selectbox(key="sample").select_index(2).run()
    picked = test.query_params["sample"]
    again = app("compare", run="plain", baseline=ZERO, against=TWO, sample=picked)

    assert again.selectbox(key="sample").value == picked


def test_a_row_that_is_selected_is_the_sample_that_is_shown(app):
    test = app("compare", run="plain", baseline=ZERO, against=TWO)
    wanted = test.dataframe[1].value["sample"][3]

    test.session_state["flips-won"] = {"selection": {"rows": [3], "columns": [], "cells": []}}
    test.run()

    assert wanted in test.selectbox(key="sample").options


def test_a_sample_that_is_not_there_gets_help_and_the_page_goes_on(app):
    test = app("compare", run="plain", baseline=ZERO, against=TWO, sample="s-99")

    assert "This sample is not in both arms." in [one.value for one in test.info]
    assert any("unknown sample 's-99'" in text for text in texts(test))
    assert "What the prompts differ in" in [one.value for one in test.subheader]


def test_prompts_are_compared_template_by_template_and_as_they_were_sent(app):
    test = app("compare", run="plain", baseline=ZERO, against=TWO)

    diffs = [code.value for code in test.code if code.language == "diff"]
    assert any("--- A\n+++ B" in one and "+[assistant]" in one for one in diffs)
    assert any("--- zero_shot/answer.j2\n+++ few_shot/answer.j2" in one for one in diffs)
    settings = test.dataframe[2].value
    assert list(settings["setting"]) == ["strategy", "k"]


def test_an_arm_is_compared_with_itself_in_another_run(two_runs):
    test = two_runs(against=MINE)

    assert "`mine` of run" in verdict(test)
    assert "is better than" in verdict(test)
    assert "on 40 samples" in verdict(test)
    assert "other" in test.query_params


def test_a_template_that_was_edited_since_is_said_to_be(two_runs):
    test = two_runs(against=MINE)

    [note] = [one.value for one in test.caption if "edited or removed" in one.value]
    assert note.startswith("`mine/answer.j2` was edited or removed since A used it.")
    [sent] = [code.value for code in test.code if code.language == "diff"]
    assert "-Say it.\n+Think about the weather, then say it." in sent


def test_the_other_run_has_no_baseline_of_its_own(two_runs):
    test = two_runs(against=MINE)

    assert not [box for box in test.selectbox if box.label == "Baseline (A)"]
    assert not [toggle for toggle in test.toggle if toggle.label == "All arms against the baseline"]


def test_slices_are_computed_when_they_are_asked_for(two_runs):
    assert not [one for one in two_runs(against=MINE).dataframe if "slice" in one.value]

    test = two_runs(against=MINE, slice="parity")

    [table] = [one.value for one in test.dataframe if "slice" in one.value]
    assert len(table) == 10
    assert list(table["samples"]) == ["4 *"] * 10
    assert any("fewer than 20 independent samples" in one.value for one in test.caption)


def test_all_arms_are_compared_when_they_are_asked_for(app):
    assert not [one for one in app("compare", run="plain").dataframe if "to settle" in one.value]

    test = app("compare", run="plain", all="True", baseline=TWO)

    [table] = [one.value for one in test.dataframe if "to settle" in one.value]
    assert list(table["arm"]) == ["zero_shot", "few_shot(k=4)"]
    assert table["difference"][0].startswith("-0.83")


def test_runs_that_share_nothing_cannot_be_compared(app, workspace):
    test = app("compare", run="plain", other=identity(workspace, 1))

    assert [one.value for one in test.info] == ["There is nothing to compare yet."]
    assert any("share no arm" in text for text in texts(test))


def test_a_metric_that_is_neither_good_nor_bad_says_which_is_higher(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(tmp_path))
    files = {
        "datasets/open.yaml": {"task": "qa"},
        "datasets/open.test.jsonl": rows([("1?", "1"), ("2?", "2")]),
    }
    place = mood(tmp_path, **files, **{"prompts/mine/answer.j2": "At length: {{ input }}"})
    model = FunctionModel(lambda sent: "1 or 2" if "length" in sent.messages[-1].content else "1", name="m")
    sweep = {"models": "m", "datasets": "open", "metrics": ["words"], "strategies": ["mine", "zero_shot"]}
    promptsweep.run(sweep, models={"m": model}, workspace=place.root)

    test = opened("compare")

    assert list(test.dataframe[0].value["answers"]) == ["same score", "A higher", "B higher"]
    assert [tab.label for tab in test.tabs][:2] == ["Lower in B: 2", "Higher in B: 0"]


def test_the_page_speaks_korean(app):
    test = app("compare", run="plain", baseline=ZERO, against=TWO, lang="ko")

    assert test.title[0].value == "비교"
    assert verdict(test).startswith("샘플 6개에서 `few_shot(k=2)` 쪽과 `zero_shot` 쪽의 accuracy 차이는")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_text_of_others_is_interpreted(app, language):
    shown = interpreted(app("compare", run="plain", baseline=ZERO, against=TWO, slice="label", lang=language))

    assert not [one for one in shown if "<" in one or "$" in one]
