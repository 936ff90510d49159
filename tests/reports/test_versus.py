"""Two arms that somebody chose."""

from __future__ import annotations

import pytest

from promptsweep.errors import ConfigError, NotComparableError
from promptsweep.reports.versus import (
    Agreement,
    Side,
    agreement,
    chosen,
    contestants,
    shared_sample,
    slicings,
)

ZERO, FEW = "zero_shot | m | lines", "few_shot(k=2) | m | lines"
FACTS = ["zero_shot | m | facts", "self_consistency(draws=2) | m | facts"]


def pair(house, run="plain", a=ZERO, b=FEW):
    found = house.store.find_run(run).id
    return chosen(house.store, Side(found, a), Side(found, b))


def test_arms_are_named_with_the_metrics_of_single_samples(house):
    found = contestants(house.store, house.store.find_run("plain").id)

    assert [one.arm for one in found] == [ZERO, FACTS[0], FEW, FACTS[1]]
    assert [metric.name for metric in found[0].metrics] == ["accuracy"]
    assert [metric.name for metric in found[1].metrics] == ["squad_em", "token_f1", "words"]


def test_agreement_counts_who_was_right(house):
    """Zero-shot says `good` to all 30; few-shot is right but for line 7 (an error) and line 8 (no answer)."""
    found = agreement(house.store, pair(house), "accuracy")

    assert found == Agreement(samples=29, a_higher=0, b_higher=14, both_right=14)
    assert (found.equal, found.both_wrong) == (15, 1)


def test_scores_between_0_and_1_are_neither_right_nor_wrong(house):
    """With two repeats, few-shot is half right on line 9."""
    found = agreement(house.store, pair(house, "twice"), "accuracy")

    assert found.both_right is None
    assert found.both_wrong is None
    assert found.samples == found.a_higher + found.b_higher + found.equal == 30


def test_arms_must_share_the_metric(house):
    with pytest.raises(NotComparableError, match="not both scored with accuracy"):
        agreement(house.store, pair(house, b=FACTS[0]), "accuracy")


def test_an_arm_must_be_there(house):
    with pytest.raises(ConfigError, match="unknown arm 'one_shot'"):
        pair(house, b="one_shot")


def test_a_shared_sample_is_the_first_that_both_answered(house):
    assert shared_sample(house.store, pair(house)) == "line-0"
    assert shared_sample(house.store, pair(house, b=FACTS[0])) is None


def test_samples_can_be_sliced_by_label_length_and_their_fields(house):
    assert slicings(house.store, pair(house)) == ["label", "length"]
    assert slicings(house.store, pair(house, a=FACTS[0], b=FACTS[1])) == ["label", "length", "page"]
