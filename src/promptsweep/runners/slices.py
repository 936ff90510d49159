"""A plan in slices: who works on which part of it, and what is left when a worker is lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from promptsweep.runners.jobs import Done
from promptsweep.runners.plan import Plan

LARGEST = 256
"""Most jobs of one slice."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Samples of one arm that follow each other, with the attempts at them that are done already."""

    arm: int
    """Place of the arm in the plan."""
    start: int
    stop: int
    done: frozenset[tuple[int, int]] = frozenset()
    """(position, repeat)"""


@dataclass(slots=True)
class _Lease:
    slice: Slice
    left: int
    """Jobs that are not recorded yet."""
    recorded: set[tuple[int, int]] = field(default_factory=set)


@dataclass(slots=True)
class _Lane:
    """The slices of one model: those of lost workers first, then the rest of the plan in its order."""

    arms: deque[int]
    position: int = 0
    returned: deque[Slice] = field(default_factory=deque)
    left: int = 0
    """Jobs of the plan that were never leased, those that are done included."""


class Slices:
    """Leases the jobs of a plan that are not done, in slices that get smaller towards the end.

    A slice is at most half of an even part of what is left of its model, so that all workers end at about the
    same time.
    """

    def __init__(self, plan: Plan, done: Done, workers: int):
        self._plan, self._done, self._workers = plan, done, workers
        self._lanes: dict[str, _Lane] = {}
        for place, planned in enumerate(plan.arms):
            lane = self._lanes.setdefault(planned.arm.model, _Lane(deque()))
            lane.arms.append(place)
            lane.left += planned.selection.count * plan.repeats
        self._leases: dict[int, dict[str, list[_Lease]]] = {}

    def lease(self, worker: int, model: str, wanted: int) -> Iterator[Slice]:
        """Slices of a model with about `wanted` jobs together, fewer near the end."""
        while wanted > 0 and (found := self._next(self._lanes[model], wanted)) is not None:
            one, jobs = found
            self._leases.setdefault(worker, {}).setdefault(model, []).append(_Lease(one, jobs))
            wanted -= jobs
            yield one

    def recorded(self, worker: int, arm: int, position: int, repeat: int) -> None:
        """A job of a slice that the worker holds is done."""
        held = self._leases[worker][self._plan.arms[arm].arm.model]
        for place, lease in enumerate(held):
            if lease.slice.arm == arm and lease.slice.start <= position < lease.slice.stop:
                lease.recorded.add((position, repeat))
                lease.left -= 1
                if not lease.left:
                    del held[place]
                return

    def lost(self, worker: int) -> None:
        """What the worker has not done is leased again."""
        for model, held in self._leases.pop(worker, {}).items():
            for lease in held:
                one = lease.slice
                rest = Slice(one.arm, one.start, one.stop, one.done | lease.recorded)
                self._lanes[model].returned.append(rest)

    def users(self, model: str) -> set[int] | None:
        """The workers that hold a slice of a model; None while there are others to be leased."""
        lane = self._lanes[model]
        return None if lane.arms or lane.returned else self.holders(model)

    def holders(self, model: str) -> set[int]:
        """The workers that hold a slice of a model."""
        return {worker for worker, held in self._leases.items() if held.get(model)}

    @property
    def finished(self) -> bool:
        """Whether every job is done."""
        return all(self.users(model) == set() for model in self._lanes)

    def _next(self, lane: _Lane, wanted: int) -> tuple[Slice, int] | None:
        """The next slice with a job that is not done, and how many it has."""
        while lane.returned:
            one = lane.returned.popleft()
            if jobs := (one.stop - one.start) * self._plan.repeats - len(one.done):
                return one, jobs
        while lane.arms:
            one = self._cut(lane, wanted)
            if jobs := (one.stop - one.start) * self._plan.repeats - len(one.done):
                return one, jobs
        return None

    def _cut(self, lane: _Lane, wanted: int) -> Slice:
        repeats, arm = self._plan.repeats, lane.arms[0]
        count = self._plan.arms[arm].selection.count
        jobs = min(wanted, LARGEST, max(1, lane.left // (2 * self._workers)))
        start, stop = lane.position, min(count, lane.position + -(-jobs // repeats))
        lane.position, lane.left = stop, lane.left - (stop - start) * repeats
        if stop == count:
            lane.arms.popleft()
            lane.position = 0
        key = self._plan.arms[arm].arm.key
        done = ((p, r) for p in range(start, stop) for r in range(repeats) if self._done(key, p, r))
        return Slice(arm, start, stop, frozenset(done))
