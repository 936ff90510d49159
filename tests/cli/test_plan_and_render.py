"""`plan` and `render`: what would be sent, and nothing is."""

from __future__ import annotations

import pytest

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
