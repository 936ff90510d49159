"""Figures over all answers of a classification arm, with scikit-learn as the oracle."""

from __future__ import annotations

import pytest
from sklearn.metrics import cohen_kappa_score, f1_score, matthews_corrcoef, precision_recall_fscore_support

from promptsweep.metrics import UNPARSED
from promptsweep.reports.class_figures import class_figures
from promptsweep.reports.classes import class_tables
from promptsweep.reports.summary import answers
from workspaces import rows, write


def test_the_figures_are_scikit_learns_and_the_leaderboards(house):
    found = class_figures(house.store, "plain", "few_shot")

    arm = next(
        one for one in house.store.arms(house.store.find_run("plain").id) if one.strategy == "few_shot"
    )
    given, samples = answers(house.store, arm)
    read, targets = [answer or UNPARSED for answer in given], [sample.targets[0] for sample in samples]
    values = {name: interval.value for name, interval in found.figures.items()}
    assert values == pytest.approx(
        {
            "macro_f1": f1_score(targets, read, labels=["bad", "good"], average="macro", zero_division=0),
            "mcc": matthews_corrcoef(targets, read),
            "kappa": cohen_kappa_score(targets, read),
        }
    )
    assert (found.records, found.unparsed, found.errors) == (29, 1, 1)  # line 8 and line 7 of 30


def test_each_class_is_scikit_learns(house):
    [table] = class_tables(house.store, "plain", "few_shot")

    arm = next(
        one for one in house.store.arms(house.store.find_run("plain").id) if one.strategy == "few_shot"
    )
    given, samples = answers(house.store, arm)
    expected = precision_recall_fscore_support(
        [sample.targets[0] for sample in samples],
        [answer or UNPARSED for answer in given],
        labels=["bad", "good"],
        zero_division=0,
    )
    columns = zip(*((one.precision, one.recall, one.f1, one.support) for one in table.classes), strict=True)
    assert [list(column) for column in columns] == [pytest.approx(list(column)) for column in expected]
    assert sum(map(sum, table.matrix)) == 29


def test_of_several_targets_the_answered_one_is_the_row(own_house):
    files = {
        "datasets/two.yaml": {
            "task": "classification",
            "labels": ["good", "bad", "odd"],
            "instruction": "Judge.",
        },
        "datasets/two.test.jsonl": rows(
            [("Line 1 is sunny.", ["bad", "good"]), ("Line 2.", ["odd", "bad"])], "two"
        ),
    }
    write(own_house.workspace.root, files)
    run = own_house.run("two", datasets="two", strategies="zero_shot")  # the model says `good`

    [table] = class_tables(own_house.store, run)

    assert table.labels == ["good", "odd"]
    assert table.matrix == [[1, 0], [1, 0]]
