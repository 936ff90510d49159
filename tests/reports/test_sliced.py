"""Comparisons slice by slice."""

from __future__ import annotations

import json

import pytest

from promptsweep.errors import ConfigError
from promptsweep.reports.opponents import between_runs, within_run
from promptsweep.reports.sliced import compare_slices, slices_json
from promptsweep.stats import holm, proportion_interval
from workspaces import rows


def sliced(house, by, metric=None, run="plain", baseline="zero_shot | m | lines"):
    return compare_slices(house.store, within_run(house.store, run, baseline), by, metric)


def test_each_slice_has_both_scores_the_difference_and_its_samples(house):
    [found] = sliced(house, "label")

    bad, good = found.slices
    assert (bad.value, bad.samples, bad.score_a.value, bad.score_b.value) == ("bad", 15, 0.0, 14 / 15)
    assert (good.value, good.samples, good.score_a.value, good.score_b.value) == ("good", 14, 1.0, 1.0)
    assert (bad.score_b.low, bad.score_b.high) == (
        proportion_interval(14, 15).low,
        proportion_interval(14, 15).high,
    )
    assert (bad.paired.difference, bad.paired.only_a, bad.paired.only_b) == (pytest.approx(14 / 15), 0, 14)
    assert (bad.verdict, good.verdict) == ("better", "no difference shown")


def test_small_slices_are_marked_not_hidden(house):
    [by_label], [by_length] = sliced(house, "label"), sliced(house, "length")

    assert [one.few for one in by_label.slices] == [True, True]
    assert [(one.value, one.samples, one.few) for one in by_length.slices] == [("<50", 29, False)]


def test_p_is_adjusted_over_all_slices(house):
    found = compare_slices(house.store, within_run(house.store, "plain"), "label")

    all_slices = [one for pair in found for one in pair.slices]
    assert len({pair.dataset for pair in found}) == 2
    assert [one.p_adjusted for one in all_slices] == holm([one.paired.p for one in all_slices])


def test_clustered_samples_are_marked_by_their_clusters(house):
    [facts] = sliced(house, "page", baseline="zero_shot | m | facts")

    assert [(one.value, one.samples, one.paired.n) for one in facts.slices] == [("a", 1, 1), ("b", 2, 1)]


def test_of_many_values_the_largest_are_shown_and_the_rest_is_counted(own_house):
    values = [f"권 {place // 2 if place < 12 else place}" for place in range(30)]
    path = own_house.workspace.root / "datasets/lines.test.jsonl"
    texts = [(f"Line {place} is sunny.", "good") for place in range(30)]
    changed = [row | {"권": value} for row, value in zip(rows(texts), values, strict=True)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in changed), encoding="utf-8")
    own_house.run("books", datasets="lines", strategies=["zero_shot", {"few_shot": {"k": 1}}])

    [found] = sliced(own_house, "권", run="books")

    shown = [one.value for one in found.slices]
    assert len(shown) == 20
    assert shown[:7] == ["권 0", "권 1", "권 2", "권 3", "권 4", "권 5", "권 12"]
    assert found.left == 24 - 20
    assert sum(one.samples for one in found.slices) + found.left_samples == 29


def test_two_runs_are_sliced_alike(house):
    found = compare_slices(house.store, between_runs(house.store, "plain", "twice"), "label")

    few = next(pair for pair in found if pair.b.startswith("few_shot"))
    good = next(one for one in few.slices if one.value == "good")
    assert (few.a, good.samples, good.score_b.value) == (few.b, 14, pytest.approx(13.5 / 14))


def test_datasets_without_the_field_are_left_out(house):
    found = compare_slices(house.store, within_run(house.store, "plain"), "page")

    assert [one.dataset for one in found] == ["facts"]


def test_an_unknown_field_names_the_nearest(house):
    with pytest.raises(ConfigError, match=r"unknown slice 'pag'. Did you mean 'page'"):
        compare_slices(house.store, within_run(house.store, "plain"), "pag")


def test_an_aggregate_has_no_slices(house):
    with pytest.raises(ConfigError, match="macro_f1 is computed over all answers together"):
        sliced(house, "label", "macro_f1")


def test_the_json_form_is_a_row_a_slice(house):
    found = slices_json(sliced(house, "label"))

    assert [(row["value"], row["samples"], row["few"]) for row in found] == [
        ("bad", 15, True),
        ("good", 14, True),
    ]
    json.dumps(found, allow_nan=False)
