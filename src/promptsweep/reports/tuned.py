"""Tuned models of a run as it noted them: their base, their data, and rows that they had seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from promptsweep import config
from promptsweep.models.lineage import Lineage
from promptsweep.reports import counts
from promptsweep.reports.identities import TUNED
from promptsweep.reports.store import Store, loads
from promptsweep.types import JSON
from promptsweep.words import say


@dataclass(frozen=True, slots=True)
class TunedModel:
    """A tuned model of a run."""

    model: str
    lineage: Lineage
    seen: Mapping[str, int]
    """Dataset → evaluated rows that it was trained on, where there are any."""
    beside_base: bool
    """Whether the model that it was tuned from is among the arms, too."""

    def lines(self) -> Iterator[str]:
        """What a reader must know: where it comes from, and where its scores are no evidence."""
        beside = "; " + say("base and tuned are both here") if self.beside_base else ""
        yield f"{self.model}: {self.lineage}{beside}."
        for dataset, count in self.seen.items():
            yield say(
                "LEAK: {model} was trained on {rows} that {dataset} evaluates: its scores there are no "
                "evidence.",
                model=self.model,
                rows=counts.rows(count),
                dataset=dataset,
            )

    def as_json(self) -> dict[str, JSON]:
        """As `show --json` and `compare --json` have it."""
        shown = {"model": self.model, **self.lineage.as_json()}
        return shown | {"seen": dict(self.seen), "beside_base": self.beside_base}


def tuned_models(run: Any, models: Iterable[str]) -> list[TunedModel]:
    """Those of the models (of arms) that were tuned, as a run (its row) noted them."""
    noted, here = loads(run.versions).get(TUNED, {}), dict.fromkeys(models)
    found = []
    for model in here:
        if model in noted:
            content = dict(noted[model])
            seen = content.pop("seen", {})
            lineage = config.validate(content, Lineage, run.path)
            found.append(TunedModel(model, lineage, seen, lineage.base in here))
    return found


def tuned_of_arms(store: Store, arms: Iterable[Any]) -> list[TunedModel]:
    """Those of the arms' models (their rows, of one run or several) that were tuned."""
    arms = list(arms)
    models = {arm.model for arm in arms}
    runs = [store.find_run(run) for run in dict.fromkeys(arm.run for arm in arms)]
    found = {one.model: one for run in runs for one in tuned_models(run, sorted(models))}
    return list(found.values())


def tuned_lines(found: Iterable[TunedModel]) -> list[str]:
    """All that is to be said of them."""
    return [line for one in found for line in one.lines()]
