"""The Grade page's logic: what its buttons store, what comes next, and what the grades say."""

from __future__ import annotations

import re
import shutil
import unicodedata

import pytest
import streamlit as st
from hostile import HOSTILE, mood_model
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

import promptsweep
from promptsweep.dashboard import ink
from promptsweep.reports import open_store, schema
from promptsweep.reports.grades import Mode, all_grades, give
from promptsweep.reports.grading import Draw, subjects, swapped
from promptsweep.workspace import Workspace
from workspaces import mood

SCRIPT = """
import streamlit as st
from promptsweep.dashboard import app, pages

app.main()
if (wanted := st.session_state.pop("wanted", None)) is not None:
    pages.go("grade", **wanted)
"""
ZERO, FEW = "zero_shot | m | mood", "few_shot(k=2) | m | mood"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A run of three arms on six samples."""
    root = mood(tmp_path_factory.mktemp("graded")).root
    sweep = {"models": "m", "datasets": "mood", "strategies": ["zero_shot", {"few_shot": {"k": [2, 4]}}]}
    promptsweep.run(sweep, models={"m": mood_model()}, workspace=root)
    return root


@pytest.fixture(autouse=True)
def root(ran, tmp_path, monkeypatch):
    """A copy of the run, which the dashboard shows and a test may grade."""
    shutil.copytree(ran, tmp_path / "own")
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(tmp_path / "own"))
    st.cache_data.clear()
    return tmp_path / "own"


@pytest.fixture
def store(root):
    return open_store(Workspace(root))


@pytest.fixture
def run(store):
    return store.find_run().id


def opened(**query):
    test = AppTest.from_string(SCRIPT, default_timeout=30)
    test.session_state["wanted"] = query
    test.run()
    assert not test.exception
    return test


def press(test, *labels):
    for label in labels:
        [button] = [one for one in test.button if one.label == label]
        button.click().run()
        assert not test.exception
    return test


def said(store, run):
    return [(grade.subject.sample_id, grade.value) for grade in all_grades(store, run)]


def order(store, run, mode=Mode.VERDICT, arms=(ZERO,), **more):
    return [one.sample_id for one in subjects(store, run, Draw(mode, arms, 50, 0, **more))]


def progress(test):
    return test.get("progress")[0].proto.text


def test_nothing_is_graded_without_a_name_which_is_typed_once(store, run):
    test = opened()
    assert "Type your name" in test.info[0].value
    assert not [one for one in test.button if one.label == "Correct"]

    test.text_input(key="grader").input(" 지민 ").run()

    assert test.query_params["grader"] == "지민"
    assert "You grade as 지민" in [text.value for text in test.text]
    press(test, "Correct")
    assert all_grades(store, run)[0].grader == "지민"
    press(test, "Change")
    assert "grader" not in test.query_params
    assert "Type your name" in test.info[0].value


def test_each_button_stores_a_grade_and_shows_the_next_answer_without_one(store, run):
    test = opened(grader="ann")
    first, second, third, *_ = order(store, run)

    press(test, "Correct", "Wrong")

    assert said(store, run) == [(first, 1), (second, 0)]
    assert progress(test) == "3 of 6 · 2 graded"
    assert "item" not in test.query_params  # what comes next is no choice
    press(test, "Previous", "Previous", "Wrong")  # changes the first, and moves on to the third
    assert dict(said(store, run)) == {first: 0, second: 0}
    assert progress(test) == "3 of 6 · 2 graded"
    press(test, "Correct")
    assert said(store, run)[-1] == (third, 1)


def test_a_new_visit_goes_on_where_the_grader_left(store, run):
    press(opened(grader="ann"), "Correct", "Correct")

    assert progress(opened(grader="ann")) == "3 of 6 · 2 graded"
    assert progress(opened(grader="bob")) == "1 of 6 · 0 graded"


def test_the_button_of_the_present_grade_stands_out(store, run):
    test = press(opened(grader="ann"), "Wrong", "Previous")

    kinds = {one.label: one.proto.type for one in test.button}
    assert (kinds["Wrong"], kinds["Correct"]) == ("primary", "secondary")


def test_undo_takes_the_newest_grade_back_and_shows_it_again(store, run):
    test = press(opened(grader="ann"), "Correct", "Wrong")

    press(test, "Undo")
    assert said(store, run) == [(order(store, run)[0], 1)]
    assert progress(test) == "2 of 6 · 1 graded"
    press(test, "Undo")
    assert said(store, run) == []
    assert next(one for one in test.button if one.label == "Undo").disabled


def test_a_grade_can_be_removed(store, run):
    test = press(opened(grader="ann"), "Correct", "Correct", "Previous", "Previous", "Remove grade")

    assert said(store, run) == [(order(store, run)[1], 1)]
    assert progress(test) == "1 of 6 · 1 graded"


def test_when_all_are_graded_that_is_said_and_they_can_be_looked_at(store, run):
    test = press(opened(grader="ann"), *["Correct"] * 6)

    assert progress(test) == "6 of 6 · 6 graded"
    assert "All are graded" in test.success[0].value
    press(test, "Previous")
    assert progress(test) == "5 of 6 · 6 graded"


def test_keys_are_those_of_the_buttons():
    letters = {
        "verdict": {"Correct": "y", "Wrong": "n"},
        "rating": {"Very poor": "1", "Poor": "2", "Fair": "3", "Good": "4", "Very good": "5"},
        "preference": {"A is better": "a", "B is better": "b", "Tie": "t"},
    }
    moves = {"Previous": "k", "Next": "j", "Undo": "u", "Remove grade": "x"}
    for mode, expected in letters.items():
        found = {one.label: one.proto.shortcut for one in opened(grader="ann", mode=mode).button}
        assert {label: key for label, key in found.items() if key} == expected | moves


def test_a_note_goes_with_the_grade_that_follows_or_is_there(store, run):
    test = opened(grader="ann")
    note(test).input("문맥에는 없다").run()
    press(test, "Wrong")
    assert all_grades(store, run)[0].note == "문맥에는 없다"
    assert note(test).value == ""

    press(test, "Previous")
    note(test).input("yes it is").run()

    [grade] = all_grades(store, run)
    assert (grade.value, grade.note) == (0, "yes it is")
    assert progress(test) == "1 of 6 · 1 graded"


def test_a_note_is_of_one_grader_and_question():
    test = opened(grader="ann")
    note(test).input("mine").run()

    press(test, "Change")
    test.text_input(key="grader").input("bob").run()
    assert note(test).value == ""
    press(test, "Change")
    test.text_input(key="grader").input("ann").run()
    assert note(test).value == "mine"


def note(test):
    return next(one for one in test.text_input if one.label == "Note")


def test_ratings_are_one_to_five(store, run):
    press(opened(grader="ann", mode="rating"), "Very poor", "Very good", "Fair")

    assert [value for _, value in said(store, run)] == [1, 5, 3]
    assert {grade.mode for grade in all_grades(store, run)} == {Mode.RATING}


@pytest.mark.parametrize("grader", ["ann", "bob", "cem", "dan"])
def test_a_preference_is_stored_from_the_view_of_the_arm_on_whichever_side_it_was(store, run, grader):
    [first, second, *_] = subjects(store, run, Draw(Mode.PREFERENCE, (ZERO, FEW), 50, 0))

    press(opened(grader=grader, mode="preference"), "A is better", "B is better", "Tie")

    values = [grade.value for grade in all_grades(store, run)]
    assert values == [-1 if swapped(first, grader) else 1, 1 if swapped(second, grader) else -1, 0]


def test_both_answers_are_shown_and_no_arm_is_named(store, run):
    test = opened(grader="ann", mode="preference", one=FEW, two=ZERO)

    captions = [one.value for one in test.caption]
    assert {"Answer A", "Answer B", "Accepted answers"} <= set(captions)
    shown = [code.value for code in test.code] + [text.value for text in test.text][1:]
    assert not [text for text in shown if "shot" in text]


def test_the_other_arm_is_never_the_same_and_is_in_the_url():
    test = opened(grader="ann", mode="preference")
    assert test.selectbox(key="one").options == ["zero_shot", "few_shot(k=2)", "few_shot(k=4)"]
    assert test.selectbox(key="two").options == ["few_shot(k=2)", "few_shot(k=4)"]

    test.selectbox(key="one").select_index(1).run()
    test.selectbox(key="two").select_index(1).run()

    assert (test.query_params["one"], test.query_params["two"]) == (FEW, "few_shot(k=4) | m | mood")


def test_what_is_graded_is_in_the_url(store, run):
    test = opened(grader="ann", item="4")
    test.multiselect(key="arms").set_value([ZERO, FEW]).run()
    test.selectbox(key="only").select_index(1).run()
    test.number_input(key="samples").set_value(3).run()
    test.number_input(key="seed").set_value(7).run()
    test.toggle(key="targets").set_value(False).run()

    query = dict(test.query_params)
    assert query == {
        "grader": "ann",
        "arms": [ZERO, FEW],
        "only": "failures",
        "samples": "3",
        "seed": "7",
        "targets": "False",
    }
    assert progress(opened(**query)) == progress(test) == "1 of 3 · 0 graded"
    assert "Accepted answers" not in [one.value for one in test.caption]


@pytest.mark.parametrize("item", ["0", "99", "x", "-1"])
def test_an_item_that_does_not_exist_is_the_first_without_a_grade(item):
    assert progress(opened(grader="ann", item=item)) == "1 of 6 · 0 graded"


def test_an_arm_without_failures_has_nothing_to_grade():
    assert "No answer fits." in opened(grader="ann", only="failures", arms=FEW).info[0].value


def test_a_reply_without_an_answer_is_open(store, run):
    place = order(store, run).index("s-3") + 1

    test = opened(grader="ann", item=str(place))

    [reply] = [one for one in test.expander if one.label == "The model's reply"]
    assert reply.proto.expanded
    assert "no idea" in [code.value for code in reply.code]
    assert "–" in [text.value for text in test.text]


def test_one_arm_has_no_other_to_be_compared_with(tmp_path, monkeypatch):
    root = mood(tmp_path).root
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(root))
    promptsweep.run(
        {"models": "m", "datasets": "mood", "strategies": "zero_shot"},
        models={"m": mood_model()},
        workspace=root,
    )

    assert "needs two arms" in opened(grader="ann", mode="preference").info[0].value


def test_a_grade_that_cannot_be_stored_is_told_and_the_same_answer_stays(root, store, run, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_STORE", f"sqlite:///{root}/reports/promptsweep.db?timeout=0.1")
    test = opened(grader="ann")
    alone = store.engine.connect().execution_options(alone=True)

    with alone, alone.begin():
        press(test, "Correct")

    assert "was not stored" in test.error[0].value
    assert any("database is locked" in code.value for code in test.code)
    assert progress(test) == "1 of 6 · 0 graded"
    press(test, "Correct")
    assert not test.error
    assert len(said(store, run)) == 1


def test_an_answer_that_is_gone_is_told(root, store, run):
    test = opened(grader="ann")
    with store.engine.begin() as connection:
        connection.execute(delete(schema.records))

    press(test, "Next")

    assert "cannot be shown" in test.error[0].value
    assert any("has no answer any more" in code.value for code in test.code)


def test_a_name_in_a_link_is_the_same_in_every_unicode_form(store, run):
    press(opened(grader=unicodedata.normalize("NFD", " 지민")), "Correct")

    assert progress(opened(grader="지민")) == "2 of 6 · 1 graded"


def test_arms_that_are_usual_are_not_in_the_url():
    test = opened(grader="ann", arms=FEW)
    assert test.multiselect(key="arms").value == [FEW]

    test.multiselect(key="arms").set_value([ZERO]).run()
    assert "arms" not in test.query_params
    test.multiselect(key="arms").set_value([]).run()
    assert test.multiselect(key="arms").value == [ZERO]


def test_agreement_is_shown_with_metrics_and_between_graders(store, run):
    for grader, wrong in (("ann", 1), ("지민", 2)):
        for place, subject in enumerate(subjects(store, run, Draw(Mode.VERDICT, (ZERO, FEW), 50, 0))):
            give(store, run, Mode.VERDICT, grader, subject, int(place % 4 >= wrong))
            give(store, run, Mode.RATING, grader, subject, 1 + place % 5)
        for subject in subjects(store, run, Draw(Mode.PREFERENCE, (ZERO, FEW), 50, 0)):
            give(store, run, Mode.PREFERENCE, grader, subject, -1)

    test = opened(half="agreement")

    assert [head.value for head in test.subheader] == [
        "Arms",
        "Preferences",
        "Graders and metrics: correct or wrong",
        "Graders and metrics: 1 to 5",
        "Graders among themselves",
    ]
    arms, preferences, verdicts, ratings, graders = (frame.value for frame in test.dataframe)
    assert list(arms["correct: answers"]) == [6, 6, 6, 6]
    assert list(preferences["losses"]) == [6, 6]
    assert preferences["net win rate"][0].startswith("-1.00 [")
    assert list(preferences["sign test"]) == ["p = 0.031"] * 2
    assert list(verdicts["metric"]) == ["accuracy", "accuracy"]
    assert list(ratings["answers"]) == [12, 12]
    assert list(graders["question"]) == ["A or B", "1 to 5", "Correct or wrong"]
    assert list(graders["same grade"])[1].startswith("1.00 [")
    assert {button.label for button in test.download_button} == {"Download CSV", "Download Parquet"}


def test_agreement_without_grades_says_so():
    assert "Nobody has graded" in opened(half="agreement").info[0].value


def test_a_dashboard_that_is_read_only_has_no_such_page(root, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_READ_ONLY", "1")
    test = AppTest.from_string(SCRIPT, default_timeout=30).run()

    links = [link.proto.label for link in test.get("page_link")]
    assert "Leaderboard" in links
    assert "Grade" not in links


def test_a_visitor_who_signed_in_grades_under_their_address(store, run):
    test = AppTest.from_string(SCRIPT, default_timeout=30)
    test.secrets["auth"] = {"client_id": "x"}
    test.user = {"is_logged_in": True, "email": "ann@example.com"}
    test.session_state["wanted"] = {"grader": "somebody else"}
    test.run()

    assert "You grade as ann@example.com" in [text.value for text in test.text]
    assert not [one for one in test.button if one.label == "Change"]
    press(test, "Correct")
    assert all_grades(store, run)[0].grader == "ann@example.com"


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize("mode", ["verdict", "preference"])
def test_hostile_text_is_text(workspace, monkeypatch, place, mode):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(workspace))
    run = "hostile" if mode == "verdict" else "plain"
    test = opened(run=run, grader=HOSTILE, item=str(place), mode=mode)

    interpreted = [one.value for kind in (test.caption, test.markdown, test.info) for one in kind]
    labels = [one.label for kind in (test.button, test.expander, test.text_input) for one in kind]
    assert not [one for one in interpreted + labels if re.search(r"[<$]|alert", one)]
    assert [one.proto.body for one in test.get("html")] == [ink.CHOSEN]
