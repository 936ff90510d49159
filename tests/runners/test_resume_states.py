"""However often and however a run is broken off, nothing is asked twice, and it ends as if it never was."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from zlib import crc32

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import promptsweep
from promptsweep.errors import QuotaError, RequestError, ServerError
from promptsweep.models.retry import Retries
from promptsweep.reports import open_store
from promptsweep.testing import FunctionModel
from promptsweep.types import Status
from workspaces import mood

SWEEP = {
    "name": "s",
    "datasets": "mood",
    "models": "m",
    "repeats": 2,
    "strategies": [
        "zero_shot",
        {"self_consistency": {"draws": 3}},
        {"chain_of_density": {"mode": "per_round", "rounds": 3, "step": 3}},
    ],
}
FAILURES = {"quota": QuotaError("no credit"), "server": ServerError("500"), "refusal": RequestError("400")}


def reply(request):
    """Always the same to a request, and another to another draw."""
    return ("good", "bad")[crc32(request.key.encode()) % 2]


def records(run):
    """What is left of a run, but for its times."""
    frame = run.records()
    return frame[["arm", "sample_id", "repeat", "outcome", "answer", "reply"]].to_dict("records")


class Resumptions(RuleBasedStateMachine):
    """One run, resumed until it is done; the model fails at a given call, in a given way."""

    @initialize()
    def begin(self):
        self.root = Path(tempfile.mkdtemp())
        self.workspace = mood(self.root)
        self.answered = Counter()
        self.run = None

    def teardown(self):
        shutil.rmtree(self.root)

    def go(self, failure=None, good_calls=0, store=None):
        """Runs, or goes on; after so many good calls, every further one fails."""

        def answer(request):
            if failure is not None and model.calls > good_calls:
                raise failure
            if store is None:
                self.answered[request.key] += 1
            return reply(request)

        model = FunctionModel(answer, name="m", concurrency=3, retries=Retries(attempts=1))
        resume = None if self.run is None or store is not None else self.run.id
        return promptsweep.run(SWEEP, models={"m": model}, workspace=self.root, store=store, resume=resume)

    @precondition(lambda self: self.run is None or self.run.status is not Status.DONE)
    @rule(failure=st.sampled_from(sorted(FAILURES)), good_calls=st.integers(0, 40))
    def go_on_until_it_fails(self, failure, good_calls):
        self.run = self.go(FAILURES[failure], good_calls)

    @precondition(lambda self: self.run is not None)
    @rule()
    def go_on_to_the_end(self):
        self.run = self.go()
        expected = self.go(store=str(self.root / "whole.db"))
        assert self.run.status is Status.DONE
        assert records(self.run) == records(expected)

    @invariant()
    def nothing_that_was_answered_is_asked_again(self):
        assert all(count == 1 for count in self.answered.values())

    @invariant()
    def one_run_is_in_the_store(self):
        if self.run is not None:
            store = open_store(self.workspace)
            assert store.find_run("latest").id == self.run.id
            store.close()


TestResumptions = Resumptions.TestCase
TestResumptions.settings = settings(max_examples=12, stateful_step_count=6, deadline=None)
