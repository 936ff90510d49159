"""Stored replies scored anew. Judges are heard from what they replied before, and asked nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from promptsweep.api.entering import enter
from promptsweep.api.panels import StoredPanels
from promptsweep.api.results import Run
from promptsweep.errors import ConfigError, ModelError
from promptsweep.metrics import Judge
from promptsweep.models import Model
from promptsweep.reports import Store
from promptsweep.reports.calls import origin
from promptsweep.reports.figures import plural
from promptsweep.reports.judged import StoredAnswer, answers_of, judge_metrics, write_heard
from promptsweep.reports.lookup import Lookup, lookup
from promptsweep.reports.rescore import rescore as copy
from promptsweep.reports.rescore import warn
from promptsweep.runners.judging import NOTES, note_of, rule, score_of, together
from promptsweep.runners.panels import Panel
from promptsweep.types import JSON, Call, Record, Request, Score
from promptsweep.workspace import Workspace


def rescore(
    store: Store,
    reference: str,
    workspace: Workspace,
    metrics: Sequence[str] | None = None,
    *,
    models: Mapping[str, Model] | None = None,
) -> Run:
    """Scores a run's stored replies anew, as a run of its own; see `reports.rescore`. Nothing is sent.

    A judge of today gets its verdicts from the replies that are stored to the very requests that it would
    send. Where there is none, the answer stays without its score, and the new run has a warning.
    """
    row = store.find_run(reference)
    loading, refused = StoredPanels(row, workspace, models, unsent=True), dict[str, str]()
    panels: dict[str, dict[str, Panel]] = defaultdict(dict)

    def signed(arm: Any, spec: Mapping[str, JSON], judge: Judge) -> Judge:
        try:
            panel = loading.panel(arm, spec)
        except ConfigError as error:
            refused[judge.name] = str(error)
            return judge
        panels[arm.label][judge.name] = panel
        return panel.metric

    run = Run(copy(store, row, workspace, metrics, signed), store)
    lacking = enter(_heard_anew(store, run.row, panels)) if panels else {}
    lines = [f"{name} has no score: {why}" for name, why in refused.items()]
    for name, count in lacking.items():
        lines.append(f"{name}: {plural(count, 'answer')} without a stored verdict")
    if lines:
        warn(store, run.row, [f"{line}; promptsweep judge {run.id} asks for it" for line in lines])
    return run


async def _heard_anew(store: Store, run: Any, panels: Mapping[str, Mapping[str, Panel]]) -> Mapping[str, int]:
    """Writes what each arm's judges are known to say; returns the answers without a verdict, by judge."""
    lacking = Counter[str]()
    own, any_run = lookup(store.engine, origin(store, run)), lookup(store.engine, None)
    try:
        for arm in store.arms(run.id):
            here = panels.get(arm.label, {})
            places = {metric.place: metric.name for metric, _ in judge_metrics(arm) if metric.name in here}
            judges = [here[name] for name in places.values()]
            for answers in answers_of(store, run, arm) if judges else ():
                heard = [_heard(one, judges, (own, any_run), lacking) for one in answers]
                write_heard(store, places, list(zip(answers, await together(heard), strict=True)))
    finally:
        own.close()
        any_run.close()
    return lacking


async def _heard(
    answer: StoredAnswer, judges: Sequence[Panel], stored: Sequence[Lookup], lacking: Counter[str]
) -> Record:
    """The record with the verdicts that are stored as a whole; `lacking` counts the others by judge."""
    scores, notes, calls = dict[str, Score](), dict[str, JSON](), list[Call]()
    for panel in judges:
        name, memory = panel.metric.name, _Memory(stored)
        opinions = await rule(panel, answer.record.sample, answer.record.reply, memory)
        if opinions is None:
            continue
        if any(one.failed for one in opinions):
            lacking[name] += 1
            continue
        calls += memory.calls
        if (found := score_of(opinions)) is not None:
            scores[name] = found
        if note := note_of(panel, opinions):
            notes[name] = note
    details = {**answer.record.details, NOTES: notes} if notes else answer.record.details
    return replace(answer.record, scores=scores, details=details, judging=tuple(calls))


@dataclass(slots=True)
class _Memory:
    """A hearing of which every reply is in the store: the run's own first, as it read them."""

    stored: Sequence[Lookup]
    calls: list[Call] = field(default_factory=list)

    async def reply(self, model: Model, request: Request, stage: str) -> str:
        """The stored reply; ModelError where there is none."""
        for one in self.stored:
            if (found := await one.find(request.key)) is not None:
                self.calls.append(Call(stage, request.key, found, 0.0, 0.0))
                return found.text
        raise ModelError(f"no reply of {model.name} is stored")
