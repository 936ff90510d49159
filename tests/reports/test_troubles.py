"""The errors of records, by kind."""

from __future__ import annotations

import pytest

from promptsweep.errors import RequestError
from promptsweep.models import failures
from promptsweep.reports.troubles import Trouble, together, troubles

BOTH = ["zero_shot", {"few_shot": {"k": 2}}]


def found(house, run):
    arms = house.store.arms(house.store.find_run(run).id)
    with house.store.engine.connect() as connection:
        return together(one for arm in arms for one in troubles(connection, arm))


def http(status, text="no"):
    body = b'{"error": {"message": "%s"}}' % text.encode()
    return f"acme/m: {failures.sort(status, {}, body)} (attempts: 6)"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (http(429), "rate limit"),
        (http(408), "time-out"),
        ("acme/m: no connection in 10 s, no byte in 60 s, or no whole reply in 600 s", "time-out"),
        ("acme/m: the connection to http://127.0.0.1:9/v1 failed: reset", "connection"),
        (http(500), "server"),
        (http(503, "overloaded"), "server"),
        ("acme/m: the reply is not JSON: <html>", "server"),
        (http(400, "context too long"), "request"),
        ("the prompt has 9000 tokens; the embedded model takes at most 2048", "request"),
        ("strategy mine failed: KeyError: 'x'", "strategy"),
        ("no recorded reply", "other"),
        ("", "other"),
    ],
)
def test_an_error_is_of_the_kind_that_its_message_says(own_house, message, kind):
    def refuse(request):
        if "Line 3 " in request.messages[-1].content:
            raise RequestError(message)
        return "good"

    own_house.run("broken", refuse, datasets="lines", strategies="zero_shot", fresh=True)

    assert found(own_house, "broken") == [Trouble(kind, 1, message)]


def test_kinds_are_counted_over_arms_and_the_most_frequent_comes_first(own_house):
    def refuse(request):
        text = request.messages[-1].content
        if text.startswith("Line 1"):
            raise RequestError(http(429) if "Line 12" in text else http(500, text))
        return "good"

    own_house.run("broken", refuse, datasets="lines", strategies=BOTH, fresh=True)

    assert [(one.kind, one.records) for one in found(own_house, "broken")] == [
        ("server", 20),
        ("rate limit", 2),
    ]


def test_a_run_without_errors_has_no_troubles(own_house):
    own_house.run("fine", datasets="facts", strategies="zero_shot")

    assert found(own_house, "fine") == []
