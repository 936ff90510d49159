"""All that one `compare` says: comparisons, the best arm, and on demand costs, slices and samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from promptsweep.errors import ConfigError
from promptsweep.reports.arms import stored_metrics
from promptsweep.reports.best import BestArm, best_arms, best_json
from promptsweep.reports.compare import Comparison, compare_opponents, comparison_json
from promptsweep.reports.efficiency import CostTable, efficiency, efficiency_json
from promptsweep.reports.flip_files import flip_json
from promptsweep.reports.flips import change_words
from promptsweep.reports.opponents import Opponents, between_runs, within_run
from promptsweep.reports.sliced import Sliced, compare_slices, slices_json
from promptsweep.reports.store import Store
from promptsweep.reports.tuned import TunedModel, tuned_of_arms
from promptsweep.types import JSON


@dataclass(frozen=True, slots=True)
class Question:
    """What a user asks `compare`."""

    run: str
    other: str | None = None
    """Another run, whose arms are compared with those of `run`."""
    baseline: str | None = None
    """The arm of `run` that others are compared with; None: the first of each dataset, or the same arm."""
    metric: str | None = None
    """None: the first that scores single samples."""
    cost: bool = False
    slice: str | None = None
    """A field, `label` or `length`."""
    flips: int = 0
    """How many samples that differ are wanted, of each kind."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The answer."""

    runs: bool
    """Whether two runs are compared."""
    comparisons: Sequence[Comparison]
    best: Sequence[BestArm]
    """Within one run, by a metric of single samples that has a better and a worse."""
    costs: Sequence[CostTable]
    """Where asked for."""
    slices: Sequence[Sliced]
    """Where asked for."""
    tuned: Sequence[TunedModel]
    """The tuned models among those of the arms."""

    def as_json(self) -> dict[str, JSON]:
        """The document of `compare --json`; lists that were not asked for are empty."""
        return {
            "comparisons": comparison_json(self.comparisons),
            "best": best_json(self.best),
            "costs": efficiency_json(self.costs),
            "slices": slices_json(self.slices),
            "tuned": [one.as_json() for one in self.tuned],
            "flips": list(self._flips()),
        }

    def _flips(self) -> Iterator[Mapping[str, JSON]]:
        for one in self.comparisons:
            for word, flips in zip(change_words(one.higher_is_better), one.flips, strict=True):
                yield from (
                    {"a": one.a, "b": one.b, "metric": one.metric, **flip_json(flip, word)} for flip in flips
                )


def opponents_of(store: Store, question: Question) -> Opponents:
    """Which arms the question compares. Raises like `within_run` and `between_runs`."""
    if question.other is None:
        return within_run(store, question.run, question.baseline)
    return between_runs(store, question.run, question.other, question.baseline)


def compared(store: Store, question: Question) -> Compared:
    """Answers the question.

    Raises ConfigError for an unknown run, arm, metric or slicing, and for what an aggregate cannot answer;
    NotComparableError where arms or runs have nothing in common.
    """
    if question.cost and question.other is not None:
        raise ConfigError("--cost looks at the arms of one run, not at two runs")
    opponents = opponents_of(store, question)
    if question.metric is not None and _aggregate(opponents, question.metric):
        _only_comparisons(question)
    comparisons = compare_opponents(store, opponents, question.metric, flips=question.flips)
    datasets = {one.dataset for one in comparisons}
    ranks = question.other is None and all(one.kind != "aggregate" for one in comparisons)
    best = best_arms(store, question.run, question.metric) if ranks else []
    costs = efficiency(store, question.run, question.metric) if question.cost else []
    by = question.slice
    return Compared(
        runs=question.other is not None,
        comparisons=comparisons,
        best=[one for one in best if one.dataset in datasets],
        costs=[one for one in costs if one.dataset in datasets],
        slices=[] if by is None else compare_slices(store, opponents, by, question.metric),
        tuned=tuned_of_arms(store, (arm for pair in opponents for arm in pair)),
    )


def _aggregate(opponents: Opponents, name: str) -> bool:
    metrics = (one for pair in opponents for arm in pair for one in stored_metrics(arm))
    return any(one.name == name and one.kind == "aggregate" for one in metrics)


def _only_comparisons(question: Question) -> None:
    plain = replace(question, cost=False, slice=None, flips=0)
    wanted = {"--cost": question.cost, "--slice": question.slice, "--flips": question.flips}
    if plain != question:
        asked = " and ".join(name for name, value in wanted.items() if value)
        raise ConfigError(
            f"{question.metric} is computed over all answers together, so no sample has a score of its own: "
            f"{asked} needs a metric of single samples, such as accuracy"
        )
