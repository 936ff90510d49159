"""Grades in the store: given, changed, taken back, exported; in an older store too, and during a run."""

from __future__ import annotations

import json
import threading
import unicodedata
from datetime import UTC, datetime

import pandas as pd
import pytest
from sqlalchemy import func, inspect, select, update

from promptsweep.api import Run
from promptsweep.errors import ConfigError, IncompleteError
from promptsweep.reports import open_store, schema
from promptsweep.reports.cache import delete_run
from promptsweep.reports.export import export
from promptsweep.reports.grades import Mode, Subject, all_grades, give, grades, state, take_back

LINE = Subject("line-3", 0, 1)


@pytest.fixture
def run(own_house):
    return own_house.store.find_run("plain").id


def test_a_grade_is_kept_with_who_gave_it_and_when(own_house, run):
    began = datetime.now(UTC)
    give(own_house.store, run, Mode.RATING, "지민", LINE, 4, "꽤 좋다")

    [grade] = all_grades(open_store(own_house.workspace, own_house.url), run)

    assert (grade.mode, grade.grader, grade.subject) == (Mode.RATING, "지민", LINE)
    assert (grade.value, grade.note) == (4, "꽤 좋다")
    assert began <= grade.created <= datetime.now(UTC)


def test_the_last_grade_of_a_subject_counts_and_it_can_be_taken_back(own_house, run):
    store, key = own_house.store, (own_house.store, run, Mode.VERDICT, "ann")
    give(*key, LINE, 1, "sure")
    give(*key, Subject("line-4", 0, 1), 1)
    give(*key, LINE, 0)

    found = grades(*key)
    assert list(found) == [Subject("line-4", 0, 1), LINE]  # the newest last
    assert (found[LINE].value, found[LINE].note) == (0, None)

    take_back(*key, LINE)
    take_back(*key, LINE)
    assert [grade.subject.sample_id for grade in all_grades(store, run)] == ["line-4"]


def test_graders_modes_arms_and_repeats_do_not_touch_each_other(own_house, run):
    subjects = [LINE, Subject("line-3", 1, 1), Subject("line-3", 0, 2), Subject("line-3", 0, 1, 2)]
    for grader in ("ann", "bob"):
        for mode in (Mode.VERDICT, Mode.PREFERENCE):
            for subject in subjects:
                give(own_house.store, run, mode, grader, subject, 1)

    take_back(own_house.store, run, Mode.VERDICT, "ann", LINE)

    assert len(all_grades(own_house.store, run)) == 15
    assert set(grades(own_house.store, run, Mode.VERDICT, "ann")) == set(subjects[1:])
    assert set(grades(own_house.store, run, Mode.VERDICT, "bob")) == set(subjects)


def test_a_name_is_the_same_in_every_unicode_form(own_house, run):
    give(own_house.store, run, Mode.VERDICT, unicodedata.normalize("NFD", "지민"), LINE, 1)
    give(own_house.store, run, Mode.VERDICT, "지민", LINE, 0)

    assert grades(own_house.store, run, Mode.VERDICT, unicodedata.normalize("NFD", "지민"))[LINE].value == 0
    assert len(all_grades(own_house.store, run)) == 1


@pytest.mark.parametrize(("mode", "value"), [(Mode.VERDICT, 2), (Mode.RATING, 0), (Mode.PREFERENCE, 3)])
def test_a_value_that_the_mode_does_not_have_is_refused(own_house, run, mode, value):
    with pytest.raises(ValueError, match=f"{value} is no {mode}: "):
        give(own_house.store, run, mode, "ann", LINE, value)


def test_every_change_changes_the_state(own_house, run):
    states = [state(own_house.store, run)]
    for change in (
        lambda: give(own_house.store, run, Mode.VERDICT, "ann", LINE, 1),
        lambda: give(own_house.store, run, Mode.VERDICT, "ann", LINE, 0),
        lambda: take_back(own_house.store, run, Mode.VERDICT, "ann", LINE),
    ):
        change()
        states.append(state(own_house.store, run))

    assert states[0] == states[-1] == (0, 0.0)
    assert len(set(states)) == 3


def test_a_store_of_version_1_gets_the_table_and_keeps_what_it_holds(own_house, run):
    path = own_house.workspace.store_path
    with own_house.store.engine.begin() as connection:
        for table in (schema.grades, schema.duels):
            table.drop(connection)
        connection.execute(update(schema.meta).values(value="1"))
    own_house.store.close()

    store = open_store(own_house.workspace, str(path))

    with store.engine.connect() as connection:
        made = {column["name"]: column for column in inspect(connection).get_columns("grades")}
        assert connection.scalar(select(schema.meta.c.value)) == str(schema.VERSION)
        assert connection.scalar(select(func.count()).select_from(schema.records)) == 66 + 132
        duels = [column["name"] for column in inspect(connection).get_columns("duels")]
    assert (list(made), duels) == (schema.grades.c.keys(), schema.duels.c.keys())
    give(store, run, Mode.VERDICT, "ann", LINE, 1)
    assert len(all_grades(open_store(own_house.workspace, own_house.url), run)) == 1


def test_two_processes_may_bring_the_same_store_up_to_date(own_house):
    with own_house.store.engine.begin() as connection:
        for table in (schema.grades, schema.duels):
            table.drop(connection)
        connection.execute(update(schema.meta).values(value="1"))
    failures = []

    def opens():
        try:
            open_store(own_house.workspace).close()
        except ConfigError as error:
            failures.append(error)

    threads = [threading.Thread(target=opens) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures


def test_grades_are_given_while_a_run_is_written(own_house, run):
    began, graded = threading.Event(), threading.Event()

    def waiting(request):
        began.set()
        if "Line 20 " in request.messages[-1].content:
            assert graded.wait(30)  # the run cannot end before answers were graded
        return "good"

    writing = threading.Thread(
        target=own_house.run,
        args=("going", waiting),
        kwargs={"datasets": "lines", "strategies": "zero_shot", "repeats": 3, "fresh": True},
    )
    writing.start()
    assert began.wait(30)
    for place in range(30):
        give(own_house.store, run, Mode.VERDICT, "ann", Subject(f"line-{place}", 0, 1), place % 2)
        if place == 10:
            graded.set()
    writing.join()

    assert len(grades(own_house.store, run, Mode.VERDICT, "ann")) == 30
    going = Run(own_house.store.find_run("going").id, own_house.store)
    assert (going.status, len(going.records())) == ("done", 90)


def test_a_store_that_stays_locked_is_one_line_and_no_grade(own_house, run):
    impatient = open_store(own_house.workspace, f"sqlite:///{own_house.workspace.store_path}?timeout=0.1")
    alone = own_house.store.engine.connect().execution_options(alone=True)
    with alone, alone.begin(), pytest.raises(IncompleteError, match="cannot be written: database is locked"):
        give(impatient, run, Mode.VERDICT, "ann", LINE, 1)

    assert not all_grades(own_house.store, run)


def test_a_removed_run_takes_its_grades_along(own_house, run):
    other = own_house.store.find_run("twice").id
    for identity in (run, other):
        give(own_house.store, identity, Mode.VERDICT, "ann", LINE, 1)

    delete_run(own_house.store, run)

    assert (len(all_grades(own_house.store, run)), len(all_grades(own_house.store, other))) == (0, 1)


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_grades_are_exported_where_there_are_any(own_house, run, tmp_path, form):
    few, zero = (arm.id for arm in own_house.store.arms(run) if arm.dataset == "lines")
    assert len(export(own_house.store, run, tmp_path, form)) == 3

    give(own_house.store, run, Mode.VERDICT, "ann", Subject("line-3", 0, few), 1)
    give(own_house.store, run, Mode.PREFERENCE, "지민", Subject("line-4", 0, few, zero), -1, "둘 다 별로")
    path = export(own_house.store, run, tmp_path, form)[3]

    assert path.name == f"{run}.grades.{form}"
    read = {
        "csv": pd.read_csv,
        "parquet": pd.read_parquet,
        "jsonl": lambda file: pd.DataFrame(map(json.loads, file.read_text("utf-8").splitlines())),
    }
    frame = read[form](path)
    assert list(frame["value"]) == [1, -1]
    assert list(frame["grader"]) == ["ann", "지민"]
    assert pd.isna(frame["other"][0])
    assert {frame["arm"][1], frame["other"][1]} == {"zero_shot | m | lines", "few_shot(k=2) | m | lines"}
    assert frame["note"][1] == "둘 다 별로"
    assert pd.Timestamp(frame["created"][0]).tzinfo is not None


def test_a_run_hands_its_grades_out_as_a_frame(own_house, run):
    give(own_house.store, run, Mode.RATING, "ann", LINE, 5)

    frame = Run(run, own_house.store).grades()

    assert frame.loc[0, ["sample_id", "repeat", "mode", "grader", "value"]].tolist() == [
        "line-3",
        0,
        "rating",
        "ann",
        5,
    ]
    assert Run(own_house.store.find_run("twice").id, own_house.store).grades().empty
