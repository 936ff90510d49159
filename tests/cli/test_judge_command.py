"""`judge`, and what other commands show of judges; candidates and judge are local servers."""

from __future__ import annotations

import pytest

from servers import ChatServer
from workspaces import write

MODELS = {"prices": {"*": {"input": 1.0, "output": 2.0}}, "retries": {"attempts": 1}}
JUDGED = {
    "datasets": "mood",
    "models": "acme/m",
    "strategies": "zero_shot",
    "metrics": ["accuracy", {"judge": {"model": "court/owl", "rubric": "style"}}],
}


def verdict(request):
    if "Verdict" in request["messages"][0]["content"]:
        return "The first.\nVerdict: A"
    return "Plain words.\nScore: 4"


@pytest.fixture
def judge(tmp_path, server):
    """The server of a judge, named `court/owl` in the workspace of `server`."""
    with ChatServer(verdict) as serving:
        endpoints = {
            "acme": {"base_url": server.base_url, **MODELS},
            "court": {"base_url": serving.base_url, **MODELS},
        }
        write(tmp_path, {"runners/models.yaml": {"endpoints": endpoints}})
        yield serving


def test_judging_a_run_adds_a_column_and_asks_no_candidate(judge, ran, command, server):
    before = len(server.requests)

    told = command("judge", "latest", "--model", "court/owl", "--rubric", "style", "--no-progress")

    assert (told.code, len(server.requests), len(judge.requests)) == (
        0,
        before,
        9,
    )  # three answers are the same in both arms
    assert "judge(style)" in told.out
    assert "Judge owl: 12 calls, 120 + 24 tokens, $0.0002" in told.out
    shown = command("show", "latest", "--json").json["arms"]
    assert [arm["metrics"]["judge(style)"]["value"] for arm in shown] == [4.0, 4.0]
    assert "━━ call 2: judge, by style" in command("show", "latest", "--sample", "s-0").out


def test_two_arms_are_compared_in_both_orders_and_shown_again(judge, ran, command):
    words = (
        "judge",
        "latest",
        "--pair",
        "zero_shot",
        "few_shot",
        "-m",
        "court/owl",
        "--rubric",
        "style",
        "--json",
    )
    [pair] = command(*words).json["pairs"]
    asked = len(judge.requests)

    again = command("judge", "latest", "--json").json["pairs"]

    assert (pair["preferred"]["net"]["value"], pair["consistent"]["value"], pair["first"]["value"]) == (
        0,
        0,
        1,
    )
    assert again == [pair]
    assert len(judge.requests) == asked <= 12
    assert "0–6–0" in command("judge", "latest").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rubric", "style", "--pair", "a", "b"], "name the judge: --model NAME"),
        (["--model", "court/owl", "--rubric", "stile"], "unknown rubric 'stile'. Did you mean 'style'?"),
        (["--model", "acme/m", "--rubric", "style"], "a model of its own family"),
        (["--model", "court/owl", "--pair", "zero_shot", "fewshot"], "unknown arm 'fewshot'"),
        (["--model", "court/owl", "--pair", "a", "b", "--against", "target"], "choose one"),
    ],
)
def test_mistakes_are_one_line(judge, ran, command, words, message):
    told = command("judge", "latest", *words)

    assert told.code == 2
    assert message in told.err
    assert told.err.count("\n") == 1
    assert not judge.requests


def test_a_run_without_a_judge_says_how_to_name_one(ran, command):
    assert "has no judge: promptsweep judge" in command("judge", "latest").out


def test_a_budget_of_one_command_stops_it(judge, ran, command):
    told = command("judge", "latest", "-m", "court/owl", "--budget", "0.0001", "--no-progress")

    assert told.code == 4
    assert "the budget of $0.0001 is reached" in told.err
    assert "The same command goes on from here" in told.err
    assert not judge.requests


def test_the_plan_counts_judges_and_tells_them_apart(judge, command, tmp_path):
    write(tmp_path, {"runners/judged.yaml": {**JUDGED, "params": {"max_tokens": 5}}})

    document = command("plan", "judged", "--json").json
    text = command("plan", "judged").out

    [arm] = document["arms"]
    assert (arm["calls"], arm["judges"]["calls"], document["calls"]) == (6, 12, 18)
    assert document["usd"] == pytest.approx(arm["usd"] + arm["judges"]["usd"])
    assert "Of these, court/owl would make 12 calls at most as judge, $" in text
    assert not judge.requests


def test_a_pilot_tells_apart_what_the_judge_takes(judge, command, tmp_path):
    write(tmp_path, {"runners/judged.yaml": JUDGED})

    pilot = command("plan", "judged", "--pilot", "2", "--json").json["pilot"]
    text = command("plan", "judged", "--pilot", "2").out

    [arm], [owl] = pilot["arms"], pilot["judges"]
    assert arm["judges"] == [owl]
    assert (arm["calls"]["value"], owl["model"], owl["calls"]["value"]) == (6, "court/owl", 6)
    assert pilot["usd"]["value"] == pytest.approx(arm["usd"]["value"] + owl["usd"]["value"])
    assert "Calls 12, tokens 144, $0.0002." in text
    assert (
        "Of these, court/owl as judge: calls 6, tokens 72, $0.0001; no part of the arms' own figures." in text
    )


def test_every_face_shows_what_a_judge_did_not_score(judge, command, tmp_path):
    judge.behaviour = lambda request: "no idea"
    write(tmp_path, {"runners/judged.yaml": JUDGED})

    ran = command("run", "judged", "--no-progress")

    assert ran.code == 0
    assert "zero_shot | acme/m | mood: 6 answers without a score of judge(style)" in ran.out
    assert "6 answers without a score of" in command("report", "latest", "--format", "md").out
    assert command("judge", "latest", "--json").json["scores"][0]["errors"] == 6


def test_scoring_anew_needs_no_key_and_names_the_command_that_asks(judge, command, tmp_path, server):
    court = {"base_url": judge.base_url, "key": "COURT_KEY", **MODELS}
    endpoints = {"acme": {"base_url": server.base_url, **MODELS}, "court": court}
    write(tmp_path, {"runners/judged.yaml": JUDGED, "runners/models.yaml": {"endpoints": endpoints}})
    command("run", "judged", "--no-progress", env={"COURT_KEY": "secret"})
    asked = len(judge.requests)

    same = command("score", "latest")
    write(tmp_path, {"prompts/judges/rubrics/style.j2": "Is it funny?"})
    edited = command("score", "latest")

    assert (same.code, same.err, edited.code) == (0, "", 0)
    assert "4.00" in same.out
    assert "Judge owl: 6 calls" in same.out
    assert "warning: judge(style): 6 answers without a stored verdict; promptsweep judge " in edited.err
    assert "Judge owl" not in edited.out
    assert len(judge.requests) == asked


def test_a_check_gates_a_judges_scores_and_says_what_the_judge_took(judge, command, tmp_path):
    gates = [{"metric": "judge(style)", "min": 2}, {"metric": "judge(style)", "no_regression": {"margin": 3}}]
    write(tmp_path, {"runners/judged.yaml": {**JUDGED, "gates": gates}})
    command("run", "judged", "--no-progress")
    command("baseline", "save", "judged")

    told = command(
        "check", "judged", "--no-progress", "--format", "text", "--format", f"md={tmp_path / 'check.md'}"
    )
    document = command("check", "judged", "--no-progress", "--json").json
    write(tmp_path, {"prompts/judges/rubrics/style.j2": "Is it funny?"})
    edited = command("check", "judged", "--no-progress")

    words = "Judge owl: 6 calls, 60 + 12 tokens, $0.0001; no part of the arms' own figures."
    assert told.code == 0
    assert words in told.out
    assert "Judge owl: 6 calls" in (tmp_path / "check.md").read_text(encoding="utf-8")
    assert [one["model"] for one in document["judges"]] == ["owl"]
    assert edited.code == 3
    assert "not comparable: judge(style) was computed in another way" in edited.out
    assert "and promptsweep judge asks today's judge" in edited.out
