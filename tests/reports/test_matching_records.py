"""Which records fit a filter, in which order."""

from __future__ import annotations

import pytest

from promptsweep.errors import ConfigError
from promptsweep.reports.browse import page, run_info
from promptsweep.reports.facets import facets
from promptsweep.reports.matching import Filter, count, matching
from promptsweep.reports.pages import RecordName, names, rows
from promptsweep.types import Status

FEW = "few_shot(k=2) | m | lines"


def shown(house, **wanted):
    """(arm's strategy, sample) of the records that fit, in order."""
    found = page(house.store, "plain", limit=100, **wanted)[0]
    return [(row.arm.split("(")[0].split(" ")[0], row.sample_id) for row in found]


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ({"target": "good"}, 30),
        ({"target": "Good"}, 0),
        ({"target": "goo"}, 0),
        ({"target": "good", "answer": "good", "arm": FEW}, 14),
        ({"target": "bad", "answer": "good"}, 15),
        ({"target": "|"}, 2),
        ({"target": "`|`"}, 0),  # accepted, but not the first
        ({"answer": "(unparsed)"}, 1),
        ({"answer": "goo"}, 0),
        ({"field": "page", "value": "b"}, 4),
        ({"field": "page", "value": '"b"'}, 4),
        ({"field": "page", "value": "B"}, 0),
        ({"field": "other", "value": "b"}, 0),
        ({"field": 'pa"ge', "value": "b"}, 0),
        ({"field": "$.page", "value": "b"}, 0),
        ({"field": "page"}, 66),
    ],
)
def test_targets_answers_and_fields_are_matched_exactly(house, wanted, number):
    assert count(house.store, "plain", Filter(**wanted)) == number
    assert len(matching(house.store, "plain", Filter(**wanted))) == number


def test_values_that_are_no_texts_are_given_as_json(own_house):
    rows_of = [
        '{"id": "one", "input": "a", "target": "good", "level": 1, "sure": true, "tags": ["x", "y"]}',
        '{"id": "two", "input": "b", "target": "good", "level": 12, "sure": false, "tags": []}',
        '{"id": "three", "input": "c", "target": "good", "level": "1", "nested": {"level": 1}}',
    ]
    datasets = own_house.workspace.root / "datasets"
    datasets.joinpath("typed.yaml").write_text(
        "task: classification\nlabels: [good, bad]\ninstruction: Judge."
    )
    datasets.joinpath("typed.test.jsonl").write_text("\n".join(rows_of))
    own_house.run("typed", datasets="typed", strategies="zero_shot")

    def having(field, value):
        return {row.sample_id for row in page(own_house.store, "typed", field=field, value=value)[0]}

    assert having("level", "1") == {"one", "three"}
    assert having("sure", "true") == {"one"}
    assert having("tags", '["x","y"]') == {"one"}
    assert facets(own_house.store, "typed").fields["level"] == ("1", "12")


def test_the_order_is_the_users(house):
    assert shown(house, arm=FEW, order="planned")[:3] == [("few_shot", f"line-{i}") for i in range(3)]
    assert shown(house, order="tokens")[0][0] == "self_consistency"  # two calls each
    assert shown(house, order="cost")[0][0] == "self_consistency"
    costs = [row.cost for row in page(house.store, "plain", order="cost", limit=100)[0]]
    assert [cost or 0 for cost in costs] == sorted((cost or 0 for cost in costs), reverse=True)
    times = [row.seconds for row in page(house.store, "plain", order="slowest", limit=100)[0]]
    assert times == sorted(times, reverse=True)
    with pytest.raises(ConfigError, match=r"unknown order 'slow'\. Did you mean 'slowest'"):
        matching(house.store, "plain", Filter(order="slow"))


def test_the_first_few_are_the_beginning_of_all(house):
    every = matching(house.store, "plain", Filter(wrong=True, metric="token_f1"))

    assert list(matching(house.store, "plain", Filter(wrong=True, metric="token_f1"), 3)) == list(every[:3])


def test_rows_and_names_come_in_the_order_asked_for_and_texts_are_cut(house):
    found = matching(house.store, "plain", Filter(search="line 2", arm=FEW))
    last, first = found[-1], found[0]
    asked = [last, 5, first]  # 5 is no record's number

    assert [row.id for row in rows(house.store, "plain", asked)] == [last, first]
    assert {len(row.input) for row in rows(house.store, "plain", asked, 4)} == {4}
    assert names(house.store, "plain", asked) == [
        RecordName(row.arm, row.sample_id, 0) for row in rows(house.store, "plain", asked)
    ]


def test_what_can_be_filtered_by_is_what_occurs(house):
    found = facets(house.store, "plain")

    assert found.targets == ("4", "bad", "good", "|", "한국")
    assert "good" in found.answers
    assert found.fields == {"page": ("a", "b")}


def test_a_run_that_has_ended_is_counted_once_until_it_goes_on(own_house):
    known = {}
    before = run_info(own_house.store, "plain", known)
    again = run_info(own_house.store, "plain", known)
    own_house.store.finish(before.id, Status.RUNNING)
    running = run_info(own_house.store, "plain", known)

    assert again == before
    assert len(known) == 1  # what goes on is counted each time
    assert (running.status, running.done) == (Status.RUNNING, before.done)
