"""A sweep with a history: right, then wrong, then right again after an edit, with one arm more."""

from __future__ import annotations

from pathlib import Path

import promptsweep
from promptsweep.reports import open_store
from promptsweep.reports.baseline_files import write_baseline
from promptsweep.reports.baselines import baseline_path, make_baseline
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Usage
from workspaces import mood, rows

GATES = [{"metric": "accuracy", "min": 0.6}]
BOTH = ["zero_shot", {"few_shot": {"k": 2}}]
LINES = [
    (f"Day {day} was {'Warm' if day % 2 else 'cold'}.", "good" if day % 2 else "bad") for day in range(40)
]


def _model(right: bool) -> FunctionModel:
    def reply(request: object) -> Completion:
        warm = "Warm" in request.messages[-1].content
        return Completion("good" if warm is right else "bad", usage=Usage(10, 2), seconds=0.25, cost=0.001)

    return FunctionModel(reply, name="m")


def make(root: Path) -> list[str]:
    """Three runs of `daily` with a baseline of the first, and one of `once`; returns the ids of `daily`."""
    workspace = mood(root, **{"datasets/mood.test.jsonl": rows(LINES)})
    lines = root / "datasets" / "mood.test.jsonl"
    ids = []
    for right, strategies in ((True, "zero_shot"), (False, "zero_shot"), (True, BOTH)):
        if len(ids) == 2:
            lines.write_text(
                lines.read_text(encoding="utf-8").replace("Day 3 was", "Day 3 is"), encoding="utf-8"
            )
        sweep = {"name": "daily", "models": "m", "datasets": "mood", "strategies": strategies, "gates": GATES}
        made = promptsweep.run(sweep, models={"m": _model(right)}, workspace=root, fresh=True)
        ids.append(made.id)
    once = {"name": "once", "models": "m", "datasets": "mood", "strategies": "zero_shot"}
    promptsweep.run(once, models={"m": _model(True)}, workspace=root)
    store = open_store(workspace)
    write_baseline(make_baseline(store, ids[0]), baseline_path(workspace, "daily"))
    store.close()
    return ids
