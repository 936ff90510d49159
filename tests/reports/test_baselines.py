"""Baselines: small files that say what a run scored, and what it was."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsweep.errors import ConfigError
from promptsweep.reports.baseline_files import baseline_text, named_baseline, read_baseline, write_baseline
from promptsweep.reports.baselines import Baseline, BaselineArm, baseline_path, make_baseline
from promptsweep.workspace import Workspace

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
VALUES = st.none() | st.floats(-1e6, 1e6).map(lambda value: float(f"{value:.6g}"))


def arm_of(label="few_shot | m | lines", columns=("accuracy",), **changes):
    given = {
        "label": label, "key": "0" * 32, "strategy": "few_shot", "strategy_params": {"k": 2}, "model": "m",
        "params": {}, "dataset": "lines", "split": "test", "system": None, "digests": {"strategy": "1" * 32},
        "files": {"few_shot/answer.j2": "2" * 32}, "metrics": {"accuracy": ""}, "columns": tuple(columns),
    }  # fmt: skip
    return BaselineArm(**(given | changes))


def baseline_of(*arms):
    return Baseline(
        sweep="ci",
        run="r",
        created="2026-01-01T00:00:00Z",
        repeats=1,
        limit=None,
        versions={},
        arms=tuple(arms),
    )


@settings(deadline=None)
@given(st.dictionaries(st.tuples(TEXTS, TEXTS), st.tuples(VALUES, VALUES), max_size=8), st.booleans())
def test_what_is_written_is_read(tmp_path_factory, values, answers):
    path = tmp_path_factory.mktemp("b") / "b.json"
    arm = arm_of(columns=("accuracy", "token_f1"), values=values)
    kept = dict.fromkeys(values, ("예", None)) if answers else {}
    other = arm_of("zero_shot | m | lines", values={("x", "y"): (1.0,)}, answers=kept)
    made = baseline_of(arm, other, arm_of("a | m | facts", dataset="facts"))

    write_baseline(made, path)

    assert replace(read_baseline(path), path=None) == made


def test_twenty_arms_and_a_thousand_samples_take_less_than_a_megabyte():
    chance = random.Random(1)
    names = ("accuracy", "token_f1", "seconds")
    ids = [f"0191c2a4-7e3b-7c55-9d1f-{i:012d}" for i in range(1_000)]
    arms = [
        arm_of(
            f"self_consistency(draws={i}, select=nearest) | openai/gpt-4o-mini | lines",
            names,
            values={
                (one, f"{i:016x}"): (
                    float(chance.random() < 0.8),
                    *(float(f"{chance.random():.6g}") for _ in "ab"),
                )
                for i, one in enumerate(ids)
            },
        )
        for i in range(20)
    ]

    assert len(baseline_text(baseline_of(*arms)).encode()) < 1_000_000


def test_an_edited_score_changes_one_line():
    keys = {(f"s-{i}", "0" * 16): (1.0,) for i in range(50)}
    one, other = (
        baseline_text(baseline_of(arm_of(values=keys | changed)))
        for changed in ({}, {("s-7", "0" * 16): (0.0,)})
    )

    differing = [line for line, now in zip(one.splitlines(), other.splitlines(), strict=True) if line != now]

    assert differing == ['["s-7","0000000000000000",[1]],']


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-40], "damaged: "),
        (lambda text: "<<<<<<< ours\n" + text, "(git left conflict marks in it)"),
        (lambda text: "[]", "no baseline: promptsweep baseline save RUN makes one"),
        (lambda text: text.replace('"format":1', '"format":2'), "a newer promptsweep (format 2, "),
        (lambda text: text.replace('"run":"r",', ""), "'run' is required"),
        (lambda text: text.replace('"run":', '"ran":1,"run":'), "unknown key 'ran'. Did you mean 'run'?"),
        (lambda text: text.replace(",[1]]", ",[1],[1]]"), "damaged: sample ['s-0'] has not a cell"),
        (lambda text: text.replace(",[1]]", ",[1,2]]"), "do not fit its columns"),
        (lambda text: text.replace(",[1]]", ',["1"]]'), "do not fit its columns"),
        (lambda text: text.replace(",[1]]", ",7]"), "damaged: a cell of sample 's-0' is no list"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_one_line(tmp_path, change, message):
    path = tmp_path / "b.json"
    path.write_text(
        change(baseline_text(baseline_of(arm_of(values={("s-0", "m"): (1.0,)})))), encoding="utf-8"
    )

    with pytest.raises(ConfigError) as error:
        read_baseline(path)

    assert str(error.value).startswith(str(path))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_run_becomes_a_baseline_of_means_over_repeats(house):
    made = make_baseline(house.store, "twice", force=True)
    [few_shot] = [arm for arm in made.arms if arm.strategy == "few_shot"]
    scores = {name: value for (name, _), value in few_shot.column("accuracy").items()}

    assert made.sweep == "twice"
    assert made.repeats == 2
    assert made.samples == 33
    assert [arm.label for arm in made.arms] == sorted(arm.label for arm in made.arms)
    assert (scores["line-1"], scores["line-8"], scores["line-9"]) == (1.0, 0.0, 0.5)
    assert scores["line-7"] == 1.0, "only one of its two attempts ended in an error"
    assert set(few_shot.files) == {"few_shot/answer.j2", "few_shot/strategy.py", "lines.yaml"}
    assert few_shot.columns == ("accuracy",)


def test_no_text_is_kept_unless_answers_are_asked_for(house):
    plain, full = (
        baseline_text(make_baseline(house.store, "twice", force=True, answers=answers))
        for answers in (False, True)
    )

    assert "sunny" not in plain + full
    assert '"answers"' not in plain
    assert '["line-8","' in full
    assert "[null,null]" in full
    assert "script" not in plain


def test_a_run_that_is_not_complete_is_refused(house):
    with pytest.raises(ConfigError, match=r"is incomplete: 1 of .* or save it as it is with --force"):
        make_baseline(house.store, "plain")


def test_figures_that_vary_are_kept_where_a_gate_needs_them(own_house):
    gates = [{"metric": "tokens", "no_regression": {"margin": 5}}, {"metric": "cost_usd", "max": 1}]
    own_house.run("gated", datasets="facts", strategies="zero_shot", gates=gates)

    [arm] = make_baseline(own_house.store, "gated").arms

    assert arm.columns == ("squad_em", "token_f1", "words", "tokens")
    assert set(arm.column("tokens").values()) == {12.0}


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden"])
def test_a_sweeps_name_cannot_lead_out_of_the_folder(tmp_path, name):
    with pytest.raises(ConfigError, match="cannot name a baseline's file"):
        baseline_path(Workspace(tmp_path), name)


def test_a_baseline_is_found_by_its_sweeps_name(tmp_path):
    place = Workspace(tmp_path)
    write_baseline(baseline_of(arm_of()), baseline_path(place, "ci"))

    assert named_baseline("ci", place).sweep == "ci"
    assert json.loads(baseline_path(place, "ci").read_text(encoding="utf-8"))["format"] == 1
