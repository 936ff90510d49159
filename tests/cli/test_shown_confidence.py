"""Log-probabilities and confidence, from a server's replies to what commands print."""

from __future__ import annotations

import json
import math

import pytest

from servers import ChatServer, chat_completion
from workspaces import mood, write


def leaning(request):
    """Prefers `good` whatever it reads, a little less where the text blames."""
    text = request["messages"][-1]["content"]
    good = 0.7 if text in ("Cold and dull.", "I left early.") else 0.9
    shares = {"good": good, "bad": 1 - good}
    listed = [{"token": token, "logprob": math.log(share)} for token, share in shares.items()]
    choice = {"finish_reason": "stop", "message": {"content": "good"}}
    choice["logprobs"] = {"content": [{**listed[0], "top_logprobs": listed}]}
    return chat_completion("good", choices=[choice])


@pytest.fixture
def calibrated(command, tmp_path):
    """A run of examples with calibration, on a model with a bias."""
    mood(tmp_path)
    strategy = {"few_shot": {"k": 2, "calibrate": True}}
    sweep = {"datasets": "mood", "models": "acme/m", "strategies": [strategy]}
    with ChatServer(leaning) as serving:
        endpoints = {"acme": {"base_url": serving.base_url}}
        write(tmp_path, {"runners/lean.yaml": sweep, "runners/models.yaml": {"endpoints": endpoints}})
        assert command("run", "lean", "--no-progress").code == 0
        return serving


def test_a_trace_shows_how_probable_the_reply_and_its_first_token_were(calibrated, command):
    shown = command("show", "--sample", "s-1").out

    assert "mean log-probability -0.36 a token, probability 0.70" in shown
    assert '── first token ──\n"good" 0.70 · "bad" 0.30' in shown
    assert 'calibrated    {"good": 0.2059, "bad": 0.7941}' in shown


def test_the_error_of_a_confidence_stands_below_the_classes(calibrated, command):
    [table] = command("show", "--classes", "--json").json["arms"]

    assert len(calibrated.requests) == 6 + 3
    assert 0 <= table["calibration_error"] <= 1
    assert f"(ECE) of its confidence: {table['calibration_error']:.3f}" in command("show", "--classes").out


def test_replies_are_recorded_and_replayed_with_their_log_probabilities(calibrated, command, tmp_path):
    recorded = command("record", "latest", "-o", str(tmp_path / "lean.jsonl"))
    rows = [json.loads(line) for line in (tmp_path / "lean.jsonl").read_text(encoding="utf-8").splitlines()]

    assert recorded.code == 0
    assert all(row["logprobs"][0] == 1 for row in rows[1:])
    replayed = command("run", "lean", "--replay", str(tmp_path / "lean.jsonl"), "--fresh", "--no-progress")
    assert replayed.code == 0
    assert len(calibrated.requests) == 6 + 3
    assert "probability 0.70" in command("show", "latest", "--sample", "s-1").out
