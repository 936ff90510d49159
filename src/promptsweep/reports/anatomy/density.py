"""Chain of density, step by step: how dense, how long and how near the reference each summary is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from promptsweep.metrics import rouge, tokens
from promptsweep.metrics.summaries import listed_entities, mentions
from promptsweep.reports.anatomy.reading import Attempt, attempts, finished, interval_over
from promptsweep.reports.arms import match_arm
from promptsweep.reports.store import Store, loads
from promptsweep.stats import Interval
from promptsweep.types import JSON, Sample

ROUNDS = 5
"""Steps of the recipe, where the arm does not set another number."""
RETURNED = 3
"""The step that the strategy returns, where the arm does not set another."""
MOST_CHAINS = 400
"""Chains that are scored, the first in the order of evaluation: ROUGE of five texts takes its time."""
LENGTH_MARGIN = 0.1
"""How far a step's length may be from the first's, as a share of it."""
MEASURES: Final = ("density", "words", "added", "rouge1", "rouge2", "rougeLsum")
_ROUGE = {"rouge1": rouge.rouge1, "rouge2": rouge.rouge2, "rougeLsum": rouge.rougeLsum}


@dataclass(frozen=True, slots=True)
class Step:
    """One summary of a chain."""

    summary: str
    words: int
    found: tuple[str, ...] | None
    """The known entities that it names; None where none are known."""
    added: tuple[str, ...]
    """Those that the step before did not name."""
    dropped: tuple[str, ...]
    """Those that only the step before named."""
    claimed: tuple[str, ...]
    """What the model says it added."""
    invented: tuple[str, ...]
    """What of that the source does not name."""
    rouge: Mapping[str, float]
    """Name → value against the sample's target; empty without one."""

    def measure(self, name: str) -> float | None:
        """One of `MEASURES`; None where it is not known. Density is entities for each word: a proxy."""
        if name == "words":
            return float(self.words)
        if name in _ROUGE:
            return self.rouge.get(name)
        if self.found is None or not self.words:
            return None
        return float(len(self.added)) if name == "added" else len(self.found) / self.words


@dataclass(frozen=True, slots=True)
class Check:
    """One demand of the recipe."""

    name: str
    """`steps`, `length`, `kept`, `rising` or `in_source`."""
    broken: int
    of: int
    """Chains on which it can be checked."""
    example: str | None
    """Id of the first sample that breaks it."""


@dataclass(frozen=True, slots=True)
class Chains:
    """The chains of an arm."""

    read: int
    """Records that were read."""
    records: int
    """Records without an error."""
    without: int
    """Records read whose reply held no chain."""
    returned: int
    """The step whose summary is the answer."""
    steps: tuple[Mapping[str, Interval], ...]
    """For each step: measure → mean over the samples that have it."""
    checks: tuple[Check, ...]


def chains(store: Store, run: str, arm: str) -> Chains:
    """Every stored step of an arm's chains, scored now; nothing is sent.

    Raises ConfigError for an unknown run or arm.
    """
    row = store.find_run(run)
    found = match_arm(store.arms(row.id), arm)
    params = loads(found.strategy_params)
    rounds = int(params.get("rounds", ROUNDS))
    read = [(one, steps_of(one.sample, one.details)) for one in attempts(store, row, found, MOST_CHAINS)]
    made = [(one, steps) for one, steps in read if steps]
    longest = max((len(steps) for _, steps in made), default=0)
    return Chains(
        read=len(read),
        records=finished(store, found),
        without=len(read) - len(made),
        returned=int(params.get("step", RETURNED)),
        steps=tuple(_means(made, place) for place in range(longest)),
        checks=tuple(_checks(made, rounds)),
    )


def steps_of(sample: Sample, details: Mapping[str, JSON]) -> list[Step]:
    """The steps that a chain's record noted.

    The known entities are the sample's `entities`; without them, what the model says it added and the
    source names.
    """
    noted = [one for one in details.get("steps") or () if isinstance(one, dict) and one.get("summary")]
    claims = [_claimed(one.get("entities")) for one in noted]
    claimed = dict.fromkeys(entity for claim in claims for entity in claim)
    known = listed_entities(sample) or [one for one in claimed if mentions(sample.input, one)] or None
    steps: list[Step] = []
    for one, claim in zip(noted, claims, strict=True):
        steps.append(_step(sample, str(one["summary"]), claim, known, steps[-1] if steps else None))
    return steps


def _claimed(value: JSON) -> tuple[str, ...]:
    """The entities in a model's list, or in the text it wrote in its place (the paper's form: `a; b`)."""
    listed = value.split(";") if isinstance(value, str) else value if isinstance(value, list) else ()
    return tuple(dict.fromkeys(text for one in listed if (text := str(one).strip())))


def _step(
    sample: Sample, summary: str, claim: tuple[str, ...], known: Sequence[str] | None, before: Step | None
) -> Step:
    found = None if known is None else tuple(entity for entity in known if mentions(summary, entity))
    had = set((before.found or ()) if before else ())
    has = set(found or ())
    values = {name: metric(summary, sample) for name, metric in _ROUGE.items()} if sample.targets else {}
    return Step(
        summary=summary,
        words=len(tokens.words(summary)),
        found=found,
        added=tuple(entity for entity in found or () if entity not in had),
        dropped=tuple(entity for entity in known or () if entity in had - has),
        claimed=claim,
        invented=tuple(entity for entity in claim if not mentions(sample.input, entity)),
        rouge={name: float(value) for name, value in values.items() if isinstance(value, float)},
    )


def _means(made: Sequence[tuple[Attempt, Sequence[Step]]], place: int) -> Mapping[str, Interval]:
    having = [(one, steps[place]) for one, steps in made if len(steps) > place]
    means = {name: _mean(having, name) for name in MEASURES}
    return {name: interval for name, interval in means.items() if interval.n}


def _mean(having: Sequence[tuple[Attempt, Step]], name: str) -> Interval:
    values = [(one, step.measure(name)) for one, step in having]
    if name in _ROUGE:
        return interval_over(values)
    found = interval_over(values, None)
    return replace(found, low=max(0.0, found.low))  # counts and lengths are never negative


def _checks(made: Sequence[tuple[Attempt, Sequence[Step]]], rounds: int) -> Iterator[Check]:
    demands = {
        "steps": lambda steps: len(steps) == rounds,
        "length": _same_length,
        "kept": _kept,
        "rising": _rising,
        "in_source": _in_source,
    }
    for name, demand in demands.items():
        kept = [(one.sample.id, demand(steps)) for one, steps in made]
        broken = [sample for sample, is_kept in kept if is_kept is False]
        of = sum(is_kept is not None for _, is_kept in kept)
        yield Check(name, len(broken), of, broken[0] if broken else None)


def _same_length(steps: Sequence[Step]) -> bool:
    first = steps[0].words
    return all(abs(step.words - first) <= LENGTH_MARGIN * first for step in steps)


def _kept(steps: Sequence[Step]) -> bool | None:
    return None if steps[0].found is None else not any(step.dropped for step in steps)


def _rising(steps: Sequence[Step]) -> bool | None:
    densities = [step.measure("density") for step in steps]
    known = [density for density in densities if density is not None]
    return None if len(known) < len(steps) else all(one < other for one, other in pairwise(known))


def _in_source(steps: Sequence[Step]) -> bool | None:
    if not any(step.claimed for step in steps):
        return None
    return not any(step.invented for step in steps)
