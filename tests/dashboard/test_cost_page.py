"""Cost and speed: what the page says of runs with prices, without them, and of all runs together."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

import promptsweep
from promptsweep import api
from promptsweep.reports import open_store
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Usage
from workspaces import mood

SCRIPT = """
import streamlit as st
from promptsweep.dashboard import app, pages

app.main()
if (wanted := st.session_state.pop("wanted", None)) is not None:
    pages.go("cost", **wanted)
"""
HOSTILE = "<b>m</b> $x^2$ **bold**"


def model(name, cost):
    """Right with examples, else `bad`; ten tokens sent, six back, of which four are reasoning."""

    def reply(request):
        text, shots = request.messages[-1].content, len(request.messages) > 2
        right = "good" if any(word in text for word in ("Warm", "smiled", "Best")) else "bad"
        return Completion(right if shots else "bad", usage=Usage(10, 6, None, 4), seconds=0.5, cost=cost)

    return FunctionModel(reply, name=name)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Runs `paid` (each sample $0.002), `paid` again (from the store), `unknown`, `free` and `begun`."""
    place = mood(tmp_path_factory.mktemp("cost")).root
    both = ["zero_shot", {"self_consistency": {"draws": 2}}, {"few_shot": {"k": 2}}]
    for name, cost, strategies in (
        ("paid", 0.002, both),
        ("paid", 0.002, both),
        (HOSTILE, None, ["zero_shot", "few_shot"]),
        ("free", 0.0, ["zero_shot", "few_shot"]),
    ):
        sweep = {"name": "unknown" if cost is None else name, "models": name, "datasets": "mood"}
        promptsweep.run(
            {**sweep, "strategies": strategies}, models={name: model(name, cost)}, workspace=place
        )
    workspace = mood(place)
    sweep = {"name": "begun", "models": "m", "datasets": "mood", "strategies": "zero_shot"}
    store = open_store(workspace)
    store.begin(api.plan(sweep, workspace, models={"m": model("m", 0.1)}), False, api.versions())
    store.close()
    return place


@pytest.fixture
def page(root, monkeypatch):
    """Opens the page: `page("paid", machine="60")`."""
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(root))

    def opened(run, **query):
        test = AppTest.from_string(SCRIPT, default_timeout=30)
        test.query_params["run"] = run
        test.session_state["wanted"] = query
        test.run()
        assert not test.exception
        return test

    return opened


def notes(test):
    return [note.value for note in test.info]


def headings(test):
    return [heading.value for heading in test.subheader]


def table(test, column):
    """The table that has a column."""
    return next(frame.value for frame in test.dataframe if column in frame.value)


def test_arms_are_held_against_the_best_that_costs_no_more(page):
    worth = table(page("paid"), "verdict")

    assert list(worth["arm"]) == ["few_shot(k=2)", "zero_shot", "self_consistency(draws=2)"]
    assert list(worth["US$ for 1,000 samples"]) == ["$2.00", "$2.00", "$4.00"]
    assert list(worth["points / US$"]) == ["500", "250", "125"]
    assert list(worth["against"])[1:] == ["few_shot(k=2)"] * 2


def test_tokens_of_each_kind_and_waiting_times(page):
    effort = table(page("paid"), "reasoning tokens")

    zero, votes, _ = effort.to_dict("records")
    assert (zero["prompt tokens"], zero["reply tokens"], zero["reasoning tokens"]) == ("10", "2", "4")
    assert (votes["calls"], votes["prompt tokens"], votes["reasoning tokens"]) == ("2", "20", "8")
    assert zero["median wait, s"] == "0.5 [0.5, 0.5]"
    assert zero["95 % wait at most, s"] == "0.5 [0.5, ∞]"


def test_a_machine_pays_from_its_price_over_that_of_a_sample(page):
    found = table(page("paid", machine="60", capacity="30000"), "it can take, samples a month")

    assert list(found["machine is cheaper from, samples a month"]) == ["30,000", "15,000", "30,000"]
    assert list(found["it can take, samples a month"]) == ["30,000", "15,000", "30,000"]


def test_a_machine_that_is_picked_is_in_the_url(page):
    test = page("paid")
    assert test.number_input(key="machine").value == 300

    test.number_input(key="machine").set_value(6_000).run()

    assert test.query_params["machine"] == "6000"
    found = table(test, "it can take, samples a month")
    assert set(found["machine is cheaper from, samples a month"]) == {"never: it is full before it pays"}


@pytest.mark.parametrize("machine", ["x", "-1", "9" * 30])
def test_a_price_that_is_none_is_the_usual_one(page, machine):
    assert page("paid", machine=machine).number_input(key="machine").value == 300


def test_without_a_price_cost_is_tokens_and_the_page_says_of_which_model(page):
    test = page("unknown")

    assert notes(test)[0].startswith(f"The price of replies of `{HOSTILE}` is unknown")
    worth, machine = table(test, "verdict"), table(test, "it can take, samples a month")
    assert list(worth["tokens for 1,000 samples"]) == ["16,000", "16,000"]
    assert set(machine["machine is cheaper from, samples a month"]) == {"unknown: a price is missing"}


def test_free_calls_are_counted_in_tokens_and_need_no_machine(page):
    test = page("free")

    assert notes(test) == ["Every call was free, so cost is counted in tokens."]
    assert "Pay by the call, or rent a machine?" not in headings(test)


def test_a_metric_of_all_answers_together_is_drawn_but_not_tested_sample_by_sample(page):
    test = page("paid", metric="macro_f1")

    assert "Score and cost" in headings(test)
    assert "Is it worth its cost?" not in headings(test)


def test_a_run_that_has_just_begun_shows_what_others_spent(page):
    test = page("begun")

    assert any("Nothing is answered yet" in note for note in notes(test))
    assert headings(test) == ["Spent and saved: all runs of this store, playground and chat"]


def test_replies_of_the_store_are_saved_and_unknown_prices_are_no_zeros(page):
    models = table(page("paid"), "saved").set_index("model").to_dict("index")

    assert models["paid"]["paid"] == models["paid"]["saved"] == "$0.0480"
    assert (models[HOSTILE]["paid"], models["free"]["paid"]) == ("?", "free")


def test_nothing_that_users_wrote_is_interpreted(page):
    test = page("unknown")

    bodies = (*test.info, *test.caption, *test.markdown, *test.subheader, *test.title)
    outside_code = [body.value.replace(f"`{HOSTILE}`", "") for body in bodies]
    assert not [body for body in outside_code if "bold" in body or "<b>" in body]


def test_the_page_speaks_korean(page):
    test = page("unknown", lang="ko")

    assert test.title[0].value == "비용과 속도"
    assert "조합" in test.dataframe[0].value
    verdicts = list(table(page("paid", lang="ko"), "판정")["판정"])
    assert verdicts[1:] == ["차이 드러나지 않음"] * 2
