"""A run as its reports tell it, gathered once: what Markdown and HTML write down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptsweep.errors import NotComparableError
from promptsweep.reports import counts
from promptsweep.reports.arms import StoredMetric, stored_metrics
from promptsweep.reports.best import BestArm, best_arms
from promptsweep.reports.browse import RunInfo, run_info
from promptsweep.reports.compare import Comparison, compare_arms
from promptsweep.reports.judges import JudgeSpending, judge_costs
from promptsweep.reports.missing import Missing, missing
from promptsweep.reports.store import Store
from promptsweep.reports.summary import ArmSummary, metric_names, summarise
from promptsweep.reports.tuned import TunedModel, tuned_of_arms
from promptsweep.words import say


@dataclass(frozen=True, slots=True)
class Chapter:
    """What there is to say about one dataset."""

    dataset: str
    arms: Sequence[ArmSummary]
    """In the sweep's order."""
    repeats: int
    higher_is_better: bool | None
    """Of the main metric; None for one that is neither good nor bad, or where nothing is scored."""
    comparisons: Sequence[Comparison]
    """Of the first metric of single samples, against the first arm; empty where nothing can be compared."""
    best: BestArm | None
    """None of a single arm, and by a metric that is neither good nor bad."""

    @property
    def metrics(self) -> list[str]:
        """Names of the arms' metrics, the main one first."""
        return metric_names(self.arms)

    @property
    def ranked(self) -> list[ArmSummary]:
        """The arms by the main metric, the best first where one is better; those without it last."""
        sign = {True: -1, False: 1, None: 0}[self.higher_is_better]

        def rank(arm: ArmSummary) -> tuple[bool, float]:
            found = next((arm.metrics[name] for name in self.metrics[:1] if name in arm.metrics), None)
            return found is None, 0.0 if found is None else sign * found.value

        return sorted(self.arms, key=rank)

    @property
    def names(self) -> Mapping[str, str]:
        """Arm → what tells it from the others here: strategy and parameters, and the model of several."""
        several = len({one.model for one in self.arms}) > 1
        return {one.arm: f"{one.variant} | {one.model}" if several else one.variant for one in self.arms}

    @property
    def size(self) -> str:
        """`Split test, 60 samples, 2 attempts each`"""
        samples = counts.samples(max(one.samples for one in self.arms))
        size = say("Split {split}, {samples}", split=self.arms[0].split, samples=samples)
        return size + (say(", {count} attempts each", count=self.repeats) if self.repeats > 1 else "")


@dataclass(frozen=True, slots=True)
class Document:
    """All that a report says of a run, but for its samples."""

    info: RunInfo
    chapters: Sequence[Chapter]
    metrics: Mapping[str, StoredMetric]
    """By name."""
    missing: Sequence[Missing]
    judges: Sequence[JudgeSpending]
    tuned: Sequence[TunedModel]


def document(store: Store, run: str) -> Document:
    """Gathers it. The database adds up; of a run's records only scores come into memory, two arms at a time.

    (The best arm takes all arms' scores together.) Raises ConfigError for an unknown run.
    """
    info = run_info(store, run)
    metrics = {one.name: one for arm in store.arms(info.id) for one in stored_metrics(arm)}
    return Document(
        info=info,
        chapters=_chapters(store, info, metrics),
        metrics=metrics,
        missing=missing(store, info.id),
        judges=judge_costs(store, info.id),
        tuned=tuned_of_arms(store, store.arms(info.id)),
    )


def _chapters(store: Store, info: RunInfo, metrics: Mapping[str, StoredMetric]) -> list[Chapter]:
    by_dataset: dict[str, list[ArmSummary]] = {}
    for arm in summarise(store, info.id, info.repeats):
        by_dataset.setdefault(arm.dataset, []).append(arm)
    comparisons = _comparisons(store, info.id)
    best = {one.dataset: one for one in best_arms(store, info.id)}
    return [
        Chapter(
            dataset=dataset,
            arms=arms,
            repeats=info.repeats,
            higher_is_better=next((metrics[name].higher_is_better for name in metric_names(arms)), None),
            comparisons=[one for one in comparisons if one.dataset == dataset],
            best=best.get(dataset),
        )
        for dataset, arms in by_dataset.items()
    ]


def _comparisons(store: Store, run: str) -> list[Comparison]:
    try:
        return compare_arms(store, run, flips=0)
    except NotComparableError:
        return []
