"""What has no score, and how far that could move a figure."""

from __future__ import annotations

import pytest

from promptsweep import api
from promptsweep.errors import RequestError
from promptsweep.reports.missing import missing


def test_only_arms_that_lack_scores_are_told(house):
    [found] = missing(house.store, "plain")

    assert found.arm == "few_shot(k=2) | m | lines"
    assert (found.planned, found.errors, found.undone) == (30, 1, 0)
    assert (found.low, found.high) == pytest.approx((28 / 30, 29 / 30))


def test_the_missing_of_several_attempts_are_counted_by_attempt(house):
    [found] = missing(house.store, "twice")

    assert (found.planned, found.errors) == (60, 1)
    assert (found.low, found.high) == pytest.approx((56 / 60, 57 / 60))
    assert "59 of 60 attempts scored, 1 error; accuracy 0.933" in str(found)


def test_what_was_never_tried_is_missing_too(own_house):
    file = own_house.workspace.root / "answers.jsonl"
    file.write_text('{"id": "line-0", "answer": "bad"}\n{"id": "line-1", "answer": "bad"}\n')
    api.import_answers(
        file, dataset="lines", name="theirs", workspace=own_house.workspace, store=own_house.store
    )

    [found] = missing(own_house.store, "theirs")

    assert (found.errors, found.undone) == (0, 28)
    assert "2 of 30 scored, 28 not done; accuracy 0.033 with the missing counted as 0, 0.967 as 1" in str(
        found
    )


def test_where_nothing_is_scored_all_is_possible(own_house):
    def down(request):
        raise RequestError("down")

    own_house.run("down", down, fresh=True, datasets="facts", strategies="zero_shot")

    [found] = missing(own_house.store, "down")

    assert (found.low, found.high) == (0.0, 1.0)


def test_a_length_has_no_bounds(own_house):
    def sometimes(request):
        if "2 + 2" in request.messages[-1].content:
            raise RequestError("no")
        return "many words"

    own_house.workspace.root.joinpath("datasets/facts.yaml").write_text("task: open\nmetrics: [words]\n")
    own_house.run("long", sometimes, fresh=True, datasets="facts", strategies="zero_shot")

    [found] = missing(own_house.store, "long")

    assert str(found) == "zero_shot | m | facts: 2 of 3 scored, 1 error"
