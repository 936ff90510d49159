"""Gates judged: every demand of a sweep on the arms of a stored run, against the baseline."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean
from typing import Any, TypeVar

from sqlalchemy import Connection

from promptsweep.errors import ConfigError
from promptsweep.metrics import RANGES
from promptsweep.reports import together
from promptsweep.reports.arms import stored_metrics
from promptsweep.reports.baselines import Baseline, BaselineArm
from promptsweep.reports.broken import MOST, broken_samples
from promptsweep.reports.changes import Match, match_arms, what_changed
from promptsweep.reports.evidence import Evidence, Looks, Pair, of_pairs, of_values
from promptsweep.reports.growth import looks_of
from promptsweep.reports.judges import judge_costs
from promptsweep.reports.measured import Measured, attempts, measured, stored_arm
from promptsweep.reports.needed import scaled_needed
from promptsweep.reports.results import difference_result, limit_result, not_comparable
from promptsweep.reports.slices import natural
from promptsweep.reports.store import Store
from promptsweep.reports.verdicts import Check, GateResult
from promptsweep.runners.demands import EXAMPLE, demands_of
from promptsweep.runners.gates import QUANTILES, Demand, Figure, Gate
from promptsweep.stats import quantile_interval
from promptsweep.types import Status

T = TypeVar("T")
UNPRICED = "the price of a reply is unknown; models.yaml may name it"


def judge(
    store: Store, run: str, gates: Sequence[Gate], baseline: Baseline | None = None, *, broken: int = MOST
) -> Check:
    """Every gate's verdict on a stored run; nothing is sent.

    At most `broken` samples are kept of each gate. Raises ConfigError for gates that do not fit the run's
    arms, and where a gate forbids regression but there is no baseline, or none that can tell.
    """
    row = store.find_run(run)
    arms = store.arms(row.id)
    demands = _demands(row, arms, gates, baseline)
    with store.engine.connect() as connection:
        judging = _Judging(connection, row, arms, baseline, broken)
        results = tuple(result for demand in demands for result in judging.results(demand))
        changes = judging.changes({demand.arm for demand in demands if demand.rule == "no_regression"})
    return Check(
        sweep=row.name,
        run=row.id,
        baseline=None if baseline is None or not changes else baseline.place,
        results=results,
        changes=changes,
        incomplete=_incomplete(row),
        interrupted=row.status == Status.INTERRUPTED.value,
        judges=tuple(judge_costs(store, row.id)),
    )


def verdicts(
    connection: Connection, run: Any, arms: Sequence[Any], gates: Sequence[Gate], baseline: Baseline | None
) -> list[GateResult]:
    """The results of `judge` without samples, and without how many would settle what is open.

    `run` and `arms` are rows. For many runs at once: to find those numbers takes as long as all the rest.
    """
    judging = _Judging(connection, run, arms, baseline, 0, settles=False)
    return [result for demand in _demands(run, arms, gates, baseline) for result in judging.results(demand)]


def _demands(
    run: Any, arms: Sequence[Any], gates: Sequence[Gate], baseline: Baseline | None
) -> Sequence[Demand]:
    demands = demands_of(gates, [stored_arm(arm) for arm in arms])
    check_baseline(demands, baseline, run.name)
    return demands


def check_baseline(demands: Collection[Demand], baseline: Baseline | None, sweep: str) -> None:
    """ConfigError where there are no demands, or where some need a baseline that is not there or too poor."""
    if not demands:
        raise ConfigError(f"sweep {sweep!r} has no gates to check. For example: {EXAMPLE}")
    needing = [demand for demand in demands if demand.rule == "no_regression"]
    if needing and baseline is None:
        raise ConfigError(
            f"sweep {sweep!r} has no baseline to compare with. Make one of a run that is right: "
            f"promptsweep run {sweep}, then promptsweep baseline save {sweep}"
        )
    whole = [demand.figure.name for demand in needing if demand.figure.kind == "aggregate"]
    if whole and baseline is not None and not any(arm.answers for arm in baseline.arms):
        raise ConfigError(
            f"{whole[0]} is computed over all answers together, and the baseline has none: "
            "promptsweep baseline save RUN --answers keeps them",
            path=baseline.path,
        )


def _incomplete(row: Any) -> str | None:
    if row.status == Status.DONE.value:
        return None
    return row.error or f"the run is {row.status}"


@dataclass(slots=True)
class _Judging:
    """What several demands on a run share."""

    connection: Connection
    run: Any
    arms: Sequence[Any]
    baseline: Baseline | None
    broken: int
    settles: bool = True
    """Whether it is said how many samples would settle what is open."""
    _measured: dict[tuple[str, Figure, str | None], list[Measured]] = field(default_factory=dict)
    _matches: Mapping[str, Match] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._matches = {} if self.baseline is None else match_arms(self.arms, self.baseline)

    def results(self, demand: Demand) -> Iterator[GateResult]:
        """One for each value of the demand's slice; one where it has none."""
        arm = next(arm for arm in self.arms if arm.label == demand.arm)
        looks = looks_of(self.run, arm)
        if demand.rule == "no_regression":
            yield from self._regressions(arm, demand, looks)
        else:
            for part, evidence in self._values(arm, demand, looks):
                if evidence is None:
                    yield not_comparable(demand, part, UNPRICED)
                else:
                    yield limit_result(demand, part, self._told(evidence))

    def changes(self, labels: Collection[str]) -> dict[str, tuple[str, ...]]:
        """What differs from the baseline, for the arms that are compared with it."""
        found = {}
        for arm in self.arms:
            match = self._matches.get(arm.label)
            if arm.label in labels and match is not None and match.arm is not None:
                assert self.baseline is not None
                found[arm.label] = what_changed(self.connection, arm, match.arm, self.run, self.baseline)
        return found

    def _told(self, evidence: Evidence) -> Evidence:
        return evidence if self.settles else evidence._replace(needed=lambda: None)

    def _rows(self, arm: Any, demand: Demand) -> list[Measured]:
        key = arm.label, demand.figure, demand.slice
        if key not in self._measured:
            self._measured[key] = measured(self.connection, arm, demand.figure, demand.slice)
        return self._measured[key]

    def _values(
        self, arm: Any, demand: Demand, looks: Looks | None
    ) -> Iterator[tuple[str | None, Evidence | None]]:
        """What each slice measured; None where the price of a reply is unknown."""
        at, kind = demand.limit, demand.figure.kind
        if kind == "quantile":
            share = QUANTILES[demand.figure.name]
            for part, seconds in _sliced(attempts(self.connection, arm, demand.slice), lambda one: one[1]):
                found = quantile_interval([one[0] for one in seconds], share)
                yield part, Evidence(found, partial(scaled_needed, found, at))
        elif kind == "aggregate":
            yield from together.values(self.connection, arm, _metric(arm, demand), demand.slice, at)
        else:
            for part, rows in _sliced(self._rows(arm, demand), lambda row: row.slice):
                known = [row for row in rows if row.value is not None]
                yield part, None if len(known) < len(rows) else of_values(rows, demand.figure, at, looks)

    def _regressions(self, arm: Any, demand: Demand, looks: Looks | None) -> Iterator[GateResult]:
        match = self._matches[arm.label]
        if match.arm is None:
            yield not_comparable(demand, None, match.why)
        elif demand.figure.kind == "aggregate":
            yield from self._together(arm, match.arm, demand)
        else:
            yield from self._paired(arm, match.arm, demand, looks)

    def _paired(
        self, arm: Any, before: BaselineArm, demand: Demand, looks: Looks | None
    ) -> Iterator[GateResult]:
        if why := _unlike(arm, before, demand):
            yield not_comparable(demand, None, why)
            return
        column = before.column(demand.figure.name)
        for part, rows in _sliced(self._rows(arm, demand), lambda row: row.slice):
            pairs = [
                Pair(row, row.value, column[row.sample_id, row.mark])
                for row in rows
                if row.value is not None and (row.sample_id, row.mark) in column
            ]
            if any(row.value is None for row in rows):
                yield not_comparable(demand, part, UNPRICED)
                continue
            if not pairs:
                yield not_comparable(demand, part, _nothing_in_common(rows, column))
                continue
            at = demand.limit if demand.figure.higher_is_better is False else -demand.limit
            evidence = self._told(of_pairs(pairs, demand.figure, at, looks, demand.alpha))
            value, old = fmean(pair.value for pair in pairs), fmean(pair.before for pair in pairs)
            flips = broken_samples(self.connection, arm, before, pairs, demand.figure, self.broken)
            yield difference_result(demand, part, evidence, value, old, len(pairs), len(rows), flips)

    def _together(self, arm: Any, before: BaselineArm, demand: Demand) -> Iterator[GateResult]:
        metric = _metric(arm, demand)
        if why := _unlike(arm, before, demand, column=False):
            yield not_comparable(demand, None, why)
            return
        at = demand.limit if metric.higher_is_better is False else -demand.limit
        for part, found in together.differences(
            self.connection, arm, before, metric, demand.slice, at, demand.alpha
        ):
            if found is None:
                yield not_comparable(demand, part, "none of its samples has an answer in the baseline")
            else:
                yield difference_result(
                    demand,
                    part,
                    self._told(found.evidence),
                    found.value,
                    found.before,
                    found.shared,
                    found.scored,
                )


def _metric(arm: Any, demand: Demand) -> Any:
    return next(one for one in stored_metrics(arm) if one.name == demand.figure.name)


def _sliced(rows: Sequence[T], part: Any) -> Iterator[tuple[str | None, list[T]]]:
    """The rows by slice, in the order people count; without rows one group that is empty."""
    groups: dict[str | None, list[T]] = {}
    for row in rows:
        groups.setdefault(part(row), []).append(row)
    yield from sorted(groups.items(), key=lambda pair: natural((pair[0] or "").partition("=")[2]))
    if not groups:
        yield None, []


def _unlike(arm: Any, before: BaselineArm, demand: Demand, *, column: bool = True) -> str | None:
    """Why the figure of the two arms cannot be compared, whatever the samples."""
    name = demand.figure.name
    now = {one.name: one.signature for one in stored_metrics(arm)}
    if name in now and before.metrics.get(name, now[name]) != now[name]:
        asks = ", and promptsweep judge asks today's judge" if demand.figure.kind in RANGES else ""
        return (
            f"{name} was computed in another way ({before.metrics[name]!r} then, {now[name]!r} now); "
            f"promptsweep score RUN scores a stored run anew{asks}"
        )
    if column and name not in before.columns:
        return f"the baseline has no {name} of this arm; save it anew"
    return None


def _nothing_in_common(rows: Sequence[Measured], column: Collection[tuple[str, str]]) -> str:
    if not rows:
        return "no sample of this run has a score"
    ids = {name for name, _ in column}
    edited = sum(row.sample_id in ids for row in rows)
    return f"none of its {len(rows):,} samples is in the baseline" + (
        f"; {edited:,} have the same id but another content" if edited else ""
    )
