"""A worker's jobs: those of the slices it was leased, as many at a time as its part of the calls allows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping

from promptsweep.models import Model
from promptsweep.runners.jobs import Job, Stop
from promptsweep.runners.plan import Plan
from promptsweep.runners.selection import Selection
from promptsweep.runners.slices import Slice
from promptsweep.types import Sample


class SlicedFeed:
    """Implements `jobs.Feed`. `changed` is called when more slices are wanted than before."""

    def __init__(self, plan: Plan, stop: Stop, changed: Callable[[], None]):
        self._plan = plan
        self._lanes = {model.name: _Lane(plan, model, stop, changed) for model in plan.models}

    def jobs(self, model: Model) -> Iterator[Job]:
        """The jobs that may be begun now."""
        return self._lanes[model.name]

    async def more(self, model: Model) -> bool:
        """Waits for a job; False when the feed is closed."""
        return await self._lanes[model.name].more()

    def add(self, one: Slice) -> None:
        """A slice was leased."""
        self._lanes[self._plan.arms[one.arm].arm.model].add(one)

    def allow(self, model: str, part: int) -> None:
        """So many jobs of a model may go on at the same time."""
        self._lanes[model].allow(part)

    @property
    def wanted(self) -> Mapping[str, int]:
        """Model → jobs to be leased, before those in hand run out."""
        return {name: lane.wanted for name, lane in self._lanes.items() if lane.wanted > 0}

    def close(self) -> None:
        """Nothing more is begun."""
        for lane in self._lanes.values():
            lane.close()


class _Lane(Iterator[Job]):
    """The jobs of one model. It may go on after it ended: who found it empty waits in `more`."""

    def __init__(self, plan: Plan, model: Model, stop: Stop, changed: Callable[[], None]):
        self._plan, self._stop, self._changed = plan, stop, changed
        self._slices: deque[Slice] = deque()
        self._current: Iterator[Job] = iter(())
        self._readers: dict[int, _Reader] = {}
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._part = self._running = model.concurrency
        self._left, self._open = 0, True

    def __next__(self) -> Job:
        if self._stop.asked or self._running > self._part:
            raise StopIteration
        while (job := next(self._current, None)) is None:
            if not self._slices:
                raise StopIteration
            self._current = self._jobs(self._slices.popleft())
        self._left -= 1
        if self._left < self._part:
            self._changed()
        return job

    async def more(self) -> bool:
        """Waits for a job, and for its turn."""
        self._running -= 1
        place: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._wake()
        if self.wanted > 0:
            self._changed()
        return await place

    def add(self, one: Slice) -> None:
        """More to do."""
        self._slices.append(one)
        self._left += (one.stop - one.start) * self._plan.repeats - len(one.done)
        self._wake()

    def allow(self, part: int) -> None:
        """So many may run."""
        self._part = part
        self._wake()

    def close(self) -> None:
        """Ends it, for those who wait too."""
        self._open = False
        self._wake()

    @property
    def wanted(self) -> int:
        """Jobs to be leased: as many again as may run, when fewer than that are left."""
        return 2 * self._part - self._left if self._left < self._part else 0

    def _wake(self) -> None:
        if not self._open:
            while self._waiting:
                _answer(self._waiting.popleft(), False)
            return
        free = min(self._left, self._part - self._running)
        for _ in range(min(free, len(self._waiting))):
            self._running += 1
            _answer(self._waiting.popleft(), True)

    def _jobs(self, one: Slice) -> Iterator[Job]:
        planned, repeats = self._plan.arms[one.arm], range(self._plan.repeats)
        reader = self._readers.get(one.arm)
        if reader is None or reader.position > one.start:
            reader = self._readers[one.arm] = _Reader(planned.selection)
        for position in range(one.start, one.stop):
            sample = reader.read(position)
            for repeat in repeats:
                if (position, repeat) not in one.done:
                    yield Job(planned, sample, position, repeat)


class _Reader:
    """Reads on in a selection: a worker's slices of an arm come mostly in their order."""

    def __init__(self, selection: Selection):
        self._samples = iter(selection)
        self.position = 0
        """Of the sample that comes next."""

    def read(self, position: int) -> Sample:
        """The sample of a position that is not behind."""
        while True:
            sample = next(self._samples)
            self.position += 1
            if self.position > position:
                return sample


def _answer(place: asyncio.Future[bool], more: bool) -> None:
    if not place.done():
        place.set_result(more)
