"""A run that may grow: nested samples in a random order that never changes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep import api
from promptsweep.reports.grown import sizes
from promptsweep.reports.growth import Growing
from promptsweep.testing import FunctionModel
from promptsweep.workspace import Workspace
from workspaces import rows, write

MODELS = {"m": FunctionModel(lambda _: "good", name="m")}
SWEEP = {"datasets": "lines", "models": "m", "strategies": "zero_shot", "limit": 12}
LINES = [(f"Line {i}", "good" if i % 3 else "bad") for i in range(60)]


def growing(root, up_to=50, known=None, repeats_to=None, cluster=None, **changes):
    made = [row | {"page": str(place // 5)} for place, row in enumerate(rows(LINES, "line"))]
    card = {"task": "classification", "labels": ["good", "bad"], "instruction": "Judge.", "cluster": cluster}
    workspace = write(
        root,
        {
            "datasets/lines.yaml": {key: value for key, value in card.items() if value},
            "datasets/lines.test.jsonl": made,
        },
    )
    return Growing.of(api.plan(SWEEP | changes, workspace, models=MODELS), up_to, repeats_to, known)


def ids(look):
    return [sample.id for sample in look.plan.arms[0].selection]


def looks(first):
    found = [first]
    [label] = first.orders
    while (following := found[-1].further({label})) is not None:
        found.append(following)
    return found


def test_every_look_begins_with_the_samples_of_the_one_before(tmp_path):
    found = looks(growing(tmp_path))

    assert [len(ids(look)) for look in found] == [12, 22, 33, 50]
    for before, after in pairwise(found):
        assert ids(after)[: len(ids(before))] == ids(before)
    assert len(set(ids(found[-1]))) == 50


def test_the_first_look_has_the_samples_of_the_plain_run_in_a_random_order(tmp_path):
    found = growing(tmp_path)
    [plain] = api.plan(SWEEP, Workspace(tmp_path), models=MODELS).arms
    asked = [sample.id for sample in plain.selection]

    assert sorted(ids(found)) == sorted(asked)
    assert ids(found) != asked


def test_the_order_hangs_on_the_seed_alone(tmp_path):
    one, same, other = (growing(tmp_path, seed=seed) for seed in (1, 1, 2))

    assert looks(one)[-1].orders == looks(same)[-1].orders
    assert one.orders != other.orders
    assert one.plan.arms[0].arm.key == same.plan.arms[0].arm.key != other.plan.arms[0].arm.key


def test_a_grown_arm_is_no_plain_arm_as_its_positions_differ(tmp_path):
    found = growing(tmp_path)
    [plain] = api.plan(SWEEP, Workspace(tmp_path), models=MODELS).arms

    assert found.plan.arms[0].arm.key != plain.arm.key


def test_only_what_a_baseline_knows_is_added(tmp_path):
    whole = looks(growing(tmp_path))[-1].orders
    [order] = whole.values()
    known = {"lines": {(sample.id, sample.digest[:16]) for sample in order[:20]}}

    [last] = looks(growing(tmp_path, known=known))[-1].orders.values()

    assert len(last) == 20
    assert {sample.id for sample in last} == {sample.id for sample in order[:20]}


def test_samples_of_one_cluster_come_one_after_the_other(tmp_path):
    order = [
        sample.fields["page"] for sample in next(iter(growing(tmp_path, 60, cluster="page").orders.values()))
    ]

    for part in (order[:12], order[12:]):
        changes = sum(one != other for one, other in pairwise(part))
        assert changes == len(set(part)) - 1


def test_samples_first_and_then_the_repeats_are_doubled(tmp_path):
    found = looks(growing(tmp_path, up_to=20, repeats_to=5, repeats=2))

    assert [(len(ids(look)), look.plan.repeats) for look in found] == [(12, 2), (20, 2), (20, 4), (20, 5)]


def test_arms_that_are_settled_are_asked_nothing_more(tmp_path):
    found = growing(tmp_path, up_to=None, repeats_to=2, strategies=["zero_shot", "chain_of_thought"])
    settled, unsettled = found.orders

    plan, finished = found.further({unsettled}).to_run()

    assert finished == 12
    assert {one.arm.label: list(one.selection) == [] for one in plan.arms} == {
        settled: True,
        unsettled: False,
    }
    assert plan.total == 24


@given(st.integers(1, 500), st.integers(0, 2_000))
def test_the_looks_of_a_stored_run_are_those_that_were_made(first, more):
    found = list(sizes(first, first + more))

    assert found[0] == first
    assert found[-1] == first + more
    assert all(after >= before * 1.5 or after == first + more for before, after in pairwise(found))


@pytest.mark.parametrize("up_to", [None, 5])
def test_there_is_nothing_to_add_beyond_the_limit(tmp_path, up_to):
    assert len(looks(growing(tmp_path, up_to=up_to))) == 1
