"""What reports of a run are made of."""

from __future__ import annotations

from promptsweep.reports.document import document


def test_a_chapter_for_each_dataset_holds_its_arms_comparisons_and_best(house):
    found = document(house.store, "plain")

    lines, facts = found.chapters
    assert (lines.dataset, facts.dataset) == ("lines", "facts")
    assert [one.b for one in lines.comparisons] == ["few_shot(k=2) | m | lines"]
    assert lines.best.arm == "few_shot(k=2) | m | lines"
    assert found.metrics["accuracy"].higher_is_better
    assert [one.arm for one in found.missing] == ["few_shot(k=2) | m | lines"]


def test_names_leave_out_a_model_that_all_arms_share(house):
    lines, _ = document(house.store, "plain").chapters

    assert list(lines.names.values()) == ["zero_shot", "few_shot(k=2)"]
    assert lines.size == "Split test, 30 samples"


def test_the_best_arm_is_ranked_first(house):
    lines, _ = document(house.store, "plain").chapters

    assert [one.variant for one in lines.ranked] == ["few_shot(k=2)", "zero_shot"]


def test_a_metric_that_is_neither_good_nor_bad_ranks_and_picks_nothing(own_house):
    strategies = ["zero_shot", {"self_consistency": {"draws": 2}}]
    own_house.run("counted", datasets="facts", strategies=strategies, metrics=["words"])

    [chapter] = document(own_house.store, "counted").chapters

    assert chapter.higher_is_better is None
    assert [one.arm for one in chapter.ranked] == [one.arm for one in chapter.arms]
    assert chapter.best is None
    assert [one.verdict for one in chapter.comparisons] == ["no difference shown"]
