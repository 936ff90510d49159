"""The models of a store's runs."""

from __future__ import annotations

import contextlib

import promptsweep
from promptsweep.reports import open_store
from promptsweep.reports.recent import recent_models
from promptsweep.testing import FunctionModel
from workspaces import mood


def test_the_model_that_was_used_last_comes_first_and_once(tmp_path):
    place = mood(tmp_path)
    for name in ("a", "b", "a"):
        models = {name: FunctionModel(lambda _: "good", name=name)}
        sweep = {"name": "s", "datasets": "mood", "strategies": "zero_shot", "models": name}
        promptsweep.run(sweep, models=models, workspace=place.root, limit=1)

    with contextlib.closing(open_store(place)) as store:
        assert recent_models(store, 5) == ["a", "b"]
        assert recent_models(store, 1) == ["a"]
