from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import insert

from promptsweep.reports import Store, open_store, schema
from promptsweep.reports.lookup import BatchedLookup, DirectLookup, Lookup, replies
from promptsweep.reports.rows import response_row
from promptsweep.types import Completion, Message, Request, Usage
from promptsweep.workspace import Workspace

KINDS = pytest.mark.parametrize("kind", [DirectLookup, BatchedLookup])
STORED = Request("m", "here", (Message("user", "stored"),))
REPLY = Completion("yes", usage=Usage(7, 1, 2, None), seconds=0.5, cost=0.25, attempts=2, reasoning="so")


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    store = open_store(Workspace(tmp_path))
    rows = [
        response_row(STORED, replace(REPLY, text=text), "p", version) | {"created": created}
        for text, version, created in [("late", "", 3.0), ("first", "run-1", 1.0), ("second", "run-2", 2.0)]
    ]
    with store.engine.begin() as connection:
        connection.execute(insert(schema.responses), rows)
    yield store
    store.close()


def found(lookup: Lookup, *keys: str) -> list[Completion | None]:
    async def ask() -> list[Completion | None]:
        return await asyncio.gather(*(lookup.find(key) for key in keys))

    try:
        return asyncio.run(ask())
    finally:
        lookup.close()


@KINDS
def test_the_oldest_reply_is_found_with_all_that_is_known_of_it(store, kind):
    lookup = kind(store.engine, replies(None))

    assert found(lookup, STORED.key) == [replace(REPLY, text="first", cached=True)]


@KINDS
def test_of_one_version_only_its_own_reply_is_found(store, kind):
    lookup = kind(store.engine, replies("run-2"))

    assert [one and one.text for one in found(lookup, STORED.key)] == ["second"]


@KINDS
def test_many_keys_at_once_each_get_their_own(store, kind):
    lookup = kind(store.engine, replies(None))

    assert [one and one.text for one in found(lookup, "a", STORED.key, "b", STORED.key)] == [
        None,
        "first",
        None,
        "first",
    ]
