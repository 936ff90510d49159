"""Lists of runs and pages of records."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.dialects.postgresql import psycopg

from promptsweep.errors import ConfigError
from promptsweep.reports import schema
from promptsweep.reports.browse import RunName, _counts, list_runs, page, run_info, run_names
from promptsweep.types import Outcome


def test_a_run_is_counted_without_its_errors(house):
    info = run_info(house.store, "plain")

    assert (info.name, info.arms, info.planned, info.done, info.errors) == ("plain", 4, 66, 65, 1)
    assert info.cost == pytest.approx(0.068)
    assert info.status == "incomplete"
    assert info.error.startswith("1 of 66 records ended in an error")
    assert info.created.tzinfo is UTC
    assert abs((datetime.now(UTC) - info.created).total_seconds()) < 600
    assert info.versions["promptsweep"]
    assert info.sweep["name"] == "plain"


def test_runs_are_listed_newest_first_and_by_name(house):
    assert [info.name for info in list_runs(house.store)] == ["twice", "plain"]
    assert [info.name for info in list_runs(house.store, limit=1)] == ["twice"]
    assert [info.name for info in list_runs(house.store, name="plain")] == ["plain"]
    assert list_runs(house.store, name="other") == []


def test_names_of_runs_are_read_without_their_records(own_house):
    counted = list_runs(own_house.store)
    with own_house.store.engine.begin() as connection:
        schema.records.drop(connection)

    found = run_names(own_house.store, 10)

    assert found == [RunName(one.id, one.name, one.status, one.created) for one in counted]
    assert [one.name for one in run_names(own_house.store, 1)] == ["twice"]


def test_record_numbers_are_large_integers_on_postgresql():
    query = str(_counts(["a run"]).compile(dialect=psycopg.dialect()))

    between = query.partition("BETWEEN")[2].partition("WHERE")[0]
    assert between.count("BIGINT") == 5
    assert "INTEGER" not in between


def test_repeats_count_as_planned_records(house):
    info = run_info(house.store, "twice")

    assert (info.repeats, info.planned, info.done, info.errors) == (2, 132, 131, 1)


def test_a_page_shows_failures_first_then_wrong_answers(house):
    rows, total = page(house.store, "plain", arm="few_shot")

    assert total == 30
    assert [(row.sample_id, row.outcome) for row in rows[:2]] == [
        ("line-7", Outcome.ERROR),
        ("line-8", Outcome.UNPARSED),
    ]
    assert [row.sample_id for row in rows[2:4]] == ["line-0", "line-1"]
    assert rows[0].error == "400: `Line 7` <is> refused | here"
    assert rows[0].scores == {}
    assert rows[2].scores == {"accuracy": 1.0}
    assert (rows[2].targets, rows[2].answer, rows[2].tokens, rows[2].cost) == (("bad",), "bad", 12, 0.001)


def test_pages_follow_each_other_without_gap_or_overlap(house):
    every, total = page(house.store, "plain", limit=100)
    parts = [page(house.store, "plain", offset=start, limit=20)[0] for start in range(0, 80, 20)]

    assert [row.id for part in parts for row in part] == [row.id for row in every]
    assert len({row.id for row in every}) == total == 66


@pytest.mark.parametrize(
    ("wanted", "total"),
    [
        ({"arm": "few_shot", "wrong": True}, 2),
        ({"arm": "zero_shot | m | lines", "wrong": True}, 15),
        ({"outcome": "error"}, 1),
        ({"outcome": "unparsed", "arm": "zero_shot | m | lines"}, 0),
        ({"search": "line 2"}, 22),
        ({"search": "LINE-29"}, 2),
        ({"search": "cannot tell"}, 1),
        ({"search": "한국"}, 0),
        ({"search": "서울"}, 2),
        ({"search": "%"}, 0),
        ({"search": "_"}, 0),
        ({"wrong": True, "metric": "words"}, 1),
        ({"wrong": True, "metric": "token_f1", "search": "fact"}, 6),
    ],
)
def test_the_database_filters(house, wanted, total):
    rows, found = page(house.store, "plain", **wanted)

    assert (found, len(rows)) == (total, total)


def test_the_worst_of_the_wrong_come_first(house):
    rows, _ = page(house.store, "plain", wrong=True, metric="token_f1", arm="self_consistency")

    values = [row.scores["token_f1"] for row in rows]
    assert values == sorted(values)
    assert values[-1] > values[0]


def test_a_metric_where_less_is_better_is_wrong_above_zero(own_house):
    own_house.workspace.root.joinpath("datasets/forms.yaml").write_text(
        "task: extraction\nmetrics: [hallucinated_fields]\n"
    )
    own_house.workspace.root.joinpath("datasets/forms.test.jsonl").write_text(
        '{"id": "one", "input": "a", "target": {"a": 1}}\n{"id": "two", "input": "b", "target": {"b": 1}}\n'
    )
    own_house.run("forms", lambda request: '{"a": 1}', datasets="forms", strategies="zero_shot")

    rows, total = page(own_house.store, "forms", wrong=True)

    assert (total, rows[0].sample_id, rows[0].scores) == (1, "two", {"hallucinated_fields": 1.0})


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"arm": "few_shoot"}, r"unknown arm 'few_shoot'"),
        (
            {"arm": "zero_shot"},
            r"arm 'zero_shot' fits more than one: zero_shot \| m \| lines; zero_shot \| m",
        ),
        ({"outcome": "eror"}, r"unknown outcome 'eror'\. Did you mean 'error'"),
        ({"metric": "acuracy"}, r"unknown metric 'acuracy'\. Did you mean 'accuracy'"),
        ({"metric": "macro_f1"}, r"macro_f1 is computed over all answers together.* accuracy, squad_em"),
    ],
)
def test_a_mistyped_filter_is_one_line(house, wanted, message):
    with pytest.raises(ConfigError, match=message):
        page(house.store, "plain", **wanted)
