"""A run that may grow: further samples in a seeded random order, then further repeats."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import update

from promptsweep.reports import schema
from promptsweep.reports.evidence import Looks
from promptsweep.reports.grown import NOTED, Grown, grown, next_size, sizes
from promptsweep.reports.identities import noted
from promptsweep.reports.measured import MARK
from promptsweep.reports.rows import dumps
from promptsweep.reports.store import Store, loads
from promptsweep.runners import Plan, PlannedArm
from promptsweep.runners.selection import Selection
from promptsweep.types import Sample, digest

Known = Mapping[str, Collection[tuple[str, str]]]
"""Dataset → the samples (id and mark) that a baseline has."""


def looks_of(run: Any, arm: Any) -> Looks | None:
    """How often a check has looked at an arm of a run; None where it looks once."""
    found = grown(run)
    if found is None:
        return None
    at = tuple(sizes(found.first[arm.label], arm.planned))
    return Looks(at, found.epoch(arm.label), found.repeats_to is not None)


@dataclass(frozen=True, slots=True)
class Growing:
    """A plan whose arms can be extended. `orders` hold, by label, all samples that an arm may be asked."""

    plan: Plan
    """As it stands: the samples of this look."""
    facts: Grown
    orders: Mapping[str, tuple[Sample, ...]]

    @classmethod
    def of(cls, plan: Plan, up_to: int | None, repeats_to: int | None, known: Known | None) -> Growing:
        """The first look: the plan's own samples, in random order.

        Further samples are drawn from the rest of the split, where `known` is given from what it holds: a
        sample that no baseline has tells nothing of a regression.
        """
        seed = int(plan.sweep.get("seed", 0))
        drawn: dict[tuple[str, int | None], tuple[Sample, ...]] = {}
        arms, orders = [], {}
        for planned in plan.arms:
            place = planned.arm.dataset, planned.selection.limit
            if place not in drawn:
                drawn[place] = _order(planned.selection, up_to or 0, seed, known)
            orders[planned.arm.label] = drawn[place]
            arms.append(_ordered(planned, drawn[place]))
        facts = Grown(
            first={one.arm.label: one.selection.count for one in arms},
            repeats=plan.repeats,
            up_to=up_to,
            repeats_to=repeats_to,
        )
        return cls(_noted(replace(plan, arms=tuple(arms)), facts), facts, orders)

    def resumed(self, run: Any, arms: Iterable[Any]) -> Growing:
        """As far as a stored run of it has come."""
        facts = grown(run)
        if facts is None:
            return self
        counts = {arm.label: arm.planned for arm in arms}
        sized = [_sized(one, self.orders[one.arm.label], counts[one.arm.label]) for one in self.plan.arms]
        plan = replace(self.plan, arms=tuple(sized), repeats=run.repeats)
        return replace(self, plan=_noted(plan, facts), facts=facts)

    def further(self, open_arms: Collection[str]) -> Growing | None:
        """The next look, with more for the arms that are still open; None where there is no more for any.

        First samples, then repeats: those are doubled once an arm has all its samples.
        """
        plan, more = self.plan, {}
        for planned in plan.arms:
            label, count = planned.arm.label, planned.selection.count
            most = len(self.orders[label])
            if label in open_arms and count < most:
                more[label] = next_size(count, most)
        if more:
            arms = [
                _sized(one, self.orders[one.arm.label], more.get(one.arm.label, one.selection.count))
                for one in plan.arms
            ]
            return replace(self, plan=replace(plan, arms=tuple(arms)))
        doubled = {label: self._doubled(label) for label in open_arms}
        repeated = {label: count for label, count in doubled.items() if count > self.facts.repeats_of(label)}
        if not repeated:
            return None
        facts = replace(self.facts, repeated={**self.facts.repeated, **repeated})
        repeats = max(plan.repeats, *repeated.values())
        return replace(self, plan=_noted(replace(plan, repeats=repeats), facts), facts=facts)

    def _doubled(self, label: str) -> int:
        now = self.facts.repeats_of(label)
        return max(now, min(2 * now, self.facts.repeats_to or now))

    def to_run(self) -> tuple[Plan, int]:
        """What the next execution does, and how many finished records of the run are no part of it.

        Arms that have fewer repeats than others are done: they are in the plan, without samples.
        """
        settled, arms = 0, []
        for planned in self.plan.arms:
            label, count = planned.arm.label, planned.selection.count
            if self.facts.repeats_of(label) < self.plan.repeats:
                settled += count * self.facts.repeats_of(label)
                arms.append(_sized(planned, (), 0))
            else:
                arms.append(planned)
        return replace(self.plan, arms=tuple(arms)), settled

    def note(self, store: Store, run: str) -> None:
        """Writes down how far the run is to go now, and what is known of that."""
        counts = {one.arm.key: one.selection.count for one in self.plan.arms}
        row = store.find_run(run)
        values = {
            "sweep": dumps({**loads(row.sweep), NOTED: self.facts.as_json()}),
            "repeats": self.plan.repeats,
            "versions": dumps({**loads(row.versions), **noted(self.plan)}),
            "warnings": dumps(self.plan.warnings),
        }
        arms, runs = schema.arms, schema.runs
        with store.engine.begin() as connection:
            connection.execute(update(runs).where(runs.c.id == row.id).values(values))
            for key, count in counts.items():
                own = (arms.c.run == row.id) & (arms.c.key == key)
                connection.execute(update(arms).where(own).values(planned=count))


def _order(selection: Selection, up_to: int, seed: int, known: Known | None) -> tuple[Sample, ...]:
    """The selection in random order; behind it, in random order, others of its split until `up_to`."""
    cluster = selection.dataset.card.cluster
    first = sorted(selection, key=lambda sample: _rank(sample, cluster, seed))
    if up_to <= len(first) or selection.limit is None:
        return tuple(first)
    taken = {sample.id for sample in first}
    allowed = None if known is None else known.get(selection.dataset.name, ())
    rest = [
        sample
        for sample in selection.dataset.samples(selection.split)
        if sample.id not in taken and (allowed is None or (sample.id, sample.digest[:MARK]) in allowed)
    ]
    rest.sort(key=lambda sample: _rank(sample, cluster, seed))
    return (*first, *rest[: up_to - len(first)])


def _rank(sample: Sample, cluster: str | None, seed: int) -> tuple[bytes, bytes]:
    """A place that is random but for the seed; samples of one cluster stand together."""
    together = "" if cluster is None else str(sample.fields.get(cluster))
    return _hash(together, seed), _hash(sample.id, seed)


def _hash(text: str, seed: int) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=8, key=f"order {seed}".encode()[:64]).digest()


def _ordered(planned: PlannedArm, order: tuple[Sample, ...]) -> PlannedArm:
    """The arm with its samples in this order, which is part of its identity: positions hang on it."""
    digests = {**planned.arm.digests, "selection": digest([sample.id for sample in order])}
    arm = replace(planned.arm, digests=digests)
    return _sized(replace(planned, arm=arm), order, planned.selection.count)


def _sized(planned: PlannedArm, order: tuple[Sample, ...], count: int) -> PlannedArm:
    selection = replace(planned.selection, limit=count, count=count, _chosen=order[:count])
    return replace(planned, selection=selection)


def _noted(plan: Plan, facts: Grown) -> Plan:
    return replace(plan, sweep={**plan.sweep, NOTED: facts.as_json()})
