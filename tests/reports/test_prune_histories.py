"""Whatever was run, broken off, resumed, removed and pruned before: what is kept loses nothing."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from sqlalchemy import select

import promptsweep
from promptsweep.reports import open_store, schema
from promptsweep.reports.cache import cache_stats, delete_run, prune
from promptsweep.reports.traces import trace
from promptsweep.testing import FunctionModel
from promptsweep.types import Status
from workspaces import mood

STRATEGIES = ["zero_shot", "few_shot", {"self_consistency": {"draws": 3}}]
SAMPLES = 3


class Histories(RuleBasedStateMachine):
    """Runs of one workspace. The model never says the same twice, so that no reply stands for another."""

    runs = Bundle("runs")

    @initialize()
    def begin(self):
        self.root = Path(tempfile.mkdtemp())
        self.workspace = mood(self.root)
        self.store = open_store(self.workspace)
        self.asked = []
        self.told = {}
        """Run → every text in its traces, when they were first seen."""
        self.sweeps = {}

    def teardown(self):
        self.store.close()
        shutil.rmtree(self.root)

    def reply(self, request):
        self.asked.append(request)
        return f"good {len(self.asked)}"

    def go(self, sweep, **options):
        model = FunctionModel(self.reply, name="m", concurrency=1)
        content = {"name": "s", "datasets": "mood", "models": "m", **sweep}
        return promptsweep.run(content, models={"m": model}, workspace=self.root, **options)

    def texts(self, run):
        """What the traces of all its recorded samples say."""
        with self.store.engine.connect() as connection:
            [arm] = self.store.arms(run)
            of_run = schema.records.c.id.between(*schema.record_range(arm.id))
            samples = connection.scalars(select(schema.records.c.sample_id).where(of_run)).all()
        traces = [trace(self.store, run, identity) for identity in samples]
        return [[call.completion.text for call in one.calls] for one in traces]

    @rule(
        target=runs, strategy=st.sampled_from(STRATEGIES), limit=st.integers(1, SAMPLES), fresh=st.booleans()
    )
    def run(self, strategy, limit, fresh):
        sweep = {"strategies": strategy, "limit": limit}
        run = self.go(sweep, fresh=fresh).id
        self.sweeps[run], self.told[run] = sweep, self.texts(run)
        return run

    @rule(
        target=runs,
        strategy=st.sampled_from(STRATEGIES),
        requests=st.integers(1, 8),
        fresh=st.booleans(),
    )
    def run_until_the_budget_is_spent(self, strategy, requests, fresh):
        sweep = {"strategies": strategy, "limit": SAMPLES}
        run = self.go({**sweep, "budget": {"requests": requests}}, fresh=fresh).id
        self.sweeps[run], self.told[run] = sweep, self.texts(run)
        return run

    @rule(run=runs)
    def resume(self, run):
        """What the run had recorded stays as it is."""
        before = self.told[run]
        done = self.go(self.sweeps[run], resume=run)
        self.told[run] = self.texts(run)
        assert done.status is Status.DONE
        assert [texts for texts in self.told[run] if texts in before] == before

    @rule(run=consumes(runs))
    def remove(self, run):
        delete_run(self.store, run)
        del self.told[run]

    @rule()
    def prune(self):
        before = cache_stats(self.store).responses
        removed = prune(self.store)
        assert cache_stats(self.store).responses == before - removed
        if not self.told:
            assert cache_stats(self.store).responses == 0

    @invariant()
    def kept_runs_tell_what_they_told(self):
        for run, texts in getattr(self, "told", {}).items():
            assert self.texts(run) == texts


Histories.TestCase.settings = settings(max_examples=12, stateful_step_count=10, deadline=None)
TestPruningTakesNothingFromTheRunsThatAreKept = Histories.TestCase
