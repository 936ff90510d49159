"""Tools: what they work out, how a model calls them, and how the loop ends."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import promptsweep
from promptsweep.prompts.tools import CALCULATOR, ToolError, calculate, look_up, tool
from promptsweep.testing import FunctionModel
from workspaces import write


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("3*84 + 2*36", "324"),
        ("0.1 + 0.2", "0.3"),
        ("(84+36)*0.9 + 12", "120"),
        ("-2 ** 2", "-4"),
        ("7 // 2", "3"),
        ("10 / 4", "2.5"),
        ("1e3 + 1", "1001"),
    ],
)
def test_the_calculator_reckons_in_decimals(expression, value):
    assert calculate(expression) == value


@pytest.mark.parametrize(
    "expression",
    ["", "2 +", "__import__('os')", "a + 1", "1 / 0", "9 ** 999", "'x' * 9", "[1]", "(" * 500, "True + 1"],
)
def test_what_is_no_arithmetic_is_refused(expression):
    with pytest.raises(ToolError, match="cannot work out"):
        calculate(expression)


@given(st.integers(-999, 999), st.integers(-999, 999))
def test_whole_numbers_are_pythons(one, other):
    assert calculate(f"({one}) * ({other}) - {abs(one)}") == str(one * other - abs(one))


def test_a_search_finds_what_shares_the_most_words():
    search = look_up(["The lamp costs 36 euros.", "The rug costs 129 euros.", "Mr Orlow is in at 8."])

    assert search.call({"query": "price of the lamp"}).startswith("The lamp costs 36 euros.")
    assert search.call({"query": "zebra"}) == "nothing found"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({}, "takes expression"), ({"expression": 3}, "must be of type string"), ([], "takes expression")],
)
def test_arguments_that_do_not_fit_are_said(arguments, message):
    with pytest.raises(ToolError, match=message):
        CALCULATOR.call(arguments)


def test_a_function_of_ones_own_is_a_tool():
    def weather(town: str, days: int, metric: bool) -> str:
        """Tells the weather."""
        return f"{town} {days} {metric}"

    made = tool(weather)

    assert made.as_json()["parameters"]["properties"]["days"] == {"type": "integer"}
    assert made.call({"town": "Lessing", "days": 2, "metric": True}) == "Lessing 2 True"
    with pytest.raises(ToolError, match="days must be of type integer"):
        made.call({"town": "Lessing", "days": True, "metric": True})


ROW = {"id": "q", "input": "What do two lamps cost?", "target": "72", "notes": ["The lamp costs 36 euros."]}


def loop(tmp_path, replies, **params):
    """The record of one question, and the model."""
    files = {"datasets/q.yaml": {"task": "math", "instruction": "Answer."}, "datasets/q.test.jsonl": [ROW]}
    model = FunctionModel(lambda request: replies[min(model.calls, len(replies)) - 1], name="m")
    sweep = {"datasets": "q", "models": "m", "strategies": [{"tool_loop": params}]}
    run = promptsweep.run(sweep, models={"m": model}, workspace=write(tmp_path, files).root)
    [record] = run.records().to_dict("records")
    return record, model


def call(name, **arguments):
    return json.dumps({"tool": name, "arguments": arguments})


def test_tools_are_called_and_their_results_handed_back(tmp_path):
    replies = [call("search", query="lamp"), call("calculate", expression="2 * 36"), "Answer: 72"]

    record, model = loop(tmp_path, replies)

    assert record["answer"] == "72"
    assert record["details"]["valid"] == 2
    assert record["details"]["finished"]
    assert [one["result"] for one in record["details"]["tool_calls"]] == ["The lamp costs 36 euros.", "72"]
    assert model.requests[2].messages[-1].content == "Result: 72"
    assert '"name": "search"' in model.requests[0].messages[0].content


def test_a_wrong_call_is_told_and_counted(tmp_path):
    replies = [call("calculater", expression="1"), call("calculate", expression="x"), "Answer: 72"]

    record, model = loop(tmp_path, replies)

    assert record["details"]["valid"] == 0
    assert (
        "there is no tool 'calculater'; there are calculate, search" in model.requests[1].messages[-1].content
    )
    assert "error: cannot work out 'x'" in model.requests[2].messages[-1].content


def test_the_loop_ends_after_its_steps(tmp_path):
    record, model = loop(tmp_path, [call("calculate", expression="1")], steps=3)

    assert model.calls == 3
    assert not record["details"]["finished"]
    assert model.requests[-1].messages[-1].content.endswith("Answer now, without another tool.")
