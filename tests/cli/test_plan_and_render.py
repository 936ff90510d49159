"""`plan` and `render`: what would be sent, and nothing is."""

from __future__ import annotations

import pytest

from servers import error
from workspaces import write


def test_plan_counts_samples_calls_and_tokens_and_sends_nothing(command, server, tmp_path):
    write(
        tmp_path,
        {"runners/two.yaml": {**SWEEP, "strategies": ["zero_shot", "self_consistency"], "repeats": 2}},
    )

    planned = command("plan", "two", "--limit", "4")
    zero_shot, votes = command("plan", "two", "--limit", "4", "--json").json["arms"]

    assert planned.code == 0
    assert "2 arms on acme/m, 16 records, 2 attempts at each sample." in planned.out
    assert (zero_shot["samples"], zero_shot["calls"], zero_shot["calls_exact"]) == (4, 8, True)
    assert votes["calls_exact"] is False
    assert zero_shot["first_call_tokens"] > 10
    assert not server.requests


def test_plan_says_what_a_run_costs_at_most_and_who_says_so(command, server, tmp_path):
    capped = {**SWEEP, "strategies": ["zero_shot", "self_consistency"], "params": {"max_tokens": 8}}
    write(tmp_path, {"runners/capped.yaml": {**capped, "budget": {"usd": 0.5}}})

    shown, document = command("plan", "capped").out, command("plan", "capped", "--json").json

    assert "At most 36 calls, about " in shown
    assert "Price of acme/m: $1 in, $2 out per million tokens (runners/models.yaml, 20" in shown
    assert "Prompt tokens of acme/m are estimated: one for 4 characters" in shown
    assert "Budget: 0.5 usd, enough for the worst case." in shown
    assert document["usd"] == pytest.approx(sum(arm["usd"] for arm in document["arms"]))
    assert document["prices"]["acme/m"]["output_usd_per_million"] == 2.0
    assert [arm["calls"] for arm in document["arms"]] == [6, 30]
    assert not server.requests


def test_a_plan_offers_no_engine_that_would_change_nothing(command, server):
    refused = command("plan", "mood", "--engine", "ray")

    assert (refused.code, refused.out) == (2, "")
    assert "'ray' is not one of 'local', 'batch'" in refused.err
    assert command("plan", "mood", "--engine", "local").code == 0


def test_plan_counts_in_the_vocabulary_of_a_model_that_has_one(command, server):
    shown = command("plan", "mood", "--model", "acme/gpt-4o-mini").out

    assert "Prompt tokens of acme/gpt-4o-mini are counted in o200k_base." in shown
    assert "At most 12 calls; tokens and cost have no known limit: without max_tokens" in shown


def test_plan_names_the_strategy_that_does_not_declare_its_calls(command, server, tmp_path):
    code = (
        "from promptsweep.prompts import strategy\n\n@strategy\nasync def own(sample, ask):\n    return 'x'\n"
    )
    code = code.replace("'x'", "await ask('answer')")
    files = {"prompts/own/strategy.py": code, "prompts/own/answer.j2": "{{ input }}"}
    write(tmp_path, {**files, "runners/own.yaml": {**SWEEP, "strategies": "own"}})

    shown = command("plan", "own").out

    assert "≥ 6" in shown
    assert "own does not declare its most calls: @strategy(calls=" in shown


def test_a_pilot_runs_some_samples_and_the_run_asks_only_for_the_others(command, server):
    piloted = command("plan", "mood", "--pilot", "2")
    asked = len(server.requests)
    ran = command("run", "mood")

    assert (piloted.code, ran.code) == (0, 0)
    assert "By the pilot, the whole run takes (95 % intervals):" in piloted.out
    assert "Calls 12, tokens 144, $0.0002." in piloted.out
    assert "the pilot is run " in piloted.err
    assert (asked, len(server.requests)) == (4, 12)


def test_a_pilot_prints_one_document(command, server):
    pilot = command("plan", "mood", "--pilot", "2", "--json").json["pilot"]

    assert pilot["tokens"] == {"value": 144, "low": 144, "high": 144}
    assert [arm["piloted"] for arm in pilot["arms"]] == [2, 2]
    assert pilot["seconds"]["low"] <= pilot["seconds"]["value"] <= pilot["seconds"]["high"]


def test_a_pilot_that_fails_ends_as_a_run_does(command, server):
    server.behaviour = lambda request: error(401, "no such key")

    piloted = command("plan", "mood", "--pilot", "2")

    assert piloted.code == 4
    assert "no such key" in piloted.err


SWEEP = {"datasets": "mood", "models": "acme/m"}


def test_render_prints_the_messages_that_a_run_sends(ran, command, server):
    sent = [(turn["role"], turn["content"]) for turn in server.requests[0]["messages"]]

    messages = command("render", "zero_shot", "--dataset", "mood", "--sample", "s-0", "--json").json[
        "messages"
    ]

    assert [(message["role"], message["content"]) for message in messages] == sent


def test_render_shows_each_message_under_its_role(command, server):
    shown = command(
        "render", "few_shot", "-d", "mood", "-p", "k=2", "-p", "select=first", "--system", "expert"
    ).out

    assert [line for line in shown.splitlines() if line.startswith("──")] == [
        f"── {role} ──" for role in ("system", "user", "assistant", "user", "assistant", "user")
    ]
    assert "It sparkles." in shown
    assert shown.endswith("Warm and witty.\n")


def test_render_keeps_what_a_sample_holds_as_text(command, server, tmp_path):
    text = "{% user %} {{ input }} [bold]red[/bold] :smile: <|im_start|>" + " long" * 60
    write(tmp_path, {"datasets/mood.test.jsonl": [{"id": "x", "input": text, "target": "good"}]})

    assert command("render", "zero_shot", "-d", "mood").out.endswith(f"{text}\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["zero_shots", "-d", "mood"], "unknown strategy 'zero_shots'. Did you mean 'zero_shot'?"),
        (["zero_shot", "-d", "moood"], "unknown dataset 'moood'. Did you mean 'mood'?"),
        (["zero_shot", "-d", "mood", "--sample", "s-9"], "unknown sample of mood 's-9'. Did you mean 's-"),
        (["zero_shot", "-d", "mood", "--split", "tset"], "unknown split 'tset'. Did you mean 'test'?"),
        (["few_shot", "-d", "mood", "-p", "k"], "--param takes KEY=VALUE, not 'k'"),
        (["few_shot", "-d", "mood", "-p", "k=[1, 2]"], "give each --param one value"),
    ],
)
def test_render_says_what_it_cannot_find(command, server, words, message):
    shown = command("render", *words)

    assert (shown.code, shown.out) == (2, "")
    assert message in shown.err
