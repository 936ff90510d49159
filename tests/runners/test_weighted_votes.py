"""Self-consistency whose votes weigh as much as the replies are probable."""

from __future__ import annotations

import math

import pytest

import promptsweep
from promptsweep.errors import ConfigError
from promptsweep.reports import open_store
from promptsweep.reports.anatomy.votes import votes
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Logprobs
from workspaces import mood


def drawn(*replies):
    """A model whose draws are (text, mean log-probability) pairs."""

    def answer(request):
        text, mean = replies[request.draw]
        return Completion(text, logprobs=None if mean is None else Logprobs(2, 2 * mean))

    return FunctionModel(answer, name="m")


def run(root, model, **given):
    place = mood(root)
    strategy = {"self_consistency": {"draws": 3, "k": 0, **given}}
    sweep = {"datasets": "mood", "models": "m", "strategies": [strategy], "limit": 1}
    made = promptsweep.run(sweep, models={"m": model}, workspace=place.root)
    [record] = made.records().to_dict("records")
    return record, made, place


def test_one_probable_reply_outweighs_two_improbable_ones(tmp_path):
    model = drawn(("good", -2.0), ("good", -2.0), ("bad", -0.1))

    record, made, place = run(tmp_path, model, weights="logprob")

    weights = {"good": 2 * math.exp(-2.0), "bad": math.exp(-0.1)}
    assert record["answer"] == "bad"
    assert record["details"]["votes"] == {"good": 2, "bad": 1}
    assert record["details"]["weights"] == pytest.approx(weights)
    assert record["details"]["confidence"] == pytest.approx(weights["bad"] / sum(weights.values()))
    assert all(request.params == {"logprobs": True} for request in model.requests)
    [share] = votes(open_store(place), made.id, "self_consistency").shares
    assert share.share == pytest.approx(record["details"]["confidence"])


def test_equal_weights_are_a_plain_vote(tmp_path):
    model = drawn(("good", -1.0), ("bad", -1.0), ("bad", -1.0))

    record, _, _ = run(tmp_path, model, weights="logprob")

    assert record["answer"] == "bad"
    assert record["details"]["confidence"] == pytest.approx(2 / 3)


def test_a_draw_without_an_answer_abstains_with_its_weight(tmp_path):
    model = drawn(("good", -1.0), ("who knows", -1.0), ("who knows", -1.0))

    record, _, _ = run(tmp_path, model, weights="logprob")

    assert record["answer"] == "good"
    assert record["details"]["confidence"] == pytest.approx(1 / 3)


def test_an_endpoint_that_gives_none_is_an_error_and_no_wrong_answer(tmp_path):
    record, _, _ = run(tmp_path, drawn(*[("good", None)] * 3), weights="logprob")

    assert record["outcome"] == "error"
    assert record["error"] == "the endpoint gave no log-probabilities, which weights: logprob needs"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"weights": "size"}, "weights must be votes or logprob, not 'size'"),
        ({"weights": "logprob", "stop": "adaptive"}, "weights: logprob needs stop: fixed"),
    ],
)
def test_what_cannot_be_weighed_is_refused_before_anything_is_sent(tmp_path, given, said):
    model = drawn()

    with pytest.raises(ConfigError, match=said):
        run(tmp_path, model, **given)
    assert model.calls == 0


def test_a_model_that_refuses_log_probabilities_is_refused_in_the_plan(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    place = mood(tmp_path)
    strategy = {"self_consistency": {"weights": "logprob"}}
    sweep = {"datasets": "mood", "models": "openai/o3-mini", "strategies": [strategy], "limit": 1}

    with pytest.raises(ConfigError, match="openai/o3-mini does not take 'logprobs'"):
        promptsweep.run(sweep, workspace=place.root)
