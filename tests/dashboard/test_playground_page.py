"""The playground's logic, without a browser; its model is a local server."""

from __future__ import annotations

import contextlib
import json

import pytest
from asked import KEY
from test_pages import interpreted, opened, texts

from promptsweep.cli import app as commands
from promptsweep.reports import open_store
from promptsweep.reports.browse import list_runs
from promptsweep.reports.ledger import entries
from promptsweep.workspace import Workspace

MINE = "{% user %}\nMood of {{ input }}?"


def bench(**query):
    return opened("playground", **{"strategy": "zero_shot", "dataset": "mood", "model": "quick", **query})


def press(test, label):
    [button] = [one for one in test.button if one.label == label]
    return button.click().run()


def template(test, stage="answer"):
    [area] = [one for one in test.text_area if one.label == stage]
    return area


def edited(test, text):
    test = template(test).input(text).run()
    assert not test.exception
    return test


def verdicts(test):
    return [frame.value for frame in test.dataframe]


def test_the_first_calls_messages_are_shown_and_nothing_is_sent(asked):
    test = bench()

    assert any("Judge the mood.\nLabels: good, bad." in text for text in texts(test))
    assert any("Warm and witty." in text for text in texts(test))
    assert asked.requests == []


def test_a_send_is_scored_and_only_its_cost_is_stored(asked, tmp_path):
    test = press(bench(), "Send")

    assert not test.exception
    [scores] = verdicts(test)
    assert scores.to_dict("records") == [{"metric": "accuracy", "score": 1.0}]
    assert asked.requests[0]["max_tokens"] == 512
    with contextlib.closing(open_store(Workspace(tmp_path), create=False)) as store:
        [run] = list_runs(store)
        assert {one.name: one.new.requests for one in entries(store)} == {run.id: 6, "(playground)": 1}


def test_an_edit_is_sent_and_compared_with_the_template_as_stored(asked):
    test = edited(bench(), MINE)
    assert any("Mood of Warm and witty.?" in text for text in texts(test))

    test = press(press(test, "Send as edited"), "Send as stored")

    compared = verdicts(test)[0]
    assert list(compared["template"]) == ["Edited", "As stored"]
    assert list(compared["answer"]) == ["good", "good"]
    assert [len(request["messages"]) for request in asked.requests] == [1, 2]


def test_what_is_shown_is_of_exactly_what_is_on_the_bench(asked):
    test = press(edited(bench(), MINE), "Send as edited")
    assert verdicts(test)

    assert not verdicts(edited(test, MINE + " Say it."))
    assert verdicts(edited(test, MINE))


def test_edits_outlive_a_look_at_another_page_and_can_be_undone(asked):
    test = edited(bench(), MINE)
    query = {name: test.query_params[name] for name in ("strategy", "dataset", "model")}

    test.session_state["wanted"] = ("samples", {})
    test.run()
    test.session_state["wanted"] = ("playground", query)
    test.run()
    assert template(test).value == MINE

    test = press(test, "Undo all edits")
    assert "{{ instruction }}" in template(test).value


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{% user %}\n{{ inptu }}", "zero_shot/answer.j2:2: unknown variable 'inptu'. Did you mean 'input'?"),
        ("{% user %}\n{% if %}", "zero_shot/answer.j2:2: template:"),
    ],
)
def test_a_mistake_is_one_line_and_cannot_be_sent(asked, text, line):
    test = edited(bench(), text)

    assert [error.value for error in test.error] == ["These messages cannot be made"]
    assert any(one.startswith(line) for one in texts(test))
    assert not any(one.label.startswith("Send") for one in test.button)


def test_a_link_from_a_trace_brings_all_that_the_arm_was_made_of(asked):
    test = opened("playground", run="asked", sample="s-3", arm="few_shot(k=2, system=concise) | quick | mood")

    query = {name: test.query_params[name] for name in ("strategy", "dataset", "sample", "model", "system")}
    assert query == {
        "strategy": "few_shot", "dataset": "mood", "sample": "s-3", "model": "quick", "system": "concise",
    }  # fmt: skip
    assert "arm" not in test.query_params
    assert json.loads(test.query_params["params"]) == {"k": 2}
    assert json.loads(test.query_params["sampling"]) == {"temperature": 0.3, "max_tokens": 32}
    assert test.number_input(key="params-k").value == 2
    press(test, "Send")
    sent = asked.requests[-1]
    assert (sent["temperature"], sent["max_tokens"], len(sent["messages"])) == (0.3, 32, 6)


def test_parameters_are_in_the_url_only_where_they_differ(asked):
    test = bench(strategy="few_shot")

    test.number_input(key="params-k").set_value(2).run()
    test.selectbox(key="params-select").select("first").run()
    test.number_input(key="sampling-temperature").set_value(0.5).run()
    assert json.loads(test.query_params["params"]) == {"k": 2, "select": "first"}
    assert json.loads(test.query_params["sampling"]) == {"max_tokens": 512, "temperature": 0.5}

    test.number_input(key="params-k").set_value(4).run()
    assert json.loads(test.query_params["params"]) == {"select": "first"}

    test.text_input(key="sampling-others").input('{"stop": ["x"]}').run()
    press(test, "Send")
    assert (asked.requests[-1]["stop"], asked.requests[-1]["temperature"]) == (["x"], 0.5)

    test.text_input(key="sampling-others").input("nonsense").run()
    assert any("This is no JSON object" in one for one in interpreted(test))
    assert json.loads(test.query_params["sampling"])["stop"] == ["x"]


def test_ones_own_text_takes_the_place_of_the_sample(asked):
    test = bench()
    test.toggle(key="own").set_value(True).run()
    areas = {area.label: area for area in test.text_area}

    areas["Input"].input("Snow again.").run()
    areas["Accepted answers, one a line"].input("bad").run()
    test = press(test, "Send")

    assert asked.requests[-1]["messages"][-1]["content"] == "Snow again."
    assert verdicts(test)[0]["score"][0] == 0.0


def test_a_model_without_its_key_says_which_variable_is_missing(asked):
    test = bench(model="shut")

    assert any("LOCKED_PAGE_TEST_KEY is not set" in one.value for one in test.warning)
    assert next(one for one in test.button if one.label == "Send").disabled
    [box] = [box for box in test.selectbox if box.label == "Model"]
    assert "shut (needs LOCKED_PAGE_TEST_KEY)" in box.options


def test_the_cap_holds(asked):
    test = bench()
    assert any("One call. The first takes at most" in one for one in interpreted(test))

    test.number_input(key="cents").set_value(0).run()
    test = press(test, "Send")

    assert any("the budget of $0 is reached" in one for one in texts(test))
    assert asked.requests == []


def test_where_the_price_is_unknown_the_cap_is_in_tokens(asked):
    test = bench(model="dark", tokens="100")
    test = press(test, "Send")

    assert any("the budget of 100 tokens is reached" in one for one in texts(test))
    assert asked.requests == []


def test_a_rejected_key_is_told_without_the_key(asked):
    test = press(edited(bench(), "{% user %}fail {{ input }}"), "Send as edited")

    assert any("the key is rejected: no, [key] <script>" in one for one in texts(test))
    assert KEY not in str([*texts(test), *interpreted(test), *verdicts(test)])


def test_an_edit_is_saved_and_listed_and_then_shown(asked, tmp_path, capsys):
    test = edited(bench(), MINE)
    test.text_input(key="save-as").input("snappy")
    test = press(test, "Save")

    assert not test.exception
    assert test.query_params["strategy"] == "snappy"
    assert any("`prompts/snappy/`" in one.value for one in test.success)
    assert (tmp_path / "prompts" / "snappy" / "answer.j2").read_text(encoding="utf-8") == MINE
    assert template(test).value == MINE
    with contextlib.suppress(SystemExit):
        commands(["list", "strategies", "--workspace", str(tmp_path)], standalone_mode=False)
    assert "snappy" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["../escape", "zero_shot", ""])
def test_a_bad_name_is_told_and_nothing_is_written(asked, tmp_path, name):
    test = bench()
    test.text_input(key="save-as").input(name)
    test = press(test, "Save")

    assert [error.value for error in test.error] == ["Not saved"]
    assert list((tmp_path / "prompts").iterdir()) == []


def test_all_calls_of_a_strategy_are_shown(asked):
    test = press(bench(strategy="skeleton_of_thought"), "Send")

    assert [one.value for one in test.subheader if "call" in one.value][-1] == "3 calls"


@pytest.mark.parametrize(
    "query", [{"strategy": "nope"}, {"dataset": "nope"}, {"sample": "nope"}, {"params": "x"}]
)
def test_names_that_do_not_exist_are_told_in_one_line(asked, query):
    test = bench(**query)

    assert not test.exception
    if "params" not in query:
        assert any("'nope'" in one for one in texts(test))


def test_it_works_before_there_is_any_run(asked, tmp_path):
    (tmp_path / "reports" / "promptsweep.db").unlink()

    test = bench()

    assert "Playground" in [one.value for one in test.title]
    assert any("Warm and witty." in text for text in texts(test))


def test_read_only_leaves_the_page_out(asked, monkeypatch):
    def linked():
        return [one.proto.page for one in opened().get("page_link")]

    assert "playground" in linked()

    monkeypatch.setenv("PROMPTSWEEP_READ_ONLY", "1")
    assert "playground" not in linked()
    assert "samples" in linked()
