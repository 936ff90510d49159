"""`show`: the leaderboard, the samples, one sample's whole trace."""

from __future__ import annotations

import pytest

from servers import chat_completion


def test_wrong_shows_only_what_is_not_right(ran, command):
    shown = command("show", "--wrong")

    assert "3 of 3 records." in shown.out
    assert "Cold and dull." in shown.out
    assert "Warm and witty." not in shown.out


def test_an_arm_is_named_by_a_part_of_its_name(ran, command):
    found = command("show", "--arm", "few", "--limit", "2", "--json").json

    assert found["total"] == 6
    assert {record["arm"] for record in found["records"]} == {"few_shot(k=2) | acme/m | mood"}
    assert len(found["records"]) == 2


def test_a_trace_shows_every_message_the_reply_and_the_scores(ran, command):
    shown = command("show", "--sample", "s-1", "--arm", "zero_shot").out

    assert "s-1 · zero_shot | acme/m | mood" in shown
    system, user, reply, verdict = (
        shown.index(f"── {part} ──") for part in ("system", "user", "reply", "verdict")
    )
    assert system < user < reply < verdict
    assert "Judge the mood.\nLabels: good, bad." in shown
    assert "targets   bad" in shown
    assert "answer    good" in shown


def test_a_trace_as_json_holds_the_calls(ran, command):
    [call] = command("show", "--sample", "s-1", "--json").json["calls"]

    assert call["completion"]["text"] == "good"
    assert call["request"]["messages"][-1] == {"role": "user", "content": "Cold and dull."}


def test_a_reply_cannot_steer_the_terminal(command, server):
    server.behaviour = lambda request: chat_completion("\x1b[2Jgood\x07")
    command("run", "mood")

    shown = command("show", "--sample", "s-0").out

    assert "\x1b" not in shown
    assert r"\x1b[2Jgood\x07" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nope"], "unknown run 'nope'"),
        (["--sample", "s-11"], "unknown sample 's-11'. Did you mean 's-1'?"),
        (["--arm", "few_shots"], "unknown arm 'few_shots'"),
        (["--arm", "mood"], "arm 'mood' fits more than one"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(ran, command, words, message):
    shown = command("show", *words)

    assert (shown.code, shown.out) == (2, "")
    assert shown.err.startswith(f"error: {message}")
    assert shown.err.count("\n") == 1


def test_classes_are_shown_with_what_they_are_mistaken_for(command, server):
    assert command("run", "mood").code == 0

    shown = command("show", "--classes", "--arm", "zero_shot")
    [arm] = command("show", "--classes", "--arm", "zero_shot", "--json").json["arms"]

    assert "precision" in shown.out
    assert "target \\ answer" in shown.out
    assert sum(map(sum, arm["matrix"])) == sum(one["support"] for one in arm["classes"])
