"""What changed since the baseline, and which of its arms an arm is compared with."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from promptsweep.reports.baselines import Baseline, make_baseline
from promptsweep.reports.changes import match_arms, what_changed
from promptsweep.reports.rows import dumps
from promptsweep.words import speaking
from workspaces import rows, write

from test_baselines import arm_of  # isort: skip


def stored(label, strategy="few_shot", model="m", dataset="lines", **params):
    return SimpleNamespace(
        label=label, key=label, strategy=strategy, model=model, system=None, split="test", dataset=dataset,
        strategy_params=dumps(params), params=dumps({}),
    )  # fmt: skip


def kept(label, k=2, **changes):
    return arm_of(label, key=f"key of {label}", strategy_params={"k": k}, **changes)


def matched(arms, *before):
    baseline = Baseline(
        sweep="s", run="r", created="", repeats=1, limit=None, versions={}, arms=tuple(before)
    )
    return {label: found.arm and found.arm.label for label, found in match_arms(arms, baseline).items()}


def test_arms_of_the_same_label_belong_together_and_the_others_to_the_nearest():
    arms = [stored("few_shot(k=4)", k=4), stored("zero_shot", "zero_shot")]

    found = matched(arms, kept("few_shot(k=2)"), kept("zero_shot", strategy="zero_shot"))

    assert found == {"few_shot(k=4)": "few_shot(k=2)", "zero_shot": "zero_shot"}


@pytest.mark.parametrize(
    ("arms", "before"),
    [
        ([stored("k=8", k=8)], [kept("k=2"), kept("k=4", 4)]),
        ([stored("k=8", k=8), stored("k=16", k=16)], [kept("k=2")]),
        ([stored("k=8", dataset="other", k=8)], [kept("k=2")]),
    ],
    ids=["two are equally near", "two want the same", "another dataset"],
)
def test_what_is_ambiguous_is_not_compared(arms, before):
    assert set(matched(arms, *before).values()) == {None}


def test_why_an_arm_is_not_compared_names_what_there_is():
    baseline = Baseline(
        sweep="s", run="r", created="", repeats=1, limit=None, versions={}, arms=(kept("k=2"), kept("k=4", 4))
    )

    found = match_arms([stored("k=8", k=8), stored("x", dataset="other")], baseline)

    assert found["k=8"].why == "the baseline has no such arm; it has k=2; k=4"
    assert found["x"].why == "the baseline has no arm over other"


def changes(house, name, **sweep):
    """What the arm `few_shot` of a new run says of the run `before`."""
    baseline = make_baseline(house.store, "before", force=True)
    run = house.store.find_run(house.run(name, datasets="lines", **sweep))
    [arm] = house.store.arms(run.id)
    before = match_arms([arm], baseline)[arm.label].arm
    with house.store.engine.connect() as connection:
        return list(what_changed(connection, arm, before, run, baseline))


FEW = [{"few_shot": {"k": 2}}]


def test_each_thing_that_was_edited_has_its_line(own_house):
    own_house.run("before", datasets="lines", strategies=FEW)
    root = own_house.workspace.root
    lines = rows([(f"Line {i} is {'very ' * (i == 4)}grey.", "bad") for i in range(4, 32)], "line")
    for place, row in enumerate(lines, 4):
        row["id"] = f"line-{place}"
    card = {"task": "classification", "labels": ["good", "bad"], "instruction": "Judge it."}
    shots = "{% for shot in shots %}{% user %}{{ shot.input }}{% assistant %}{{ shot.target }}{% endfor %}"
    write(
        root,
        {
            "datasets/lines.test.jsonl": lines,
            "datasets/lines.yaml": card,
            "datasets/lines.train.jsonl": rows([("Sun.", "good"), ("Fog.", "bad")], "train"),
            "prompts/few_shot/answer.j2": shots + "{% user %}{{ input }}",
        },
    )

    edited = {"strategies": [{"few_shot": {"k": 1}}], "params": {"temperature": 0.5}, "repeats": 2}
    found = changes(own_house, "after", **edited)
    with speaking("ko"):
        korean = changes(own_house, "again", **edited)

    assert found == [
        "compared with the baseline's arm 'few_shot(k=2) | m | lines'",
        "parameter k: 2 → 1",
        "parameter temperature: default → 0.5",
        "template few_shot/answer.j2",
        "dataset card lines.yaml",
        "examples: the train split of lines",
        "14 rows of lines changed: line-4, line-5, line-7, line-9, line-11, …",
        "2 rows of lines not in the baseline: line-30, line-31",
        "4 rows of lines only in the baseline: line-0, line-1, line-2, line-3",
        "repeats 1 → 2",
    ]
    assert korean == [
        "기준선의 조합 'few_shot(k=2) | m | lines'와(과) 비교",
        "매개변수 k: 2 → 1",
        "매개변수 temperature: 기본값 → 0.5",
        "템플릿 few_shot/answer.j2",
        "데이터셋 카드 lines.yaml",
        "예시: lines의 train 분할",
        "lines에서 바뀐 행 14개: line-4, line-5, line-7, line-9, line-11, …",
        "기준선에 없는 lines의 행 2개: line-30, line-31",
        "기준선에만 있는 lines의 행 4개: line-0, line-1, line-2, line-3",
        "반복 1 → 2",
    ]


def test_nothing_edited_is_nothing_changed(own_house):
    own_house.run("before", datasets="lines", strategies=FEW)

    assert changes(own_house, "after", strategies=FEW) == []


def test_a_smaller_limit_edits_no_row(own_house):
    own_house.run("before", datasets="lines", strategies=FEW)

    assert changes(own_house, "after", strategies=FEW, limit=10) == [
        "asked 10 of the baseline's 30 rows of lines"
    ]


def test_another_persona_is_named_with_its_template(own_house):
    write(own_house.workspace.root, {"prompts/system/terse.j2": "Be brief."})
    own_house.run("before", datasets="lines", strategies=FEW)

    found = changes(own_house, "after", strategies=FEW, system="terse")

    assert found[1:] == ["system none → terse", "template system/terse.j2 added"]


def test_the_code_of_a_strategy_is_named(own_house):
    code = "from promptsweep import strategy\n\n@strategy\n"
    code += "async def own(sample, ask):\n    return await ask('answer')\n"
    files = {"prompts/own/strategy.py": code, "prompts/own/answer.j2": "{{ input }}"}
    write(own_house.workspace.root, files)
    own_house.run("before", datasets="lines", strategies="own")
    write(own_house.workspace.root, {"prompts/own/strategy.py": code + "# edited\n"})

    assert changes(own_house, "after", strategies="own") == ["code own/strategy.py"]
