"""Deadlines: one timer ends whatever takes too long, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from promptsweep.models.deadlines import Deadlines


def test_a_task_that_stays_too_long_gets_a_timeout_and_the_others_stay():
    deadlines = Deadlines(0.05)

    async def stay(seconds: float) -> str:
        with deadlines:
            await asyncio.sleep(seconds)
        return "done"

    async def all_of_them() -> list[object]:
        tasks = [asyncio.create_task(stay(seconds)) for seconds in (0.01, 5, 0.02, 5)]
        await asyncio.sleep(0.03)
        tasks.append(asyncio.create_task(stay(0.04)))
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = asyncio.run(all_of_them())

    assert [str(one) or type(one) for one in found] == ["done", TimeoutError, "done", TimeoutError, "done"]


def test_cancelling_from_outside_is_no_timeout():
    deadlines = Deadlines(5)

    async def cancelled() -> None:
        async def stay() -> None:
            with deadlines:
                await asyncio.sleep(5)

        task = asyncio.create_task(stay())
        await asyncio.sleep(0.01)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())


def test_a_task_whose_work_ends_as_its_time_does_is_not_cancelled_later():
    deadlines = Deadlines(0.02)

    async def stay() -> int:
        task = asyncio.current_task()
        assert task is not None
        with deadlines:
            try:
                await asyncio.sleep(5)
            except asyncio.CancelledError:
                result = "came all the same"
        await asyncio.sleep(0)
        assert result
        return task.cancelling()

    assert asyncio.run(stay()) == 0


def test_a_task_can_enter_again_and_its_time_begins_anew():
    deadlines = Deadlines(0.05)

    async def twice() -> str:
        for _ in range(3):
            with deadlines:
                await asyncio.sleep(0.03)
        return "done"

    assert asyncio.run(twice()) == "done"
