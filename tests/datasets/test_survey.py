from __future__ import annotations

import pytest
from made_datasets import Make

from promptsweep.datasets import Survey
from promptsweep.errors import ConfigError

LABELLED = "task: classification\nlabels: [positive, negative]"


def found(survey: Survey) -> dict[str, tuple[tuple[int, ...], int]]:
    return {problem.kind: (problem.lines, problem.count) for problem in survey.problems}


def test_a_clean_split_is_counted_by_target(make: Make) -> None:
    targets = ["negative", "positive", "positive"]
    table = [{"id": i, "input": f"q{i}", "target": target} for i, target in enumerate(targets)]

    survey = make(LABELLED, test=table).check()

    assert (survey.dataset, survey.split, survey.count, survey.problems) == ("made", "test", 3, ())
    assert list(survey.targets.items()) == [("positive", 2), ("negative", 1)]


def test_duplicates_and_missing_targets_are_found_with_their_lines(make: Make) -> None:
    table = [
        {"id": "a", "input": "one", "target": "positive"},
        {"id": "b", "input": "two", "target": ""},
        {"id": "a", "input": "three", "target": "negative"},
        {"id": "c", "input": "one", "target": "negative"},
        {"id": "d", "input": " ", "target": "negative"},
    ]

    survey = make(LABELLED, test=table).survey()

    assert found(survey) == {
        "duplicate id": ((3,), 1),
        "missing target": ((2,), 1),
        "duplicate input": ((4,), 1),
        "empty input": ((5,), 1),
    }
    assert [problem.kind for problem in survey.errors] == ["duplicate id"]
    assert survey.errors[0].message == "the id 'a' is also that of line 1"


def test_the_lines_of_a_problem_end_at_twenty_and_its_count_does_not(make: Make) -> None:
    survey = make("task: qa", test=[{"id": i, "input": "same", "target": "x"} for i in range(50)]).check()

    (problem,) = survey.warnings
    assert (problem.lines, problem.count) == (tuple(range(2, 22)), 49)
    assert str(problem).startswith("the input is also that of line 1 (49 rows: lines 2, 3, 4,")
    assert str(problem).endswith("21, …)")


def test_one_question_about_two_passages_is_no_duplicate(make: Make) -> None:
    table = [{"id": i, "input": "Who?", "context": f"passage {i}", "target": "x"} for i in range(2)]

    assert make("task: qa", test=table).check().problems == ()


def test_a_label_not_among_the_labels_stops_a_run(make: Make) -> None:
    table = [{"input": "a", "target": "positive"}, {"input": "b", "target": "postive"}]

    with pytest.raises(
        ConfigError, match=r"test\.jsonl:2: unknown label 'postive'\. Did you mean 'positive'\?"
    ):
        make(LABELLED, test=table).check()


def test_labels_are_compared_in_one_unicode_form(make: Make) -> None:
    composed, decomposed = "긍정", "\u1100\u1173\u11bc\u110c\u1165\u11bc"

    dataset = make(
        f"task: classification\nlabels: [{composed}, 부정]", test=[{"input": "a", "target": decomposed}]
    )

    assert dataset.check().problems == ()


def test_an_empty_split_stops_a_run(make: Make) -> None:
    with pytest.raises(ConfigError, match="split 'test' has no rows"):
        make(LABELLED, test=[]).check()


def test_a_target_column_that_no_row_has_stops_a_run(make: Make) -> None:
    dataset = make("task: qa\nfields: {target: answer}", test=[{"input": "q", "answers": ["a"]}])

    with pytest.raises(
        ConfigError, match=r"no row has a target: unknown column 'answer'\. Did you mean 'answers'"
    ):
        dataset.check()


@pytest.mark.parametrize("task", ["open", "summarisation"])
def test_tasks_that_can_do_without_targets_are_not_stopped(make: Make, task: str) -> None:
    assert make(f"task: {task}", test=[{"input": "q"}]).check().errors == ()


def test_a_cluster_that_rows_lack_stops_a_run(make: Make) -> None:
    dataset = make("task: qa\ncluster: titel", test=[{"input": "q", "target": "a", "title": "t"}])

    with pytest.raises(ConfigError, match=r"test\.jsonl:1: unknown field 'titel'\. Did you mean 'title'"):
        dataset.check()


def test_the_first_error_names_the_other_kinds(make: Make) -> None:
    table = [{"id": "a", "input": "a", "target": "positive"}, {"id": "a", "input": "b", "target": "bad"}]

    with pytest.raises(ConfigError, match=r"line 1; also: unknown label$"):
        make(LABELLED, test=table).check()
