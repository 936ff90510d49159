"""Judges for stored answers: a stored run's judges as they are today, and new ones for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from promptsweep.api.endpoints import without_key
from promptsweep.datasets import load as load_dataset
from promptsweep.metrics import Judge
from promptsweep.metrics import resolve as resolve_metrics
from promptsweep.models import Model
from promptsweep.models import load as load_model
from promptsweep.prompts import Templates
from promptsweep.reports.identities import FORMS
from promptsweep.reports.store import loads
from promptsweep.runners.panels import Panel, Panels
from promptsweep.types import JSON
from promptsweep.workspace import Workspace


class StoredPanels:
    """Loads judges for the arms of a stored run."""

    def __init__(
        self, run: Any, workspace: Workspace, models: Mapping[str, Model] | None, *, unsent: bool = False
    ):
        """With `unsent` nobody asks the judges anything, so that their keys need not be set."""
        self._workspace, self.models, self._unsent = workspace, dict(models or {}), unsent
        self._forms = loads(run.versions).get(FORMS, {})
        self._panels = Panels(Templates(workspace.roots), self._model)

    def panel(self, arm: Any, spec: Mapping[str, JSON], *, pairwise: bool = False) -> Panel:
        """A judge for an arm (its row); ConfigError where it cannot judge it."""
        dataset = load_dataset(arm.dataset, self._workspace)
        [judge] = resolve_metrics([spec], dataset.card.task, self._workspace.root)
        assert isinstance(judge, Judge)
        if pairwise:
            judge = replace(judge, kind="preference")
        form = self._forms.get(arm.model)
        return self._panels.load(judge, dataset.context, form["form"]["model"] if form else arm.model)

    def _model(self, name: str) -> Model:
        if name not in self.models:
            keyless = without_key([name], self._workspace) if self._unsent else {}
            self.models[name] = keyless.get(name) or load_model(name, self._workspace)
        return self.models[name]
