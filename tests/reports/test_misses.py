"""Why a request was not found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptsweep.reports import open_store
from promptsweep.reports.browse import trace
from promptsweep.reports.cache import Hit, Miss, explain
from promptsweep.types import Message, Request
from promptsweep.workspace import Workspace


@pytest.fixture
def stored(house) -> Request:
    return trace(house.store, "plain", "line-3", arm="few_shot").calls[0].request


def changed(request: Request, place: int, content: str) -> Request:
    messages = list(request.messages)
    messages[place] = Message(messages[place].role, content)
    return replace(request, messages=tuple(messages))


def test_a_stored_request_is_a_hit(house, stored):
    found = explain(house.store, stored)

    assert isinstance(found, Hit)
    assert found.completion.text == "good"


@pytest.mark.parametrize(
    ("changes", "field", "before", "after"),
    [
        ({"model": "m2"}, "model", "m", "m2"),
        ({"base_url": "http://x"}, "base_url", "function", "http://x"),
        ({"params": {"temperature": 0.5}}, "params.temperature", "(none)", "0.5"),
        ({"draw": 7}, "draw", "0", "7"),
    ],
)
def test_one_changed_field_is_the_only_difference(house, stored, changes, field, before, after):
    found = explain(house.store, replace(stored, **changes))

    assert isinstance(found, Miss)
    assert found.nearest == stored
    [difference] = found.differences
    assert (difference.field, difference.stored, difference.wanted) == (field, before, after)


def test_an_edited_question_shows_where_it_differs(house, stored):
    found = explain(house.store, changed(stored, -1, "Line 3 is sunny!"))

    [difference] = found.differences
    assert difference.field == "message 6 (user)"
    assert (difference.stored, difference.wanted) == ("Line 3 is sunny.", "Line 3 is sunny!")


def test_an_edited_system_message_finds_the_same_question(house, stored):
    found = explain(house.store, changed(stored, 0, stored.messages[0].content + " Think."))

    assert found.nearest == stored
    assert [one.field for one in found.differences] == ["message 1 (system)"]
    assert found.differences[0].wanted.endswith("Think.")


def test_a_message_more_or_less_is_shown(house, stored):
    fewer = replace(stored, messages=stored.messages[:3] + stored.messages[5:])

    found = explain(house.store, fewer)

    assert isinstance(found, Miss)
    assert found.differences


def test_an_empty_store_has_no_nearest(tmp_path):
    request = Request("m", "u", (Message("user", "q"),))

    assert explain(open_store(Workspace(tmp_path)), request) == Miss(None, ())


def test_long_texts_show_only_the_place_where_they_part(house, stored):
    found = explain(house.store, changed(stored, -1, "Line 3 is sunny." + "x" * 1_000))

    assert len(found.differences[0].wanted) < 100
