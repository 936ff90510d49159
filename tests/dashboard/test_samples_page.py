"""The pages of samples and traces: what can be filtered by, and what lies beside a record."""

from __future__ import annotations

import pytest
from test_pages import interpreted, opened, texts

FEW = "few_shot(k=2) | m | mood"


@pytest.fixture
def app(workspace, monkeypatch):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(workspace))
    return opened


def samples_in(test):
    return list(test.dataframe[0].value["sample"])


def test_a_cell_of_a_confusion_table_is_a_link(app):
    test = app("samples", run="plain", arm="zero_shot | m | mood", target="good", answer="(unparsed)")

    assert set(samples_in(test)) == {"s-2", "s-2 #1", "s-4", "s-4 #1"}
    assert test.selectbox(key="target").value == "good"
    assert test.expander[0].proto.expanded


def test_a_value_that_does_not_occur_is_kept_as_a_choice(app):
    test = app("samples", run="plain", target="<b>odd</b>")

    assert test.selectbox(key="target").value == "<b>odd</b>"
    assert [note.value for note in test.info] == ["No record fits."]


def test_a_value_needs_a_field(app):
    test = app("samples", run="plain")

    assert test.selectbox(key="value").disabled


def test_an_order_is_in_the_url_and_failures_first_is_the_default(app):
    test = app("samples", run="days")
    test.selectbox(key="order").select("planned").run()

    assert test.query_params["order"] == "planned"
    assert samples_in(test)[:2] == ["day-0", "day-1"]

    test.selectbox(key="order").select("failures").run()
    assert "order" not in test.query_params


@pytest.mark.parametrize("name", ["arm", "outcome", "metric", "order"])
def test_a_filter_that_means_nothing_here_is_left_out(app, name):
    test = app("samples", run="days", **{name: "<b>gone</b>"})

    assert "1 to 50 of 60 records" in texts(test)


def test_the_next_sample_is_the_next_that_fits(app):
    query = {"arm": "zero_shot | m | mood", "outcome": "unparsed", "search": "year"}
    test = app("samples", run="plain", of="zero_shot | m | mood", sample="s-4", **query)
    assert "1 of 4" in texts(test)
    assert [button.disabled for button in test.button if button.key.startswith("step")] == [True, False]

    test.button(key="step-Right").click().run()

    assert test.title[0].value == "Trace"
    assert "2 of 4" in texts(test)
    assert {name: test.query_params[name] for name in query} == query
    assert test.query_params["sample"] == "s-5"


def test_a_record_outside_the_filter_has_nothing_beside_it(app):
    test = app("samples", run="plain", outcome="error", of=FEW, sample="s-3")

    assert "Outside the filter" in texts(test)
    assert all(button.disabled for button in test.button if button.key.startswith("step"))


def test_a_trace_that_was_linked_to_lies_among_the_samples_of_its_arm(app):
    test = app("trace", run="plain", sample="s-3", arm=FEW)
    assert any(text.endswith("of 12") for text in texts(test))

    test.button(key="step-Right").click().run()

    assert test.query_params["arm"] == FEW
    assert test.query_params["sample"] != "s-3"


@pytest.mark.parametrize(("read_only", "links"), [("", 2), ("1", 0)])
def test_a_trace_leads_to_the_playground_where_something_may_be_sent(app, monkeypatch, read_only, links):
    monkeypatch.setenv("PROMPTSWEEP_READ_ONLY", read_only)

    test = app("trace", run="plain", sample="s-3", arm=FEW)

    found = [link.proto for link in test.get("page_link") if link.proto.label == "Playground"]
    assert len(found) == links  # the sidebar's, and the trace's own
    assert not found or any("sample=s-3" in link.query_string for link in found)


def test_samples_and_traces_speak_korean(app):
    table = app("samples", run="plain", lang="ko")
    assert table.title[0].value == "샘플"
    assert "틀린 것만" in [toggle.label for toggle in table.toggle]
    assert "기록 36건 중 1–36" in texts(table)
    assert set(table.dataframe[0].value["결과"]) <= {"정상", "읽지 못함", "거절", "잘림", "오류"}
    assert "읽지 못함" in table.selectbox(key="outcome").options

    trace = app("trace", run="plain", sample="s-3", lang="ko")
    assert trace.title[0].value == "추적"
    assert "호출 1회" in interpreted(trace)


def test_a_table_holds_no_more_than_a_cell_of_a_long_text(app):
    table = app("samples", run="hostile").dataframe[0].value

    assert all(len(text) <= 300 for text in [*table["input"], *table["answer"]])
