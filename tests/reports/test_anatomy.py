"""What is special to each strategy, worked by hand."""

from __future__ import annotations

import shutil

import pytest

from made_anatomies import ENTITIES, NEWS, STEPS, furnish, run
from promptsweep.reports import open_store, summarise
from promptsweep.reports.anatomy.density import chains, steps_of
from promptsweep.reports.anatomy.draws import draws_curve
from promptsweep.reports.anatomy.reading import examples
from promptsweep.reports.anatomy.reasoning import Range, lengths, parts
from promptsweep.reports.anatomy.shots import few_shot
from promptsweep.reports.anatomy.skeleton import speed
from promptsweep.reports.anatomy.timeline import as_it_ran, without_queueing
from promptsweep.reports.anatomy.votes import votes
from promptsweep.reports.browse import trace
from promptsweep.reports.cache import prune
from promptsweep.reports.calls import TraceCall
from promptsweep.types import Completion, Sample
from promptsweep.workspace import Workspace

STOPPING = """
from collections import Counter
from promptsweep.prompts import strategy

@strategy
async def self_consistency(sample, ask):
    votes, replies = Counter(), []
    while len(replies) < 3 and max(votes.values(), default=0) < 2:
        replies.append(await ask("answer", draw=len(replies)))
        answer = ask.parse(replies[-1])
        votes.update([answer] if answer is not None else [])
    ask.note(votes=dict(votes), abstained=len(replies) - votes.total())
    winner = votes.most_common(1)[0][0]
    return next(reply for reply in replies if ask.parse(reply) == winner)
"""
"""Draws until two agree."""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return furnish(tmp_path_factory.mktemp("anatomy"))


@pytest.fixture(scope="module")
def store(root):
    return open_store(Workspace(root))


def test_asking_at_the_same_time_is_compared_with_one_after_another_and_with_one_call(store):
    found = speed(store, "skeleton", "skeleton_of_thought")

    assert (found.records, found.calls, found.tokens) == (2, 3, 60)
    assert found.critical == pytest.approx(1 + 3)
    assert found.one_after_another == pytest.approx(1 + 2 + 3)
    assert found.wall < 1  # the model only says that it took so long
    assert found.against.arm.startswith("zero_shot")
    assert (found.against.n, found.against.critical, found.against.same_settings) == (2, 6, True)
    assert found.against.speed_up.value == pytest.approx(6 / 4)
    assert found.against.tokens.value == pytest.approx(60 / 20)


def test_without_a_one_call_arm_there_is_nothing_to_compare_with(root, store):
    identity = run(root, name="alone", datasets="whys", strategies=["skeleton_of_thought"])

    found = speed(store, identity, "skeleton_of_thought")

    assert found.against is None
    assert found.critical == pytest.approx(4)  # also where every reply came from the store


def call(stage, started, ended, seconds):
    return TraceCall(stage, stage, None, Completion("", seconds=seconds), started, ended, None)


def test_a_timeline_without_queueing_ends_with_the_critical_path():
    # One reply at a time was served: the second expansion waited for the first.
    calls = [call("skeleton", 0, 1, 1.0), call("expand", 1, 3, 2.0), call("expand", 1, 6, 3.0)]

    assert [(bar.started, bar.ended) for bar in as_it_ran(calls)] == [(0, 1), (1, 3), (1, 6)]
    assert [(bar.started, bar.ended) for bar in without_queueing(calls)] == [(0, 1), (1, 3), (1, 4)]


def test_a_stored_record_s_timeline_ends_with_the_critical_path_it_was_stored_with(store):
    found = trace(store, "skeleton", "why-0", "skeleton_of_thought")

    bars = without_queueing(found.calls)

    assert max(bar.ended for bar in bars) == pytest.approx(found.critical_seconds)
    assert [bar.stage for bar in bars] == ["skeleton", "expand", "expand"]


def test_the_votes_of_a_run_by_hand(store):
    found = votes(store, "votes", "self_consistency")

    assert (found.metric, found.records, found.draws) == ("numeric_match", 3, 9)
    assert (found.abstained, found.unanimous) == (1, 1)
    shares = [(round(one.share, 3), one.records, one.right.value) for one in found.shares]
    assert shares == [(0.333, 1, 0.0), (0.667, 1, 1.0), (1.0, 1, 1.0)]
    assert found.calibration_error == pytest.approx((1 / 3 + 1 / 3 + 0) / 3)


def test_the_curve_of_fewer_draws_by_hand(store):
    found = draws_curve(store, "votes", "self_consistency")

    # By sample: 2/3, 1, 1 of a draw, of two, of three; 1/3, 1/3, 0 where the tie is lost; and always 1.
    assert [point.value for point in found.points] == pytest.approx([2 / 3, 7 / 9, 2 / 3])
    assert (found.used, found.read, found.records) == (3, 3, 3)
    [arm] = summarise(store, store.find_run("votes").id, 1)
    assert found.points[-1] == arm.metrics["numeric_match"]


@pytest.mark.parametrize("name", ["votes", "shots"])
def test_with_all_draws_the_curve_is_the_arm_s_score(store, name):
    arms = summarise(store, store.find_run(name).id, 1)
    [arm] = [one for one in arms if one.strategy == "self_consistency"]

    found = draws_curve(store, name, arm.arm)

    assert found.used == found.records
    assert found.points[-1] == arm.metrics[found.metric]


def test_samples_with_different_numbers_of_draws_have_no_curve(root, store):
    place = root / "prompts" / "self_consistency"  # the workspace's own strategy goes before the built-in
    place.mkdir()
    (place / "answer.j2").write_text("{% user %}\n{{ input }}\n", encoding="utf-8")
    (place / "strategy.py").write_text(STOPPING, encoding="utf-8")
    identity = run(root, name="stopping", datasets="sums", strategies=["self_consistency"])
    shutil.rmtree(place)

    assert votes(store, identity, "self_consistency").draws == 2 + 3 + 2
    assert draws_curve(store, identity, "self_consistency") is None


def test_pruned_replies_have_no_curve_but_keep_their_votes(tmp_path):
    furnished = open_store(Workspace(furnish(tmp_path)))
    prune(furnished, keep_runs=False)

    assert draws_curve(furnished, "votes", "self_consistency") is None
    assert votes(furnished, "votes", "self_consistency").unanimous == 1
    assert speed(furnished, "skeleton", "skeleton_of_thought").one_after_another is None


def test_the_steps_of_a_chain_by_hand():
    noted = [{"summary": summary, "entities": added} for added, summary in STEPS]

    steps = steps_of(
        Sample("n", NEWS, ("Ann Lee met Bob in Rome",), {"entities": ENTITIES}), {"steps": noted}
    )

    assert [step.words for step in steps] == [13, 14, 14, 15, 12]
    assert [len(step.found) for step in steps] == [1, 3, 2, 4, 5]
    assert [step.added for step in steps[:3]] == [("Ann Lee",), ("Bob", "Rome"), ()]
    assert [step.dropped for step in steps] == [(), (), ("Rome",), (), ()]
    assert [step.invented for step in steps] == [(), (), ("Paris",), (), ()]
    assert steps[1].measure("density") == pytest.approx(3 / 14)
    # All six words of the target are in the 14 of step 2: F1 = 2·6/(14 + 6).
    assert steps[1].measure("rouge1") == pytest.approx(12 / 20)


def test_without_a_list_the_entities_are_what_the_model_names_and_the_source_has():
    noted = [{"summary": "Bob was in Paris.", "entities": "Bob; Paris"}]

    [step] = steps_of(Sample("n", NEWS), {"steps": noted})

    assert step.claimed == ("Bob", "Paris")
    assert (step.found, step.invented) == (("Bob",), ("Paris",))
    assert step.rouge == {}


@pytest.mark.parametrize("noted", [{}, {"steps": []}, {"steps": ["text"]}, {"steps": [{"entities": ["x"]}]}])
def test_a_record_without_a_chain_has_no_steps(noted):
    assert steps_of(Sample("n", NEWS), noted) == []


def test_the_recipe_is_checked_and_every_step_has_its_means(store):
    found = chains(store, "dense", "chain_of_density")

    broken = {check.name: (check.broken, check.of) for check in found.checks}
    assert broken == {
        "steps": (0, 1),
        "length": (1, 1),
        "kept": (1, 1),
        "rising": (1, 1),
        "in_source": (1, 1),
    }
    assert {check.example for check in found.checks if check.broken} == {"news-0"}
    assert [step["words"].value for step in found.steps] == [13, 14, 14, 15, 12]
    assert (found.returned, found.read, found.without) == (3, 1, 0)


def test_few_shot_arms_are_put_together_by_examples_with_the_spread_of_their_orders(store):
    [series] = few_shot(store, "shots")

    arms = {one.arm: one for one in summarise(store, store.find_run("shots").id, 1)}
    assert [(point.select, point.k, len(point.seeds)) for point in series.points] == [
        ("balanced", 2, 3),
        ("balanced", 4, 3),
    ]
    for point in series.points:
        values = [arms[seed.arm].metrics["accuracy"].value for seed in point.seeds]
        assert [seed.value for seed in point.seeds] == pytest.approx(values)
        assert point.value.value == pytest.approx(sum(values) / 3)
        assert point.spread == pytest.approx(max(values) - min(values))
        assert point.value.n == 6
    assert max(point.spread for point in series.points) > 0


def test_one_seed_has_the_interval_of_the_leaderboard_and_no_spread(root, store):
    identity = run(root, name="one", datasets="mood", strategies=[{"few_shot": {"k": 2}}])

    [point] = few_shot(store, identity)[0].points

    [arm] = summarise(store, identity, 1)
    assert point.value == arm.metrics["accuracy"]
    assert point.spread is None


@pytest.mark.parametrize(
    ("reply", "reasoning", "closing"),
    [
        ("Two and two.\nAnswer: 4", "Two and two.", "Answer: 4"),
        ("Answer: 3? No.\nSo four.\nAnswer: 4\n", "Answer: 3? No.\nSo four.", "Answer: 4"),
        ("둘 더하기 둘.\n정답: 4", "둘 더하기 둘.", "정답: 4"),
        ("It is four.", "It is four.", ""),
        ("", "", ""),
    ],
)
def test_the_reasoning_ends_where_the_last_answer_line_begins(reply, reasoning, closing):
    assert parts(reply) == (reasoning, closing)


def test_the_length_of_reasoning_by_hand(store):
    found = lengths(store, "thought", "chain_of_thought")

    # "Answer: 4" and "Answer: 9" have no reasoning; "I do not know." is wrong after four words.
    assert (found.right.value, found.wrong.value) == (0, 4)
    assert found.ranges == (
        Range(0, 1, 2, 0),
        Range(1, 2, 0, 0),
        Range(2, 3, 0, 0),
        Range(3, 4, 0, 0),
        Range(4, 5, 0, 1),
    )


def test_samples_to_choose_from_come_in_the_order_of_evaluation(store):
    assert [one.id for one in examples(store, "votes", "self_consistency")] == ["sum-0", "sum-1", "sum-2"]
