"""Servers with a limit: runs reach it, alone and together, and are hardly ever refused."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from children import start, wait_until
from served_moods import mood_of, run, scored, served
from sqlalchemy import func, select

import servers
from limited_servers import LeakyBucket, anthropic_headers, openai_headers
from promptsweep import api
from promptsweep.reports import open_store, schema
from promptsweep.types import Status
from servers import Answer, ChatServer, chat_completion

RATE = 100
"""Requests a second that the servers let pass."""
FORMS = {"openai": openai_headers, "anthropic": anthropic_headers}
ROOM = 20
"""Requests that may come at once: vendors enforce a limit of a minute over much shorter times."""
SETTLED = 1.5
"""Seconds after which two runs know of each other, whatever else the machine does."""
FEW_SHOT = {"datasets": "mood", "models": "acme/m", "strategies": "few_shot"}


class LimitedServer:
    """Counts what it lets pass and what it refuses, and says its limit in a vendor's form."""

    def __init__(self, form):
        self._form, self._count = form, None
        self.answered, self.refused = [], []
        """When, and of which strategy: how many messages its requests have."""

    def __call__(self, request):
        self._count = self._count or LeakyBucket(RATE * 60, ROOM)
        verdict = self._count()
        headers = self._form(RATE * 60, verdict)
        kind = time.monotonic(), len(request["messages"])
        if verdict.admitted:
            self.answered.append(kind)
            return Answer(chat_completion(mood_of(request)), headers=headers, delay=0.05)
        self.refused.append(kind)
        wait = {"retry-after-ms": str(int(verdict.retry_after * 1000) + 1)}
        return Answer(servers.error(429, "slow down").body, 429, {**headers, **wait})


def rate(times):
    """Requests a second between the first and the last."""
    return (len(times) - 1) / (times[-1] - times[0])


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_1000_requests_keep_the_rate_that_the_headers_say(tmp_path, form):
    """The limit as in 3,000 a minute, at another scale: a minute's worth would take a minute."""
    behaviour = LimitedServer(form)
    with ChatServer(behaviour) as server:
        done = run(served(tmp_path, server.base_url, 1000))

    assert (done.status, scored(done)) == (Status.DONE, 1000)
    assert rate([at for at, _ in behaviour.answered]) >= 0.95 * RATE
    assert len(behaviour.refused) <= 0.01 * len(server.requests)


def both_going(behaviour):
    """From when to when both strategies sent requests."""
    times = {}
    for at, kind in behaviour.answered:
        times.setdefault(kind, []).append(at)
    first, second = times.values()
    return max(first[0], second[0]), min(first[-1], second[-1])


def test_two_runs_at_once_share_the_rate_of_an_endpoint(tmp_path):
    """They may be refused until they know of each other; after that they are as fast as one alone."""
    behaviour = LimitedServer(openai_headers)
    with ChatServer(behaviour) as server:
        workspace = served(tmp_path, server.base_url, 600)
        (workspace.root / "runners" / "other.yaml").write_text(str(FEW_SHOT))
        runs = [start(sweep, workspace) for sweep in ("moods", "other")]
        for process in runs:
            process.join(60)

    began, ended = both_going(behaviour)
    began += SETTLED
    together = [at for at, _ in behaviour.answered if began <= at <= ended]
    refused = [at for at, _ in behaviour.refused if began <= at <= ended]
    assert [process.exitcode for process in runs] == [0, 0]
    assert ended - began > 4
    assert rate(together) >= 0.92 * RATE
    assert len(refused) <= 0.01 * len(together)


def test_the_share_of_a_run_that_ended_goes_to_the_other(tmp_path):
    """40 and 90 samples at 20 requests a second."""
    endpoint = {"requests_per_minute": 1200}
    with ChatServer(mood_of) as server:
        workspace = served(tmp_path, server.base_url, 90, endpoint=endpoint)
        (workspace.root / "runners" / "other.yaml").write_text(str({**FEW_SHOT, "limit": 40}))
        process = start("other", workspace)
        wait_until(lambda: len(server.requests) >= 2, process)
        planned, shares = api.plan("moods", workspace), []
        limiter = planned.models[0].limiter
        store = open_store(workspace)
        result = api.execute(planned, store, observe=lambda _: shares.append(limiter.share))
        process.join()

    changes = [after for before, after in pairwise([None, *shares]) if before != after]
    assert (result.status, process.exitcode) == (Status.DONE, 0)
    assert changes in ([1.0, 0.5, 1.0], [0.5, 1.0])
    with store.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.leases)) == 0
