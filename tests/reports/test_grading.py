"""Which answers are graded, and in which order."""

from __future__ import annotations

import tracemalloc

import pytest

from promptsweep.errors import ConfigError
from promptsweep.reports.grades import Mode, Subject
from promptsweep.reports.grading import Draw, question, subjects, swapped
from promptsweep.types import Outcome

ZERO, FEW = "zero_shot | m | lines", "few_shot(k=2) | m | lines"
VERDICT, RATING, PREFERENCE = Mode.VERDICT, Mode.RATING, Mode.PREFERENCE


@pytest.fixture(scope="module")
def numbers(house):
    """Label → number of an arm of the run `plain`."""
    return {arm.label: arm.id for arm in house.store.arms(house.store.find_run("plain").id)}


@pytest.fixture(scope="module")
def drawn(house):
    def drawn(mode, *arms, run="plain", samples=100, seed=0, **more):
        draw = Draw(mode, arms, samples, seed, **more)
        return subjects(house.store, house.store.find_run(run).id, draw)

    return drawn


def ids(found):
    return [subject.sample_id for subject in found]


def test_all_answers_of_an_arm_are_graded_but_errors(drawn):
    found = drawn(VERDICT, FEW)

    assert sorted(ids(found)) == sorted(f"line-{place}" for place in range(30) if place != 7)
    assert ids(found) != sorted(ids(found))


def test_the_same_draw_is_the_same_for_everybody_and_every_mode(drawn):
    assert drawn(VERDICT, FEW, samples=5) == drawn(RATING, FEW, samples=5)
    assert ids(drawn(VERDICT, FEW, samples=5, seed=1)) != ids(drawn(VERDICT, FEW, samples=5))


def test_more_samples_keep_those_before(drawn):
    assert set(drawn(VERDICT, FEW, samples=5)) < set(drawn(VERDICT, FEW, samples=9))


def test_arms_are_graded_on_the_same_samples_mixed(drawn, numbers):
    found = drawn(VERDICT, ZERO, FEW, samples=12)

    by_arm = {arm: {one.sample_id for one in found if one.arm == numbers[arm]} for arm in (ZERO, FEW)}
    assert len(by_arm[ZERO]) == 12
    assert by_arm[FEW] == by_arm[ZERO] - {"line-7"}  # an error, if it was drawn
    arms = [one.arm for one in found]
    assert arms not in (sorted(arms), sorted(arms, reverse=True))


def test_failures_are_what_could_not_be_read_and_what_is_not_perfect(drawn):
    assert sorted(ids(drawn(VERDICT, FEW, failures=True))) == ["line-8"]
    wrong = drawn(VERDICT, ZERO, failures=True)
    assert sorted(ids(wrong)) == sorted(f"line-{place}" for place in range(0, 30, 2))


def test_a_preference_is_between_two_answers_to_one_sample(drawn, numbers):
    found = drawn(PREFERENCE, FEW, ZERO)

    assert len(found) == 29
    low, high = sorted((numbers[FEW], numbers[ZERO]))
    assert {(one.arm, one.other) for one in found} == {(low, high)}
    assert found == drawn(PREFERENCE, ZERO, FEW)
    assert len(drawn(PREFERENCE, ZERO, FEW, failures=True)) == 15  # line-8 fails in both


@pytest.mark.parametrize("arms", [(FEW,), (FEW, FEW), (FEW, ZERO, "zero_shot | m | facts")])
def test_a_preference_between_other_than_two_arms_is_refused(drawn, arms):
    with pytest.raises(ConfigError, match="between two arms"):
        drawn(PREFERENCE, *arms)


def test_arms_on_different_samples_have_nothing_to_compare(drawn):
    assert drawn(PREFERENCE, FEW, "zero_shot | m | facts") == []


def test_an_unknown_arm_is_named_with_the_nearest(drawn):
    with pytest.raises(ConfigError, match="unknown arm 'few_shoot'"):
        drawn(VERDICT, "few_shoot")


def test_another_repeat_has_its_own_answers(drawn):
    assert len(drawn(VERDICT, FEW, run="twice", repeat=1)) == 30
    assert {one.repeat for one in drawn(VERDICT, FEW, run="twice", repeat=1)} == {1}
    assert drawn(VERDICT, FEW, repeat=1) == []


def test_a_question_is_the_sample_the_answer_and_the_reply(house, numbers):
    run = house.store.find_run("plain").id

    read = question(house.store, run, Subject("line-3", 0, numbers[FEW]))
    unread = question(house.store, run, Subject("line-8", 0, numbers[FEW]))

    assert (read.sample.input, read.sample.targets) == ("Line 3 is sunny.", ("good",))
    assert [(one.answer, one.outcome, one.reply) for one in read.answers] == [("good", Outcome.OK, "good")]
    assert unread.answers[0].answer is None
    assert unread.answers[0].reply == "I cannot tell."


def test_a_question_about_two_arms_has_both_answers_in_their_order(house, numbers):
    low, high = sorted((numbers[FEW], numbers[ZERO]))
    expected = {numbers[FEW]: "bad", numbers[ZERO]: "good"}

    found = question(house.store, house.store.find_run("plain").id, Subject("line-4", 0, low, high))

    assert [one.answer for one in found.answers] == [expected[low], expected[high]]


def test_an_answer_that_is_gone_is_one_line(house, numbers):
    with pytest.raises(ConfigError, match="'line-99' has no answer any more"):
        question(house.store, house.store.find_run("plain").id, Subject("line-99", 0, numbers[FEW]))


def test_sides_are_swapped_for_half_of_the_samples_and_each_grader_in_a_way_of_their_own():
    subjects = [Subject(f"s-{place}", 0, 1, 2) for place in range(1_000)]
    ann, bob = ([swapped(one, grader) for one in subjects] for grader in ("ann", "bob"))

    assert ann == [swapped(one, "ann") for one in subjects]
    assert 430 < sum(ann) < 570
    assert 430 < sum(a == b for a, b in zip(ann, bob, strict=True)) < 570


def test_memory_grows_with_the_draw_and_not_with_the_run(own_house):
    def peak(count):
        rows = "".join(f'{{"id": "{i}", "input": "{i}", "target": "good"}}\n' for i in range(count))
        own_house.workspace.root.joinpath("datasets/lines.test.jsonl").write_text(rows)
        name = f"of {count}"
        run = own_house.run(name, datasets="lines", strategies="zero_shot", metrics=["accuracy"])
        draw = Draw(VERDICT, ("zero_shot",), 10, 0)
        assert len(subjects(own_house.store, run, draw)) == 10
        tracemalloc.start()
        subjects(own_house.store, run, draw)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(6_000) < 1.3 * peak(3_000)
