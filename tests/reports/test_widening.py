"""What each width of a retrieval that widens was worth, and what it cost."""

from __future__ import annotations

import pytest

import promptsweep
from promptsweep.reports import open_store
from promptsweep.reports.anatomy.widening import widenings
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Usage
from workspaces import write

NAMES = ["anvil", "bell", "clock", "drum"]
ENOUGH = {"anvil": 1, "bell": 2, "clock": 4, "drum": 9}
"""Passages that must be shown before the model answers."""


def answer(request):
    text = request.messages[-1].content
    shown = text.count("<passage>")
    [asked] = [name for name in NAMES if f"Who made the {name}?" in text]
    right = "smith" if shown >= ENOUGH[asked] else "not enough information"
    return Completion(right, usage=Usage(10 * shown, 1), cost=0.001 * shown)


def widened(root, params, metrics):
    table = [
        {"id": name, "input": f"Who made the {name}?", "context": f"The {name} is old.", "target": "smith"}
        for name in NAMES
    ]
    workspace = write(root, {"datasets/q.yaml": {"task": "qa"}, "datasets/q.test.jsonl": table})
    content = {"datasets": "q", "models": "m", "strategies": [{"retrieve": params}], "metrics": metrics}
    model = FunctionModel(answer, name="m")
    run = promptsweep.run(content, models={"m": model}, workspace=workspace.root)
    return run, open_store(workspace)


def test_score_answers_and_cost_grow_with_what_is_shown(tmp_path):
    run, store = widened(tmp_path, {"top": 1, "widest": 4}, ["squad_em"])

    [found] = widenings(store, run.id)

    assert (found.metric, found.used) == ("squad_em", 4)
    assert [width.passages for width in found.widths] == [1, 2, 4]
    assert [width.score.value for width in found.widths] == [1 / 4, 2 / 4, 3 / 4]
    assert [width.answered for width in found.widths] == [1 / 4, 2 / 4, 3 / 4]
    costs = [1, (1 + 3 * 3) / 4, (1 + 3 + 2 * 7) / 4]  # in thousandths: 1; 1 + 2 = 3; 1 + 2 + 4 = 7
    assert [width.usd for width in found.widths] == pytest.approx([cost / 1000 for cost in costs])


def test_the_last_width_is_the_arm_itself(tmp_path):
    run, store = widened(tmp_path, {"top": 1, "widest": 4}, ["squad_em"])

    [found] = widenings(store, run.id)
    [row] = run.table().to_dict("records")

    assert found.widths[-1].score.value == row["squad_em"]
    assert found.widths[-1].usd * 4 == pytest.approx(row["cost_usd"])


@pytest.mark.parametrize(
    ("params", "metrics"),
    [({"top": 2}, ["squad_em"]), ({"top": 1, "widest": 4}, [{"recall_at": {"k": 1}}])],
)
def test_an_arm_that_never_widens_or_whose_replies_are_not_scored_has_no_curve(tmp_path, params, metrics):
    run, store = widened(tmp_path, params, metrics)

    assert widenings(store, run.id) == []
