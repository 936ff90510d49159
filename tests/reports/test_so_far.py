"""An arm's figure while its run goes on."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from promptsweep import api
from promptsweep.reports import schema
from promptsweep.reports.grown import sizes
from promptsweep.reports.so_far import SoFar, so_far
from promptsweep.stats import Betting
from promptsweep.testing import FunctionModel

RECORDS, SCORES = schema.records, schema.scores


def figure(house, run, place=0):
    row = house.store.find_run(run)
    with house.store.engine.connect() as connection:
        return so_far(connection, row, house.store.arms(row.id)[place])


def check(house, up_to=30, repeats_to=None):
    """A check that looked at 10 samples, and asked for all 30."""
    sweep = {
        "name": "grown",
        "models": "m",
        "datasets": "lines",
        "strategies": "zero_shot",
        "limit": 10,
        "gates": [{"metric": "accuracy", "min": 0.5}],
    }
    models = {"m": FunctionModel(lambda _: "good", name="m")}
    made = api.check(
        sweep, house.workspace, house.store, models=models, up_to=up_to, repeats_to=repeats_to, fresh=True
    )
    return made.run


def remove(house, run, positions, repeat=0):
    """Takes records away, as if they were still under way."""
    [arm] = house.store.arms(run)
    gone = [schema.record_id(arm.id, repeat, position) for position in positions]
    with house.store.engine.begin() as connection:
        connection.execute(delete(SCORES).where(SCORES.c.record.in_(gone)))
        connection.execute(delete(RECORDS).where(RECORDS.c.id.in_(gone)))


def values(house, run):
    """The scores in the order in which the samples were asked."""
    with house.store.engine.connect() as connection:
        return list(
            connection.scalars(select(SCORES.c.value).order_by(SCORES.c.record).where(of(house, run)))
        )


def of(house, run):
    [arm] = house.store.arms(run)
    return SCORES.c.record.between(*schema.record_range(arm.id))


def ends(betting):
    return (betting.interval.low + 1) / 2, (betting.interval.high + 1) / 2


def test_in_the_order_of_the_file_the_ends_are_those_of_what_may_still_come(own_house):
    """Twelve of thirty are done, and `good` is right for every second line."""
    run = own_house.run("half", datasets="lines", strategies="zero_shot", budget={"requests": 12}, fresh=True)

    found = figure(own_house, run)

    assert (found.metric, found.limits) == ("accuracy", "certain")
    assert found.mean == pytest.approx(6 / 12)
    assert (found.low, found.high) == pytest.approx((6 / 30, 24 / 30))


def test_when_all_is_done_the_ends_meet(house):
    assert figure(house, "plain") == SoFar("accuracy", 0.5, 0.5, 0.5, "certain")


def test_an_error_may_still_become_anything(house):
    """Few-shot: 28 of 30 right, line 7 an error, line 8 wrong."""
    found = figure(house, "plain", 2)

    assert (found.low, found.high) == pytest.approx((28 / 30, 29 / 30))
    assert found.mean == pytest.approx(28 / 29)


def test_repeats_are_planned_too(house):
    assert figure(house, "twice").high == pytest.approx(0.5)


def test_before_the_first_score_there_is_nothing_to_say(own_house):
    run = own_house.run("none", datasets="lines", strategies="zero_shot", budget={"requests": 1}, fresh=True)
    remove(own_house, run, range(30))

    assert figure(own_house, run) is None


def test_in_random_order_the_interval_is_the_betting_one(own_house):
    run = check(own_house)
    scores = values(own_house, run)
    betting = Betting(0.05)
    betting.add([2 * score - 1 for score in scores])

    found = figure(own_house, run)

    assert found.limits == "anytime"
    assert len(scores) > 10
    assert (found.low, found.high) == pytest.approx(ends(betting))
    assert found.mean == pytest.approx(sum(scores) / len(scores))


def test_only_the_samples_before_the_first_that_is_under_way_are_bet_on(own_house):
    run = check(own_house)
    scores = values(own_house, run)
    remove(own_house, run, [7])
    betting = Betting(0.05)
    betting.add([2 * score - 1 for score in scores[:7]])

    found = figure(own_house, run)

    assert (found.low, found.high) == pytest.approx(ends(betting))
    assert found.mean == pytest.approx(sum(scores[:7]) / 7)


def test_with_the_first_sample_under_way_the_ends_are_certain_ones(own_house):
    run = check(own_house)
    remove(own_house, run, [0])

    assert figure(own_house, run).limits == "certain"


def test_a_metric_beyond_0_to_1_has_a_mean_alone(own_house):
    """Its scores are counts of words, but somebody calls it a measure of quality."""
    [_, facts, *_] = own_house.store.arms(own_house.store.find_run("plain").id)
    with own_house.store.engine.begin() as connection:
        connection.execute(
            SCORES.update().where(SCORES.c.record.between(*schema.record_range(facts.id))).values(value=7.0)
        )

    assert figure(own_house, "plain", 1) == SoFar("squad_em", 7.0, 7.0, 7.0, "none")


def test_a_check_that_asks_for_more_is_in_progress_until_the_last_look_is_judged(own_house):
    with own_house.store.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE told (status TEXT)")
        connection.exec_driver_sql(
            "CREATE TRIGGER tells AFTER UPDATE OF status ON runs "
            "BEGIN INSERT INTO told VALUES (new.status); END"
        )

    run = check(own_house)

    with own_house.store.engine.connect() as connection:
        *before, last = connection.exec_driver_sql("SELECT status FROM told").scalars()
        looks = len(list(sizes(10, own_house.store.arms(run)[0].planned)))
    assert looks > 1
    assert before == ["running"] * 2 * looks
    assert last == "done"
