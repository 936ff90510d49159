"""`--engine batch` of `run` and `plan`, `--window` and `--cancel`."""

from __future__ import annotations

import contextlib

import pytest

from batch_servers import BatchServer
from promptsweep.models.batches import Counts
from promptsweep.runners import Progress

MODELS = {"batch": {"price": 0.5, "poll": 0.02}, "prices": {"*": {"input": 1.0, "output": 2.0}}}
SWEEP = {"datasets": "mood", "models": "acme/m", "strategies": "zero_shot", "params": {"max_tokens": 8}}
DENSER = {"chain_of_density": {"mode": "per_round", "rounds": 4, "step": 2}}


@contextlib.contextmanager
def batches(tmp_path, **terms):
    from workspaces import mood

    with BatchServer(lambda request: "good") as server:
        acme = {**MODELS, "base_url": server.base_url, **terms}
        files = {
            "runners/models.yaml": {"endpoints": {"acme": acme}},
            "runners/mood.yaml": SWEEP,
            "runners/deep.yaml": {**SWEEP, "strategies": ["self_consistency", DENSER]},
        }
        mood(tmp_path, **files)
        yield server


def test_plan_shows_the_batch_price_and_the_waves(command, tmp_path):
    with batches(tmp_path) as server:
        shown = command("plan", "deep", "--engine", "batch")
        document = command("plan", "deep", "--engine", "batch", "--json").json
        live = command("plan", "deep", "--json").json

    assert "Price of acme/m: $0.5 in, $1 out per million tokens (runners/models.yaml, times 0.5" in shown.out
    assert "Batches: at least 4 waves of up to 24 hours, 20,000 samples open at once." in shown.out
    assert (document["waves"], live["waves"]) == (4, None)
    assert document["usd"] == pytest.approx(live["usd"] / 2)
    assert not server.seen


def test_plan_counts_the_waves_that_a_window_makes(command, tmp_path):
    with batches(tmp_path):
        few = command("plan", "mood", "--engine", "batch", "--window", "2", "--json").json

    assert few["waves"] == 3


def test_run_tells_how_to_leave_and_prints_the_leaderboard(command, tmp_path):
    with batches(tmp_path) as server:
        ran = command("run", "mood", "--engine", "batch")
        cost = command("cost", "--by", "model")

    assert ran.code == 0
    assert "Ctrl-C once stops waiting" in ran.err
    assert "wave 1 · 0 batches at the vendor · 6 submitted, 6 completed" in ran.err
    assert "acme/m (batch)" in cost.out
    assert len(server.batches) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--engine", "batch", "--model", "local"], "can: openai, azure, groq, acme. For one of your own"),
        (
            ["--engine", "batch", "--model", "ollama/x"],
            "ollama/x cannot be asked in batches; these",
        ),
        (["--window", "3"], "--window is for --engine batch"),
        (["--cancel"], "--cancel is for --engine batch"),
        (["--engine", "bach"], "'bach' is not one of"),
    ],
)
def test_what_batches_cannot_do_is_one_line(command, tmp_path, words, message):
    with batches(tmp_path) as server:
        refused = command("run", "mood", *words)

    assert refused.code == 2
    assert message in refused.err
    assert not server.seen


def test_python_users_give_the_engine_by_name(tmp_path):
    import promptsweep
    from promptsweep.errors import ConfigError

    with (
        batches(tmp_path),
        pytest.raises(ConfigError, match=r"unknown engine 'bathc'\. Did you mean 'batch'"),
    ):
        promptsweep.run("mood", workspace=tmp_path, engine="bathc")


def test_a_replayed_run_needs_no_batches(command, tmp_path):
    with batches(tmp_path) as server:
        command("run", "mood", "--engine", "batch")
        command("record", "latest", "-o", str(tmp_path / "mood.jsonl"))
        server.batches.clear()
        again = command("run", "mood", "--engine", "batch", "--replay", str(tmp_path / "mood.jsonl"))
        mixed = command(
            "run", "mood", "--engine", "batch", "--replay", str(tmp_path / "mood.jsonl"), "--live-misses"
        )

    assert (again.code, mixed.code) == (0, 2)
    assert "--live-misses sends live calls" in mixed.err
    assert not server.batches


def test_a_run_whose_batches_are_at_the_vendor_is_resumed_in_batches_only(command, tmp_path, monkeypatch):
    with batches(tmp_path) as server:
        server.faults = {"retrieve": [servers_refusal()]}
        left = command("run", "mood", "--engine", "batch")
        live = command("run", "mood", "--resume")
        other = command("run", "mood", "--engine", "batch", "--limit", "1")
        done = command("run", "mood", "--engine", "batch", "--resume", run_of(left))

    assert left.code == 4
    assert "--engine batch" in left.err
    assert live.code == 2
    assert "has batches at the vendor: resume it with --engine batch" in live.err
    assert f"run {run_of(left)} has batches at the vendor: --engine batch --resume" in other.err
    assert done.code == 0
    assert [len(one.lines) for one in server.batches.values()] == [6, 1]


def servers_refusal():
    from servers import error

    return error(403, "not now")


def run_of(outcome):
    return outcome.err.split("--resume ")[1].split()[0]


def test_the_status_line_tells_of_waves_and_batches():
    from promptsweep.cli.views.progress import status_line

    counts = Counts(waves=2, waiting=3, submitted=40, completed=10, failed=2, at_vendor={"a": (20, 1)})

    line = status_line(Progress(100, finished=10, batches=[counts]))

    assert line.startswith(
        "10/100 · wave 2 · 1 batch at the vendor · 40 submitted, 30 completed · 3 failed · 3 waiting"
    )
    assert "/s" not in line
