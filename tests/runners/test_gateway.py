"""The gateway: one call for identical requests in flight, whatever becomes of those who asked."""

from __future__ import annotations

import asyncio

import pytest

from doubles import Forgetful
from promptsweep.errors import RequestError
from promptsweep.runners import Progress, Purse
from promptsweep.runners.costs import Cost
from promptsweep.runners.gateway import Gateway
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Message, Request, Usage

ASKED = Request("m", "here", (Message("user", "Well?"),))
REPLY = Completion("Yes.", usage=Usage(10, 2), cost=0.5)


def opened(model: FunctionModel) -> tuple[Gateway, Progress, list[tuple[str, Cost]]]:
    entered: list[tuple[str, Cost]] = []
    progress = Progress(3)
    purse = Purse(enter=lambda kind, _, cost: entered.append((kind, cost)))
    return Gateway(model, Forgetful(), progress, purse), progress, entered


def test_identical_requests_in_flight_are_sent_once_and_the_others_are_entered_as_saved():
    model = FunctionModel(lambda _: REPLY, latency=0.01)
    gateway, progress, entered = opened(model)

    async def ask() -> list[Completion]:
        return await asyncio.gather(*(gateway.send(ASKED) for _ in range(3)))

    replies = asyncio.run(ask())

    assert model.calls == 1
    assert [reply.cached for reply in replies] == [False, True, True]
    assert entered == [
        ("new", Cost(0.5, 12, 1)),
        ("saved", Cost(0.5, 12, 1)),
        ("saved", Cost(0.5, 12, 1)),
    ]
    assert (progress.requests, progress.cached) == (1, 2)


def test_a_failure_reaches_everyone_who_waits_for_the_call():
    def refuse(_: Request) -> str:
        raise RequestError("400: no")

    gateway, _, _ = opened(FunctionModel(refuse, latency=0.01))

    async def ask() -> list[object]:
        return await asyncio.gather(*(gateway.send(ASKED) for _ in range(3)), return_exceptions=True)

    assert [str(error) for error in asyncio.run(ask())] == ["400: no"] * 3


def test_where_the_first_caller_is_cancelled_the_next_makes_the_call():
    model = FunctionModel(lambda _: REPLY, latency=0.02)
    gateway, _, _ = opened(model)

    async def ask() -> list[Completion]:
        first, *others = (asyncio.create_task(gateway.send(ASKED)) for _ in range(3))
        await asyncio.sleep(0.01)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        return await asyncio.gather(*others)

    replies = asyncio.run(ask())

    assert [reply.text for reply in replies] == ["Yes.", "Yes."]
    assert model.calls == 2


def test_a_caller_that_only_waited_can_leave_without_the_others_noticing():
    model = FunctionModel(lambda _: REPLY, latency=0.02)
    gateway, _, _ = opened(model)

    async def ask() -> list[Completion]:
        first, leaving, staying = (asyncio.create_task(gateway.send(ASKED)) for _ in range(3))
        await asyncio.sleep(0.01)
        leaving.cancel()
        return await asyncio.gather(first, staying)

    assert [reply.text for reply in asyncio.run(ask())] == ["Yes.", "Yes."]
    assert model.calls == 1


def test_a_later_request_is_a_call_of_its_own():
    model = FunctionModel(lambda _: REPLY)
    gateway, _, _ = opened(model)

    async def ask() -> None:
        await gateway.send(ASKED)
        await gateway.send(ASKED)

    asyncio.run(ask())

    assert model.calls == 2


def test_stored_replies_to_calls_asked_for_together_come_after_all_have_begun():
    began: list[int] = []

    class Stored(Forgetful):
        async def lookup(self, key: str) -> Completion:
            return REPLY

    gateway = Gateway(FunctionModel(lambda _: REPLY), Stored(), Progress(3))

    async def ask(draw: int) -> int:
        began.append(draw)
        await gateway.send(Request("m", "here", ASKED.messages, draw=draw))
        return len(began)

    async def ask_all() -> list[int]:
        return await asyncio.gather(*(ask(draw) for draw in range(3)))

    assert asyncio.run(ask_all()) == [3, 3, 3]
