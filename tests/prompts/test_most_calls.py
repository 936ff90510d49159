"""What strategies declare: their calls, and the kinds of their parameters."""

from __future__ import annotations

import pytest

from promptsweep.errors import ConfigError
from promptsweep.prompts import Templates, load, numbered_points
from promptsweep.testing import FunctionModel
from workspaces import mood, write

OWN = """
from promptsweep.prompts import strategy

@strategy{declared}
async def own(sample, ask, *, tries=3):
    return await ask("answer")
"""


def loaded(root, name):
    workspace = write(root, {})
    return load(name, Templates(workspace.roots), workspace)


def own(root, declared):
    write(
        root,
        {"prompts/own/answer.j2": "{{ input }}", "prompts/own/strategy.py": OWN.format(declared=declared)},
    )
    return loaded(root, "own")


@pytest.mark.parametrize(
    ("name", "given", "most"),
    [
        ("zero_shot", {}, 1),
        ("few_shot", {"k": 2}, 1),
        ("chain_of_thought", {}, 1),
        ("chain_of_thought_answer_first", {"k": 2}, 1),
        ("chain_of_thought_two_call", {}, 2),
        ("few_shot_inline", {}, 1),
        ("compress", {}, 1),
        ("decompose", {"parts": 3}, 5),
        ("conversation", {"max_turns": 3}, 4),
        ("conversation", {"max_turns": 3, "memory": "summary"}, 7),
        ("retry_to_length", {"tries": 4}, 4),
        ("structured", {"reason": "call", "repairs": 2}, 4),
        ("structured", {"repairs": 0}, 1),
        ("retrieve", {}, 1),
        ("retrieve", {"top": 2, "widest": 9}, 4),
        ("tool_loop", {"steps": 3}, 3),
        ("self_consistency", {"draws": 7}, 7),
        ("self_consistency", {"draws": 7, "stop": "adaptive"}, 7),
        ("skeleton_of_thought", {"max_points": 4}, 5),
        ("chain_of_density", {"rounds": 4}, 1),
        ("chain_of_density", {"rounds": 4, "mode": "per_round"}, 4),
    ],
)
def test_the_shipped_strategies_declare_their_most_calls(tmp_path, name, given, most):
    strategy = loaded(tmp_path, name)

    assert strategy.most_calls(strategy.complete(given)) == most
    functions = ("few_shot", "chain_of_density", "retrieve", "structured")
    assert strategy.single_call == (most == 1 and name not in functions)


@pytest.mark.parametrize(
    ("strategy", "most"),
    [
        ({"self_consistency": {"draws": 3}}, 3),
        ({"skeleton_of_thought": {"max_points": 2}}, 3),
        ({"decompose": {"parts": 2}}, 4),
        ({"retry_to_length": {"least": 900, "most": 999, "tries": 2}}, 2),
        ({"chain_of_density": {"mode": "per_round", "rounds": 3}}, 3),
    ],
)
def test_the_worst_reply_leads_to_as_many_calls_as_are_declared(tmp_path, strategy, most):
    import promptsweep

    points = "\n".join(f"{place}. Point" for place in range(1, 50))
    assert len(numbered_points(points)) == 49
    model = FunctionModel(lambda request: points)
    sweep = {"datasets": "mood", "models": "m", "strategies": [strategy], "limit": 1}

    promptsweep.run(sweep, models={"m": model}, workspace=mood(tmp_path).root)

    assert model.calls == most


def test_a_strategy_that_declares_nothing_says_nothing(tmp_path):
    assert own(tmp_path, "").most_calls({"tries": 3}) is None
    assert own(tmp_path, "()").most_calls({"tries": 3}) is None


def test_a_strategy_of_the_users_may_declare_its_most_calls(tmp_path):
    assert own(tmp_path, "(calls=lambda tries, **_: tries + 1)").most_calls({"tries": 3}) == 4


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("lambda: 3", "the calls of strategy 'own': TypeError"),
        ("lambda tries: tries / 2", "must be a whole number from 1, not 1.5"),
        ("lambda tries: 0", "must be a whole number from 1, not 0"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_one_line(tmp_path, declared, message):
    strategy = own(tmp_path, f"(calls={declared})")

    with pytest.raises(ConfigError, match=message):
        strategy.most_calls({"tries": 3})


@pytest.mark.parametrize(
    ("kind", "held"), [("int", True), ("Absent", False), ("dict.absent", False), ("3", False)]
)
def test_a_parameter_is_held_to_its_annotation_where_that_means_something(tmp_path, kind, held):
    code = OWN.format(declared="").replace("tries=3", f"tries: '{kind}' = 3")
    write(tmp_path, {"prompts/own/answer.j2": "{{ input }}", "prompts/own/strategy.py": code})

    assert loaded(tmp_path, "own").kinds == ({"tries": int} if held else {})
