from __future__ import annotations

from typing import Any

import pytest
from made_datasets import Make

from promptsweep.errors import ConfigError
from promptsweep.types import Sample


@pytest.mark.parametrize(
    ("target", "targets"),
    [
        ("yes", ("yes",)),
        ("", ()),
        (None, ()),
        (3, ("3",)),
        (3.0, ("3.0",)),
        (-0.5, ("-0.5",)),
        (True, ("true",)),
        (["6 pm", "18:00"], ("6 pm", "18:00")),
        (["6 pm", None, ""], ("6 pm",)),
        ([], ()),
        ({"b": 1, "a": "서울"}, ('{"a":"서울","b":1}',)),
        ({}, ("{}",)),
        ([{"b": 1, "a": 2}, {"a": 3}], ('{"a":2,"b":1}', '{"a":3}')),
    ],
)
def test_a_target_becomes_the_accepted_texts(make: Make, target: Any, targets: tuple[str, ...]) -> None:
    dataset = make("task: open", test=[{"id": "a", "input": "q", "target": target}])

    assert [sample.targets for sample in dataset.samples()] == [targets]


def test_a_row_without_a_target_has_none(make: Make) -> None:
    assert [sample.targets for sample in make("task: open", test=[{"input": "q"}]).samples()] == [()]


def test_other_columns_are_fields(make: Make) -> None:
    dataset = make(
        "task: classification\nlabels: [a, b]", test=[{"id": 7, "input": "q", "target": "a", "film": 3}]
    )

    assert list(dataset.samples()) == [Sample("7", "q", ("a",), {"film": 3})]


def test_columns_are_renamed_by_the_card(make: Make) -> None:
    card = "task: qa\nfields: {id: uid, input: question, target: answer, context: passage, asked: question}"
    row = {"uid": "x", "question": "q", "answer": "a", "passage": "p", "title": "t"}

    samples = list(make(card, test=[row]).samples())

    assert samples == [Sample("x", "q", ("a",), {"title": "t", "context": "p", "asked": "q"})]


def test_two_columns_can_swap_names(make: Make) -> None:
    card = "task: qa\nfields: {one: two, two: one}"

    samples = list(make(card, test=[{"id": "x", "input": "q", "one": 1, "two": 2}]).samples())

    assert samples[0].fields == {"one": 2, "two": 1}


def test_a_row_without_an_id_is_named_after_its_content(make: Make) -> None:
    row = {"input": "q", "target": "a"}
    first, second, other, third = make("task: qa", test=[row, row, {"input": "r"}, row]).samples()

    assert first.id == first.digest[:12]
    assert (second.id, third.id) == (f"{first.id}-2", f"{first.id}-3")
    assert other.id == other.digest[:12] != first.id


def test_text_is_kept_as_it_is(make: Make) -> None:
    text = "  ﬁne\u1112\u1161\u11ab {{ x }} {% user %}\r\n<|im_start|>"

    assert [sample.input for sample in make("task: open", test=[{"input": text}]).samples()] == [text]


def test_a_missing_input_column_names_the_nearest(make: Make) -> None:
    dataset = make("task: qa", test=[{"input": "q"}, {"inputs": "q", "target": "a"}])

    with pytest.raises(
        ConfigError, match=r"made\.test\.jsonl:2: unknown column 'input'\. Did you mean 'inputs'"
    ):
        list(dataset.samples())


def test_where_keeps_the_rows_with_a_value(make: Make) -> None:
    table = [{"id": i, "input": f"q{i}", "task": task, "level": i} for i, task in enumerate(["a", "b", "a"])]
    make("task: open", name="all", test=table)

    by_text = make("task: open\nsplits: {test: {file: all.test.jsonl, where: {task: a}}}")
    by_number = make("task: open\nsplits: {test: {file: all.test.jsonl, where: {level: '1'}}}", name="number")

    assert [sample.id for sample in by_text.samples()] == ["0", "2"]
    assert [sample.id for sample in by_number.samples()] == ["1"]


def test_parts_share_no_row_and_leave_none_out(make: Make) -> None:
    make("task: open", name="all", all=[{"id": i, "input": f"q{i}"} for i in range(1000)])
    test, train = (f"{{file: all.all.jsonl, part: {part}}}" for part in ("[0, 0.3]", "[0.3, 1]"))
    dataset = make(f"task: open\nsplits: {{test: {test}, train: {train}}}")

    tested, trained = ({sample.id for sample in dataset.samples(split)} for split in ("test", "train"))

    assert tested | trained == {str(i) for i in range(1000)}
    assert not tested & trained
    assert 250 < len(tested) < 350


def test_a_row_stays_in_its_part_when_rows_are_added(make: Make) -> None:
    card = "task: open\nsplits: {test: {file: all.all.jsonl, part: [0, 0.5]}}"
    table = [{"id": i, "input": f"q{i}"} for i in range(100)]
    make("task: open", name="all", all=table)
    before = [sample.id for sample in make(card).samples()]
    make("task: open", name="all", all=[{"id": "new", "input": "new"}, *table])

    assert [sample.id for sample in make(card).samples() if sample.id != "new"] == before


@pytest.mark.parametrize(("cluster", "groups"), [("cluster: page\n", "page"), ("", "input")])
def test_rows_of_one_cluster_or_one_input_fall_into_one_part(make: Make, cluster: str, groups: str) -> None:
    table = [{"id": i, "input": f"q{i % 70}", "page": i % 50, "n": i} for i in range(200)]
    make("task: open", name="all", all=table)
    dataset = make(f"task: open\n{cluster}splits: {{test: {{file: all.all.jsonl, part: [0, 0.5]}}}}")

    inside = {sample.id for sample in dataset.samples()}

    assert 0 < len(inside) < 200
    for row in table:
        alike = [str(other["id"]) in inside for other in table if other[groups] == row[groups]]
        assert len(set(alike)) == 1
