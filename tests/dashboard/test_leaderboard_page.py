"""The leaderboard: who may be best, in which order, what is filtered, and what can be downloaded."""

from __future__ import annotations

import re

import pyarrow
import pytest
from contests import contest
from streamlit.testing.v1 import AppTest

from promptsweep import words
from promptsweep.dashboard.tables import SHADE
from promptsweep.reports import open_store
from promptsweep.types import Status
from promptsweep.workspace import Workspace

SCRIPT = "from promptsweep.dashboard import app\n\napp.main()\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return contest(tmp_path_factory.mktemp("contest"))


@pytest.fixture
def board(root, monkeypatch):
    """Opens the leaderboard: `board("contest", model=["m"])`."""
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(root))
    return opened


def opened(run="contest", **query):
    test = AppTest.from_string(SCRIPT, default_timeout=30)
    test.query_params.update({"run": run, **query})
    return checked(test.run())


def checked(test):
    assert not test.exception
    return test


def arms(test):
    return list(test.dataframe[0].value["arm"])


def said(test):
    """The sentence about the best arm, empty where there is none."""
    return next((one.value for one in test.markdown if "the best of" in one.value), "")


def drawn(test, place=0):
    """The rows of a chart, as the browser gets them."""
    [data] = test.get("vega_lite_chart")[place].proto.datasets
    return pyarrow.ipc.open_stream(data.data.data).read_all().to_pylist()


def test_the_best_arm_is_said_with_its_corrected_score(board):
    text = said(board())

    assert re.match(
        r"`few_shot\(k=4, select=first\) \| m` is the best of 6 arms with 1\.00 on 40 samples;", text
    )
    assert re.search(r"corrected for having been picked, its `accuracy` is \*\*\d\.\d\d \[.*\]\*\*\.", text)


def test_arms_that_may_be_best_are_shaded_and_called_so(board):
    test = board()
    standing = dict(zip(arms(test), test.dataframe[0].value["standing"], strict=True))
    shaded = {row["label"] for row in drawn(test) if row["shaded"]}

    assert standing["few_shot(k=4, select=first) | m"] == "best"
    assert standing["few_shot(k=4, select=first) | n"] == "maybe best"
    assert standing["zero_shot | m"] == ""
    assert shaded == {arm for arm, word in standing.items() if word}
    assert SHADE.split(": ")[1] in test.dataframe[0].proto.arrow_data.styler.styles


def test_the_best_is_picked_from_the_arms_that_are_shown(board):
    text = said(board(strategy=["zero_shot"]))

    assert text.startswith("`zero_shot | n` is the best of 2 arms")
    assert text.endswith("Every other arm is worse, beyond chance.")


def test_a_metric_over_all_answers_has_no_best_arm_and_says_why(board):
    test = board(**{"metric-lines": "macro_f1"})

    assert not said(test)
    assert any("computed over all answers together" in one.value for one in test.caption)
    assert "standing" not in test.dataframe[0].value


def test_a_metric_that_is_neither_good_nor_bad_has_no_best_arm(board):
    test = board(**{"metric-lines": "words"})

    assert not said(test)
    assert "standing" not in test.dataframe[0].value


def test_nobody_wins_while_the_run_goes_on(board, root):
    store = open_store(Workspace(root))
    identity = store.find_run("free").id
    store.finish(identity, Status.RUNNING)
    try:
        test = board(identity)
    finally:
        store.finish(identity, Status.DONE)
        store.close()

    assert not said(test)
    assert arms(test)


@pytest.mark.parametrize(
    ("by", "first"),
    [
        ("accuracy", "few_shot(k=4, select=first) | m"),
        ("cost", "zero_shot | m"),
        ("tokens", "zero_shot | m"),
        ("words", "zero_shot | m"),
    ],
)
def test_the_order_is_picked_and_in_the_url(board, by, first):
    test = board()
    checked(test.selectbox(key="sort-lines").select(by).run())

    assert arms(test)[0] == first
    assert [row["label"] for row in drawn(test)] == arms(test)
    assert test.query_params.get("sort-lines", "accuracy") == by
    again = board(**{"sort-lines": by})
    assert arms(again) == arms(test)


def test_costs_are_numbers_so_that_a_heading_sorts_them(board):
    table = board().dataframe[0].value

    assert table["cost"].dtype.kind == table["p50"].dtype.kind == "f"
    assert table["tokens"].dtype.kind == "i"
    assert list(board("free").dataframe[0].value["cost"]) == ["free", "free"]


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ({"model": ["n"]}, 3),
        ({"model": ["m", "n"]}, 6),
        ({"strategy": ["few_shot"]}, 4),
        ({"setting": ["k=2"]}, 2),
        ({"setting": ["k=2", "k=4"], "model": ["m"]}, 2),
        ({"model": ["nobody"], "setting": ["k=99"]}, 6),
    ],
)
def test_a_link_reproduces_its_filters(board, query, left):
    assert len(arms(board(**query))) == left


def test_filters_are_written_to_the_url_and_go_with_the_run(board):
    test = board()
    checked(test.multiselect(key="strategy").select("few_shot").run())
    checked(test.multiselect(key="setting").select("k=2").select("k=4").run())
    assert test.query_params["strategy"] == "few_shot"
    assert test.query_params["setting"] == ["k=2", "k=4"]
    assert len(arms(test)) == 4

    checked(test.multiselect(key="setting").unselect("k=2").unselect("k=4").run())
    assert "setting" not in test.query_params

    [picker] = [box for box in test.selectbox if box.label == "Run"]
    checked(picker.select_index(1).run())
    assert "strategy" not in test.query_params


def test_there_is_a_filter_only_where_something_differs(board):
    assert [box.label for box in board().multiselect] == ["Model", "Strategy", "Parameters"]
    assert [box.label for box in board("crowd").multiselect] == ["Parameters"]


def test_filters_that_fit_no_arm_are_told(board):
    test = board(strategy=["zero_shot"], setting=["k=2"])

    assert [note.value for note in test.info] == ["No arm fits these filters."]


def test_every_metric_is_drawn_with_the_arms_in_the_same_order(board):
    test = board()
    charts = test.get("vega_lite_chart")

    assert len(charts) == 3
    assert [row["label"] for row in drawn(test, 1)] == [row["label"] for row in drawn(test)]
    assert charts[0].proto.alt == "accuracy of each arm with its 95 % interval"


def test_of_very_many_arms_the_first_are_drawn_and_the_table_has_all(board):
    test = board("crowd")

    assert len(drawn(test)) == 40
    assert len(arms(test)) == 41
    assert "The first 40 of 41 arms are drawn." in [one.value for one in test.caption]


def test_what_is_shown_can_be_downloaded(board):
    labels = [button.label for button in board().download_button]

    assert labels == ["Download CSV", "Download Parquet"]


def test_hostile_names_are_text_in_the_sentence_about_the_best(board):
    text = said(board("odd"))

    assert text
    assert not re.search(r"[<$]|alert|\]\(", re.sub(r"(`+).*?\1", "", text))


@pytest.mark.parametrize("language", list(words.LANGUAGES))
def test_a_language_changes_our_words_and_leaves_theirs(board, language):
    test = board(lang=language)

    assert test.title[0].value == {"en": "Leaderboard", "ko": "순위표"}[language]
    names = test.selectbox(key="metric-lines").options
    assert names == ["accuracy", "macro_f1", "words"]
    shown = " ".join(one.value for kind in (test.caption, test.subheader, test.markdown) for one in kind)
    assert bool(re.search("[가-힣]", shown)) == (language == "ko")


def test_an_unknown_language_is_the_usual_one(board):
    assert board(lang="xx").title[0].value == "Leaderboard"
