"""The page Live, run by Streamlit itself without a browser."""

from __future__ import annotations

import contextlib
import time

import pytest
from sqlalchemy import update
from test_pages import begin, interpreted, opened, texts

import promptsweep
from promptsweep.errors import RequestError
from promptsweep.reports import leases, open_store, schema
from promptsweep.testing import FunctionModel
from promptsweep.types import Status
from promptsweep.workspace import Workspace
from workspaces import mood

SWEEP = "datasets: mood\nmodels: m\nstrategies: [zero_shot, {few_shot: {k: 2}}]\nbudget: {requests: 8}\n"


@pytest.fixture
def half(tmp_path, monkeypatch):
    """A workspace whose one run did eight of its twelve records, one of them in vain."""
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(tmp_path))
    monkeypatch.delenv("PROMPTSWEEP_STORE", raising=False)
    place = mood(tmp_path, **{"runners/moods.yaml": SWEEP})
    promptsweep.run("moods", models={"m": FunctionModel(judge, name="m")}, workspace=place.root)
    return tmp_path


def judge(request):
    text = request.messages[-1].content
    if text.startswith("I left"):
        raise RequestError("acme/m: rate limit: $slow$ <b>down</b> (HTTP 429) (attempts: 6)")
    return "good"


@contextlib.contextmanager
def stored(root):
    with contextlib.closing(open_store(Workspace(root))) as store:
        yield store, store.find_run().id


def at_work(root, since=0.0):
    """The run says that it is in progress, and has for so many seconds."""
    with stored(root) as (store, run):
        store.finish(run, Status.RUNNING)
        with store.engine.begin() as connection:
            values = {"updated": time.time() - since}
            connection.execute(update(schema.runs).where(schema.runs.c.id == run).values(values))
    return run


def badges(test):
    return [one.value for one in test.markdown if "-badge[" in one.value]


def progress(test):
    """The words over the first bar."""
    return next(iter(test.get("progress"))).proto.text


def test_a_run_in_progress_shows_how_far_it_is(half):
    at_work(half)

    test = opened("live")

    assert progress(test) == "8 of 12 records · 67 %"
    assert "running" in badges(test)[0]
    arms = test.dataframe[0].value
    assert list(arms["arm"]) == ["zero_shot", "few_shot(k=2)"]
    assert list(arms["done"]) == ["6 / 6", "2 / 6"]
    assert list(arms["errors"]) == [1, 0]
    assert {one.label: one.value for one in test.metric}["Errors"] == "1"


def test_the_budget_is_shown_with_what_is_spent_of_it(half):
    at_work(half)

    words = [one.proto.text for one in opened("live").get("progress")]

    assert words[1] == "Requests · 8 of 8"


def test_errors_are_sorted_by_kind(half):
    at_work(half)

    table = opened("live").dataframe[1].value

    assert list(table["kind"]) == ["Rate limit"]
    assert list(table["records"]) == [1]
    assert "slow" in table["example"][0]


def test_no_confidence_interval_is_claimed_for_samples_in_the_order_of_the_file(half):
    at_work(half)

    captions = [one.value for one in opened("live").caption]

    assert any("no confidence interval holds yet" in one for one in captions)
    assert not any("betting" in one for one in captions)


def test_a_run_whose_process_is_gone_is_told_and_can_be_gone_on_with(half):
    run = at_work(half, since=120)

    test = opened("live")

    assert "no sign of life" in badges(test)[0]
    assert "gave no sign of life for 12" in test.warning[0].value
    assert f"promptsweep run moods --resume {run}" in texts(test)
    assert list(test.dataframe[2].value["status"]) == ["no sign of life"]


def test_a_run_with_a_lease_is_alive(half):
    run = at_work(half, since=120)
    with stored(half) as (store, _):
        leases.renew(store, run, ["a model"])

    assert not opened("live").warning


def test_a_run_that_has_just_begun_has_nothing_done(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(tmp_path))
    begin(tmp_path)

    assert progress(opened("live")) == "0 of 12 records · 0 %"


def test_a_run_that_ended_early_says_why_and_how_to_go_on(half):
    test = opened("live")

    assert test.warning[0].value == "This run has ended before all was done."
    assert any("budget of 8 requests is reached" in one for one in texts(test))
    assert any(one.startswith("promptsweep run moods --resume ") for one in texts(test))
    assert "So far" not in [one.value for one in test.subheader]


def test_a_run_that_is_done_leads_to_its_results(workspace, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(workspace))

    test = opened("live", run="plain")

    assert test.success[0].value == "This run has ended: all is done."
    assert [one.proto.page for one in test.get("page_link")].count("") == 2  # and in the sidebar
    assert "No run is in progress" in [one.value for one in test.subheader]
    assert [one.split(" · ")[0] for one in test.dataframe[1].value["run"]] == ["hostile", "days", "plain"]


def test_another_run_in_progress_is_offered(half):
    with stored(half) as (_, older):
        at_work(half)
    promptsweep.run("moods", models={"m": FunctionModel(judge, name="m")}, workspace=half)

    test = opened("live")

    assert "Also in progress" in [one.value for one in test.subheader]
    assert any(older in one.proto.label for one in test.get("page_link"))


def test_what_an_endpoint_says_is_not_interpreted(half):
    at_work(half)

    assert not [one for one in interpreted(opened("live")) if "<" in one or "$slow" in one]


def test_the_page_speaks_korean(half):
    at_work(half)

    test = opened("live", lang="ko")

    assert test.title[0].value == "실시간"
    assert progress(test) == "기록 12건 중 8건 · 67 %"
