"""`run`, from the words a user types to what is on each stream."""

from __future__ import annotations

import shlex

import pytest

from servers import error
from workspaces import write

ARM_KEYS = {
    "arm",
    "strategy",
    "model",
    "dataset",
    "params",
    "samples",
    "scored",
    "outcomes",
    "metrics",
    "tokens",
    "cost_usd",
    "seconds",
    "requests",
    "cached",
}


def test_a_run_prints_its_leaderboard_and_what_to_do_next(ran):
    assert ran.code == 0
    assert "mood · test · 6 samples · acme/m" in ran.out
    assert "0.50 [0.19, 0.81]" in ran.out
    assert "1.00 [0.61, 1.00]" in ran.out
    assert "12 of 12 records; 12 requests, 0 from the store." in ran.out
    for verb in ("show", "compare", "dashboard"):
        assert f"promptsweep {verb}" in ran.out


def test_progress_goes_to_stderr_and_counts_records_tokens_and_cost(ran):
    last = ran.err.splitlines()[-1]

    assert last.startswith("12/12 · ")
    assert "144 tokens" in last
    assert "$0.0002" in last
    assert "12/12" not in ran.out


def test_nothing_is_on_stderr_without_progress(command, server):
    assert command("run", "mood", "--no-progress").err == ""


def test_json_is_one_document_with_the_documented_keys(command, server):
    ran = command("run", "mood", "--json")
    shown = command("show", "--json")

    assert shown.json == ran.json
    assert ran.json["status"] == "done"
    zero_shot, few_shot = ran.json["arms"]
    assert set(zero_shot) >= ARM_KEYS
    assert few_shot["params"]["k"] == 2
    assert few_shot["metrics"]["accuracy"]["value"] == 1.0
    assert set(few_shot["metrics"]["accuracy"]) == {"value", "low", "high", "n"}


def test_a_second_run_takes_the_stored_replies_unless_it_is_fresh(command, server):
    command("run", "mood")

    assert "; 0 requests, 12 from the store." in command("run", "mood").out
    assert "; 12 requests, 0 from the store." in command("run", "mood", "--fresh").out


def test_limit_and_model_replace_those_of_the_sweep(command, server):
    [zero_shot, _] = command("run", "mood", "--limit", "2", "--model", "acme/other", "--json").json["arms"]

    assert (zero_shot["samples"], zero_shot["model"]) == (2, "acme/other")


@pytest.mark.parametrize("bare", [False, True])
def test_an_incomplete_run_ends_with_4_and_its_printed_command_completes_it(command, server, bare):
    right = server.behaviour
    server.behaviour = lambda request: (
        error(400, "too long") if "early" in request["messages"][-1]["content"] else right(request)
    )
    failed = command("run", "mood", "--limit", "6")
    server.behaviour = right

    assert failed.code == 4
    assert "5 of 6 scored, 1 error; accuracy 0.500 with the missing counted as 0" in failed.out
    [resume] = [
        line.removeprefix("resume: promptsweep ") for line in failed.err.splitlines() if "resume:" in line
    ]
    words = shlex.split(resume)
    at = words.index("--resume") + 1
    resumed = command(*words[:at], *words[at + 1 :] if bare else words[at:])
    assert resumed.code == 0
    assert "12 of 12 records; 2 requests, " in resumed.out


def test_a_rejected_key_stops_the_run_and_is_never_shown(command, server, tmp_path):
    endpoint = {"base_url": server.base_url, "key": "ACME_KEY"}
    write(tmp_path, {"runners/models.yaml": {"endpoints": {"acme": endpoint}}})
    server.behaviour = lambda request: error(401, "invalid key sk-secret-1")

    stopped = command("run", "mood", env={"ACME_KEY": "sk-secret-1"})

    assert stopped.code == 4
    assert "incomplete: " in stopped.err
    assert "sk-secret-1" not in stopped.out + stopped.err


def test_warnings_about_the_data_come_before_anything_is_sent(command, server, tmp_path):
    twice = [{"id": str(i), "input": "Same.", "target": "good"} for i in range(2)]
    write(tmp_path, {"datasets/mood.test.jsonl": twice})

    ran = command("run", "mood")

    assert "warning: mood (test): the input is also that of line 1" in ran.err
