"""Two arms compared by a metric that is computed over all answers together, such as macro-F1 or BLEU."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from promptsweep import metrics as metric_room
from promptsweep.metrics import Aggregate
from promptsweep.metrics.resampling import Contrast, contrast
from promptsweep.reports import schema
from promptsweep.reports.arms import StoredMetric, within
from promptsweep.reports.store import loads
from promptsweep.stats import Paired, minimum_detectable, sample_size
from promptsweep.stats.intervals import Bounds, t_value, unknown
from promptsweep.stats.intervals import within as clipped
from promptsweep.stats.means import farther
from promptsweep.types import Outcome, Sample

records, samples = schema.records, schema.samples
METHOD = "approximate randomisation test, percentile and Student bootstrap interval"
LEVEL = 0.95


class Together(NamedTuple):
    """What two arms' answers to the same samples say."""

    a: float
    """The metric over A's answers to the shared samples."""
    b: float
    n_a: int
    """Samples of A that have an answer, or a reply from which none could be read, and a target."""
    n_b: int
    shared: int
    paired: Paired
    """Its `only_a` and `only_b` are 0: no single sample has a score."""


class _Given(NamedTuple):
    sample: Sample
    digest: str
    answer: str | None
    cluster: str


def compare_together(connection: Connection, a: Any, b: Any, metric: StoredMetric) -> Together | None:
    """Arm B against arm A by an aggregate, on the samples that both have answered; None without any.

    Samples (whole clusters, where the dataset has them) are drawn, and swapped between the arms, with all
    their repeats. The smallest detectable difference and the samples needed rest on the bootstrap's variance.
    """
    one, other = _given(connection, a, b.cluster), _given(connection, b, b.cluster)
    common = one.keys() & other.keys()
    if not common:
        return None
    rows_a, rows_b = (_rows(given, common) for given in (one, other))
    found = _contrast(_aggregate(a, metric), rows_a, rows_b)
    return Together(found.a, found.b, len(one), len(other), len(common), paired_of(found))


def _aggregate(arm: Any, metric: StoredMetric) -> Aggregate:
    spec = loads(arm.metrics)[metric.place]["spec"]
    [found] = metric_room.resolve([spec], arm.task, Path.cwd())
    assert isinstance(found, Aggregate)
    return found


def _given(connection: Connection, arm: Any, cluster: str | None) -> dict[tuple[str, str], list[_Given]]:
    """Sample (id and content) → what the arm gave in each repeat; only samples with a target."""
    columns = (records.c.sample_id, records.c.sample, records.c.answer, samples.c.targets, samples.c.fields)
    query = (
        select(*columns)
        .join(samples, samples.c.digest == records.c.sample)
        .where(within(records.c.id, [arm]), records.c.outcome != Outcome.ERROR.value)
        .order_by(records.c.id)
    )
    found: dict[tuple[str, str], list[_Given]] = {}
    for name, digest, answer, targets, fields in connection.execution_options(yield_per=1_000).execute(query):
        sample = Sample(name, "", tuple(loads(targets)))
        if sample.targets:
            unit = name if cluster is None else str(loads(fields).get(cluster))
            found.setdefault((name, digest), []).append(_Given(sample, digest, answer, unit))
    return found


def _rows(given: Mapping[tuple[str, str], Sequence[_Given]], wanted: set[tuple[str, str]]) -> list[_Given]:
    return [one for key in sorted(wanted) for one in given[key]]


def _contrast(aggregate: Aggregate, rows_a: Sequence[_Given], rows_b: Sequence[_Given]) -> Contrast:
    rows = [*rows_a, *rows_b]
    resampling = aggregate.resampling([row.answer for row in rows], [row.sample for row in rows])
    return contrast(resampling, [row.cluster for row in rows], len(rows_a))


def paired_of(found: Contrast) -> Paired:
    """What the draws say of the difference, with 95 % limits."""
    import numpy as np

    drawn, difference = found.drawn_b - found.drawn_a, found.b - found.a
    variance = found.clusters * float(np.var(drawn, ddof=1))
    varies = variance > 1e-24
    interval = (
        unknown(difference, None, found.clusters)
        if found.clusters < 2
        else clipped(difference, _limits(drawn, difference, found.clusters), None, found.clusters)
    )
    moves = min(np.ptp(found.drawn_a), np.ptp(found.drawn_b)) > 1e-12
    return Paired(
        difference=difference,
        low=interval.low,
        high=interval.high,
        p=found.p,
        method=METHOD,
        n=found.clusters,
        only_a=0,
        only_b=0,
        correlation=float(np.corrcoef(found.drawn_a, found.drawn_b)[0, 1]) if moves else None,
        minimum_detectable=minimum_detectable(found.clusters, variance) if varies else None,
        needed=sample_size(difference, variance) if varies and abs(difference) > 1e-12 else None,
    )


def _limits(drawn: Any, difference: float, clusters: int) -> Bounds:
    """At each end the farther of two: few draws of few samples know little.

    Percentiles, expanded as Hesterberg (2015) does, with √(C/(C−1))·t in place of z; and so many standard
    errors of the bootstrap on either side. Coverage at 0.95 for macro-F1, simulated with
    three classes: 92 to 97 % for n = 20 and 100.
    """
    import numpy as np
    from scipy import special

    reach = t_value(LEVEL, clusters - 1) * math.sqrt(clusters / (clusters - 1))
    tail = float(special.ndtr(-reach))
    low, high = np.quantile(drawn, [tail, 1 - tail])
    half = reach * float(np.std(drawn, ddof=1))
    return farther((float(low), float(high)), (difference - half, difference + half))
