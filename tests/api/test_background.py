"""Work that goes on beside ordinary code."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor, wait

from promptsweep.api.background import background


async def _loop():
    return asyncio.get_running_loop()


def test_all_work_shares_one_loop_wherever_it_is_begun():
    with ThreadPoolExecutor(4) as threads:
        loops = set(threads.map(lambda _: background(_loop()).result(5), range(16)))

    assert len(loops) == 1


def test_cancelling_ends_the_work():
    ended = []

    async def work():
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    future = background(work())
    background(_loop()).result(5)  # by now it has begun
    future.cancel()
    background(_loop()).result(5)

    assert wait([future], 5).done
    assert ended == [True]
