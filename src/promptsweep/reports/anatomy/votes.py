"""Self-consistency: how sure the votes were, and whether that can be believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from promptsweep.reports import schema
from promptsweep.reports.anatomy.reading import judged, judged_by, merit
from promptsweep.reports.arms import StoredMetric, match_arm
from promptsweep.reports.store import Store, loads
from promptsweep.stats import Interval, mean_interval
from promptsweep.stats.calibration import Bin, calibration_error, reliability

records, samples = schema.records, schema.samples


MOST_SHARES = 40
"""Weighted votes have as many shares as records: of more than these, tenths are shown."""


@dataclass(frozen=True, slots=True)
class Share:
    """The records whose winner got one share of the draws, or of their weights."""

    share: float
    """0 where no draw had an answer."""
    records: int
    right: Interval | None
    """Their mean score, 1 is best; None without a metric that judges between 0 and 1."""


@dataclass(frozen=True, slots=True)
class Votes:
    """What an arm's votes say."""

    metric: str | None
    """The first that judges; None where the arm has none."""
    records: int
    """Without an error."""
    draws: int
    """All votes cast, those without an answer included."""
    abstained: int
    unanimous: int
    """Records whose draws all gave the same answer."""
    shares: tuple[Share, ...]
    """The least share first."""
    bins: tuple[Bin, ...]
    """Of a reliability diagram; empty without a metric that judges between 0 and 1."""
    calibration_error: float | None


class _Vote(NamedTuple):
    share: float
    draws: int
    abstained: int
    right: float | None
    unit: str


def is_confident(strategy: str, params: Mapping[str, Any]) -> bool:
    """Whether an arm's records note how sure they are: by the share of votes, or a calibrated probability."""
    return strategy == "self_consistency" or bool(params.get("calibrate"))


def votes(store: Store, run: str, arm: str) -> Votes:
    """The votes of an arm that `is_confident`. Raises ConfigError for an unknown run or arm."""
    found = match_arm(store.arms(store.find_run(run).id), arm)
    metric = judged_by(found)
    with store.engine.connect() as connection:
        cast = list(_votes(connection, found, metric))
    scored = [one for one in cast if one.right is not None]
    shares, right, units = [one.share for one in scored], _rights(scored), [one.unit for one in scored]
    judges = metric is not None and all(0 <= value <= 1 for value in right)
    bins = reliability(shares, right, units) if scored and judges else []
    return Votes(
        metric=metric.name if metric else None,
        records=len(cast),
        draws=sum(one.draws for one in cast),
        abstained=sum(one.abstained for one in cast),
        unanimous=sum(one.share == 1 for one in cast),
        shares=tuple(_shares(cast, scored if judges else [])),
        bins=tuple(bins),
        calibration_error=calibration_error(bins),
    )


def cast_in(details: Mapping[str, Any]) -> tuple[Counter[str], int]:
    """The votes that a record noted, in the order in which they came up, and how many draws abstained."""
    return Counter(details.get("votes") or {}), int(details.get("abstained") or 0)


def _votes(connection: Connection, arm: Any, metric: StoredMetric | None) -> Iterator[_Vote]:
    fields = () if arm.cluster is None else (samples.c.fields,)
    query = judged(arm, records.c.sample_id, records.c.details, records.c.requests, *fields)
    for row in connection.execution_options(yield_per=1_000).execute(query):
        noted = loads(row.details) or {}
        given, abstained = cast_in(noted)
        draws = given.total() + abstained or row.requests
        yield _Vote(
            share=float(noted.get("confidence", 0.0)),
            draws=draws,
            abstained=abstained if given else draws,
            right=None if metric is None or row.score is None else merit(metric, row.score),
            unit=row.sample_id if arm.cluster is None else str(loads(row.fields).get(arm.cluster)),
        )


def _shares(cast: Sequence[_Vote], scored: Sequence[_Vote]) -> Iterator[Share]:
    counts = Counter(one.share for one in cast)
    digits = None if len(counts) <= MOST_SHARES else 1
    for share in sorted({_near(share, digits) for share in counts}):
        own = [one for one in scored if _near(one.share, digits) == share]
        right = mean_interval(_rights(own), [one.unit for one in own]) if own else None
        yield Share(share, sum(_near(one.share, digits) == share for one in cast), right)


def _near(share: float, digits: int | None) -> float:
    return share if digits is None else round(share, digits)


def _rights(scored: Sequence[_Vote]) -> list[float]:
    return [one.right for one in scored if one.right is not None]
