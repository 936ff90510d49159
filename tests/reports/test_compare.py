"""Comparisons of arms and of runs."""

from __future__ import annotations

import json

import pytest

from promptsweep.errors import ConfigError, NotComparableError, RequestError
from promptsweep.reports.compare import compare_arms, compare_runs, comparison_json, match_arm
from promptsweep.stats import holm

KEYS = [
    *("a", "b", "dataset", "metric", "score_a", "score_b", "difference", "low", "high", "p", "p_adjusted"),
    *("n", "only_a", "only_b", "n_a", "n_b", "shared", "correlation", "minimum_detectable", "needed"),
    *("method", "verdict"),
]
ZERO, FEW = "zero_shot | m | lines", "few_shot(k=2) | m | lines"


def test_arms_are_compared_within_each_dataset_with_its_first(house):
    lines, facts = compare_arms(house.store, "plain")

    assert (lines.a, lines.b, lines.metric, lines.verdict) == (ZERO, FEW, "accuracy", "better")
    assert (facts.a, facts.b) == ("zero_shot | m | facts", "self_consistency(draws=2) | m | facts")
    assert (facts.metric, facts.verdict) == ("squad_em", "no difference shown")


def test_only_samples_scored_in_both_count_and_both_numbers_are_told(house):
    lines, _ = compare_arms(house.store, "plain")

    assert (lines.n_a, lines.n_b, lines.shared, lines.paired.n) == (30, 29, 29, 29)
    assert (lines.score_a, lines.score_b) == (pytest.approx(14 / 29), pytest.approx(28 / 29))
    assert lines.paired.difference == pytest.approx(28 / 29 - 14 / 29)
    assert (lines.paired.only_a, lines.paired.only_b) == (0, 14)


def test_p_values_are_adjusted_over_all_that_is_shown(house):
    found = compare_arms(house.store, "plain")

    assert [one.p_adjusted for one in found] == holm([one.paired.p for one in found])


def test_flips_show_what_each_side_got_right(house):
    [forward] = compare_arms(house.store, "plain", ZERO)
    [backward] = compare_arms(house.store, "plain", FEW)

    assert forward.flips.lost == ()
    assert len(forward.flips.won) == 14
    flip = forward.flips.won[0]
    assert (flip.answer_a, flip.answer_b, flip.targets) == ("good", "bad", ("bad",))
    assert (flip.score_a, flip.score_b) == (0.0, 1.0)
    assert flip.input.endswith("is grey.")
    assert backward.verdict == "worse"
    assert [one.sample_id for one in backward.flips.lost] == [one.sample_id for one in forward.flips.won]


def test_as_many_flips_are_kept_as_are_wanted(house):
    counts = {}
    for most in (0, 3, 100):
        lines, _ = compare_arms(house.store, "plain", flips=most)
        counts[most] = len(lines.flips.won)

    assert counts == {0: 0, 3: 3, 100: 14}


def test_repeats_are_averaged_within_a_sample(house):
    [lines] = compare_arms(house.store, "twice", ZERO)

    [lost] = lines.flips.lost
    assert lines.shared == 30
    assert (lost.sample_id, lost.score_a, lost.score_b) == ("line-9", 1.0, 0.5)
    assert (lost.answer_a, lost.answer_b) == ("good", "good / bad")


def test_samples_of_a_cluster_count_as_one(house):
    _, facts = compare_arms(house.store, "plain")

    assert (facts.shared, facts.paired.n) == (3, 2)


def test_a_metric_that_is_neither_good_nor_bad_is_higher_or_lower(own_house):
    own_house.workspace.root.joinpath("datasets/lines.yaml").write_text("task: open\nmetrics: [words]\n")
    own_house.run(
        "wordy",
        lambda request: "a much longer answer" if request.params["temperature"] else "yes",
        datasets="lines",
        strategies="zero_shot",
        params={"temperature": [0, 1]},
    )

    [found] = compare_arms(own_house.store, "wordy")

    assert found.verdict == "higher"
    assert found.paired.difference == 3


def test_arms_of_which_nothing_is_scored_are_not_comparable(own_house):
    def down(request):
        raise RequestError("down")

    own_house.run(
        "down", down, fresh=True, datasets="lines", strategies=["zero_shot", {"few_shot": {"k": 2}}]
    )

    with pytest.raises(NotComparableError, match="no sample has a score of the same metric in both arms"):
        compare_arms(own_house.store, "down")


def test_a_baseline_is_found_in_every_dataset_that_has_one(house):
    assert [one.a for one in compare_arms(house.store, "plain", "zero_shot")] == [
        ZERO,
        "zero_shot | m | facts",
    ]
    assert [one.a for one in compare_arms(house.store, "plain", "self_con")] == [
        "self_consistency(draws=2) | m | facts"
    ]


def test_one_arm_is_nothing_to_compare(own_house):
    own_house.run("alone", datasets=["lines", "facts"], strategies="zero_shot")

    with pytest.raises(NotComparableError, match="has no two arms over one dataset"):
        compare_arms(own_house.store, "alone")


def test_runs_are_compared_by_equal_labels(house):
    found = compare_runs(house.store, "plain", "twice")

    assert [one.b for one in found] == [one.a for one in found]
    assert len(found) == 4
    few = next(one for one in found if one.a == FEW)
    assert (few.n_a, few.n_b, few.shared) == (29, 30, 29)
    assert [flip.sample_id for flip in few.flips.lost] == ["line-9"]


def test_all_arms_of_a_run_are_compared_with_one_of_another(house):
    found = compare_runs(house.store, "plain", "twice", baseline="zero_shot | m | lines")

    assert [(one.a, one.b) for one in found] == [(ZERO, ZERO), (ZERO, FEW)]
    assert found[1].verdict == "better"


def test_runs_of_different_limits_are_paired_on_the_samples_both_have(own_house):
    own_house.run("part", datasets="lines", strategies="zero_shot", limit=10, seed=3)

    [found] = compare_runs(own_house.store, "plain", "part")

    assert (found.n_a, found.n_b, found.shared, found.paired.n) == (30, 10, 10, 10)


def test_an_arm_that_only_changed_its_label_is_found_by_its_identity(own_house):
    own_house.run("cool", datasets="lines", strategies="zero_shot", params={"temperature": 0})
    own_house.run("both", datasets="lines", strategies="zero_shot", params={"temperature": [0, 1]})

    [found] = compare_runs(own_house.store, "cool", "both")

    assert (found.a, found.b) == ("zero_shot | m | lines", "zero_shot | temperature=0 | m | lines")


def test_an_edited_row_is_another_sample(own_house):
    path = own_house.workspace.root / "datasets/lines.test.jsonl"
    path.write_text(path.read_text().replace("Line 0 is grey.", "Line 0 is ashen."))
    own_house.run("edited", datasets="lines", strategies="zero_shot")

    [found] = compare_runs(own_house.store, "plain", "edited")

    assert (found.n_a, found.n_b, found.shared) == (30, 30, 29)


def test_runs_without_a_common_arm_or_sample_are_not_comparable(own_house):
    own_house.run("other", datasets="lines", strategies=[{"few_shot": {"k": 1}}])
    with pytest.raises(NotComparableError, match=r"share no arm: .*zero_shot.* against few_shot\(k=1\)"):
        compare_runs(own_house.store, "plain", "other")

    path = own_house.workspace.root / "datasets/lines.test.jsonl"
    path.write_text(path.read_text().replace("Line", "Row"))
    own_house.run("renamed", datasets="lines", strategies="zero_shot")
    with pytest.raises(NotComparableError, match="no sample has a score"):
        compare_runs(own_house.store, "plain", "renamed")


def test_a_metric_computed_in_another_way_is_not_comparable(own_house):
    sweep = {"datasets": "facts", "strategies": "zero_shot"}
    own_house.run("words", metrics=["rouge1"], **sweep)
    with own_house.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE arms SET metrics = json_set(metrics, '$[0].signature', 'older') WHERE run IN "
            "(SELECT id FROM runs WHERE name = 'words')"
        )
    own_house.run("newer", metrics=["rouge1"], **sweep)

    with pytest.raises(NotComparableError, match="rouge1 was computed in two ways: 'older' for zero_shot"):
        compare_runs(own_house.store, "words", "newer")


def test_the_json_form_has_the_documented_keys_and_no_infinity(house):
    found = comparison_json(compare_arms(house.store, "plain"))

    assert [list(one) for one in found] == [KEYS, KEYS]
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (FEW, FEW),
        ("few", FEW),
        ("few_shot(k=2)", FEW),
        ("m | lines", None),
        ("nothing", None),
    ],
)
def test_an_arm_is_matched_by_label_or_unique_part(house, text, label):
    arms = house.store.arms(house.store.find_run("plain").id)
    if label is None:
        with pytest.raises(ConfigError, match=r"fits more than one|unknown arm"):
            match_arm(arms, text)
    else:
        assert match_arm(arms, text).label == label


def test_an_unknown_metric_names_the_nearest(house):
    with pytest.raises(ConfigError, match=r"unknown metric 'acuracy'\. Did you mean 'accuracy'"):
        compare_arms(house.store, "plain", metric="acuracy")
