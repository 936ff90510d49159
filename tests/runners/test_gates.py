"""Gates in a sweep file: every mistake is one line, before anything is sent."""

from __future__ import annotations

import pytest

from promptsweep.api.planning import gated_plan, plan
from promptsweep.errors import ConfigError
from promptsweep.testing import FunctionModel
from workspaces import mood

HEAD = """\
datasets: mood
models: [m, other]
strategies: [zero_shot, {few_shot: {k: [2, 4]}}]
gates:
"""
MODELS = {"m": FunctionModel(lambda _: "good", name="m"), "other": FunctionModel(lambda _: "bad", name="o")}


def demands(root, *gates):
    text = HEAD + "".join(f"  - {gate}\n" for gate in gates)
    return gated_plan("s", mood(root, **{"runners/s.yaml": text}), None, MODELS)[1]


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        (
            "{metric: acuracy, min: 0.8}",
            "5: unknown metric 'acuracy'. Did you mean 'accuracy'? Known: accuracy, ",
        ),
        ("{metric: error_rte, max: 0.1}", "5: unknown metric 'error_rte'. Did you mean 'error_rate'?"),
        ("{metric: accuracy, arm: few_shoot, min: 0.8}", "5: unknown arm 'few_shoot'."),
        (
            "{metric: accuracy, dataset: moods, min: 0.8}",
            "5: unknown dataset of the sweep 'moods'. Did you mean 'mood'",
        ),
        ("{metric: accuracy}", "5: this gate demands nothing: give min, max or no_regression"),
        ("{metric: accuracy, min: 0.9, max: 0.8}", "5: min 0.9 is above max 0.8"),
        (
            "{metric: accuracy, slice: lenght, min: 0.8}",
            "5: unknown field of mood 'lenght'. Did you mean 'length'?",
        ),
        ("{metric: accuracy, minimum: 0.8}", "5: unknown key 'minimum'. Did you mean 'min'?"),
        ("{min: 0.8}", "5: 'gates.0.metric' is required"),
        (
            "{metric: accuracy, no_regression: {margin: 0}}",
            "5: gates.0.no_regression.margin: Input should be greater",
        ),
        ("{metric: accuracy, no_regression: {marge: 1}}", "5: unknown key 'marge'. Did you mean 'margin'?"),
        (
            "{metric: accuracy, min: 0.8, by: estimat}",
            "5: gates.0.by: unknown value 'estimat'. Did you mean 'estimate'",
        ),
        (
            "{metric: p95_seconds, no_regression: {}}",
            "5: no_regression pairs samples, which p95_seconds has none of",
        ),
    ],
)
def test_a_mistake_in_a_gate_is_one_line_with_its_place(tmp_path, gate, message):
    with pytest.raises(ConfigError) as error:
        demands(tmp_path, gate)

    assert str(error.value).startswith(f"{tmp_path}/runners/s.yaml:{message}")
    assert "\n" not in str(error.value)


def test_a_mistake_in_a_gate_is_found_by_every_plan(tmp_path):
    workspace = mood(tmp_path, **{"runners/s.yaml": HEAD + "  - {metric: acuracy, min: 1}\n"})

    with pytest.raises(ConfigError, match="unknown metric 'acuracy'"):
        plan("s", workspace, models=MODELS)


def test_neither_good_nor_bad_cannot_regress(tmp_path):
    workspace = mood(tmp_path)
    sweep = {
        "datasets": "mood", "models": "m", "strategies": "zero_shot", "metrics": ["words"],
        "gates": [{"metric": "words", "no_regression": {}}],
    }  # fmt: skip

    with pytest.raises(ConfigError, match="words is neither good nor bad: use min or max"):
        plan(sweep, workspace, models=MODELS)


@pytest.mark.parametrize(
    ("arm", "labels"),
    [
        (None, 6),
        ("few_shot", 4),
        ("few_shot(k=2)", 2),
        ("| other |", 3),
        ("zero_shot | m | mood", 1),
    ],
)
def test_a_gate_is_for_every_arm_that_its_text_fits(tmp_path, arm, labels):
    given = "" if arm is None else f', arm: "{arm}"'

    found = demands(tmp_path, f"{{metric: accuracy, min: 0.5{given}}}")

    assert len({one.arm for one in found}) == len(found) == labels


def test_each_rule_of_a_gate_is_a_demand_of_its_own_and_twice_the_same_is_one(tmp_path):
    both = "{metric: accuracy, arm: 'zero_shot | m', min: 0.5, max: 0.9, no_regression: {margin: 0.1}}"

    found = demands(tmp_path, both, both)

    assert [one.text for one in found] == ["≥ 0.5", "≤ 0.9", "no regression beyond 0.1"]
    assert [one.id for one in found] == [
        "zero_shot | m | mood × accuracy × ≥ 0.5",
        "zero_shot | m | mood × accuracy × ≤ 0.9",
        "zero_shot | m | mood × accuracy × no regression beyond 0.1",
    ]


def test_gates_are_no_part_of_an_arms_identity(tmp_path):
    workspace = mood(tmp_path)
    sweep = {"datasets": "mood", "models": "m", "strategies": "zero_shot"}
    gated = {**sweep, "gates": [{"metric": "accuracy", "min": 0.5}]}

    [one], [other] = (plan(each, workspace, models=MODELS).arms for each in (sweep, gated))

    assert one.arm.key == other.arm.key
