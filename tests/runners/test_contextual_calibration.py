"""Contextual calibration of examples: the prompt's own bias is measured, and taken out."""

from __future__ import annotations

import math

import pytest

import promptsweep
from promptsweep import api
from promptsweep.errors import ConfigError
from promptsweep.prompts.calibration import CONTENT_FREE, labelled, normalised
from promptsweep.runners.estimate import estimate
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Logprobs
from workspaces import mood, rows, write


def logs(**shares):
    return Logprobs(1, -0.1, {text: math.log(share) for text, share in shares.items()})


def biased(free, asked):
    """A model with one distribution for inputs without content, and one for all others."""

    def answer(request):
        shares = free if request.messages[-1].content.strip() in CONTENT_FREE else asked
        return Completion(max(shares, key=shares.get), logprobs=logs(**shares))

    return FunctionModel(answer, name="m")


def sweep(**given):
    strategy = {"few_shot": {"k": 2, "select": "first", "calibrate": True, **given}}
    return {"datasets": "mood", "models": "m", "strategies": [strategy], "params": {"max_tokens": 5}}


def run(root, model, place=None, limit=1, **given):
    place = place or mood(root)
    made = promptsweep.run({**sweep(**given), "limit": limit}, models={"m": model}, workspace=place.root)
    return made.records().to_dict("records")


def test_a_label_that_is_likely_without_content_needs_more_to_win(tmp_path):
    [record] = run(tmp_path, biased({"good": 0.8, "bad": 0.2}, {"good": 0.6, "bad": 0.4}))

    assert record["answer"] == "bad"
    assert record["details"]["raw"] == {"good": 0.6, "bad": 0.4}
    assert record["details"]["content_free"] == {"good": 0.8, "bad": 0.2}
    calibrated = normalised({"good": 0.6 / 0.8, "bad": 0.4 / 0.2})
    assert record["details"]["calibrated"] == pytest.approx(calibrated, abs=1e-4)
    assert record["details"]["confidence"] == pytest.approx(calibrated["bad"])


def test_without_a_bias_nothing_changes_and_the_reply_is_the_models_own(tmp_path):
    [record] = run(tmp_path, biased({" Good": 0.5, "bad": 0.5}, {" Good": 0.6, "bad": 0.4}))

    assert (record["answer"], record["reply"]) == ("good", " Good")
    assert record["details"]["calibrated"] == record["details"]["raw"] == {"good": 0.6, "bad": 0.4}


def test_content_free_calls_are_sent_once_for_all_samples_and_ask_for_one_token(tmp_path):
    model = biased({"good": 0.5, "bad": 0.5}, {"good": 0.6, "bad": 0.4})

    run(tmp_path, model, limit=4)

    bare = [one for one in model.requests if one.params["max_tokens"] == 1]
    assert [one.messages[-1].content.strip() for one in bare] == list(CONTENT_FREE)
    assert len(model.requests) == 4 + len(CONTENT_FREE)
    assert {one.params["top_logprobs"] for one in model.requests} == {20}


def test_the_plan_counts_the_content_free_calls_once(tmp_path):
    model = biased({}, {})
    plan = api.plan(sweep(), mood(tmp_path), models={"m": model})

    [arm] = api.enter(estimate(plan))

    assert (arm.calls, arm.records, model.calls) == (6 + 3, 6, 0)
    assert not arm.exact
    nearest = api.plan(sweep(select="nearest"), mood(tmp_path), models={"m": model})
    assert api.enter(estimate(nearest))[0].calls == 4 * 6


def test_a_label_beyond_the_alternatives_gets_what_it_has_at_most_and_is_named(tmp_path):
    [record] = run(tmp_path, biased({"bad": 0.8, "x": 0.2}, {"good": 0.9, "x": 0.1}))

    assert record["details"]["floored"] == ["bad"]
    assert record["details"]["floored_content_free"] == ["good"]
    assert record["details"]["content_free"] == {"good": 0.2, "bad": 0.8}
    assert record["details"]["raw"] == {"good": 0.9, "bad": 0.1}


def test_a_reply_that_begins_with_no_label_stays_as_it_is_and_says_so(tmp_path):
    [record] = run(tmp_path, biased({"good": 0.5, "bad": 0.5}, {"Answer: bad": 0.9, "So": 0.1}))

    assert record["answer"] == "bad"
    assert record["details"] == {"uncalibrated": "no label is among the likeliest first tokens of the reply"}


def test_a_prompt_that_never_begins_with_a_label_cannot_be_calibrated(tmp_path):
    [record] = run(tmp_path, biased({"Well": 0.5, "So": 0.5}, {"good": 0.6, "bad": 0.4}))

    assert record["outcome"] == "error"
    assert "no label is among the likeliest first tokens" in record["error"]


def test_an_endpoint_without_alternatives_is_an_error(tmp_path):
    [record] = run(tmp_path, FunctionModel(lambda request: "good", name="m"))

    assert record["outcome"] == "error"
    assert record["error"] == "calibrate: the endpoint gave no alternatives for the first token of the reply"


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({"task": "qa"}, "needs a dataset of the task classification"),
        ({"task": "classification", "labels": ["very good", "very bad"]}, "begin alike"),
        ({"task": "classification", "labels": ["긍정", "긍정적"]}, "begin alike"),
        (
            {"task": "classification", "labels": ["good", "bad"], "answer_pattern": "<(.*)>"},
            "does not read 'good' alone",
        ),
    ],
)
def test_what_cannot_be_calibrated_is_refused_before_anything_is_sent(tmp_path, card, said):
    model = FunctionModel(lambda request: "x", name="m")
    data = rows([("a", (card.get("labels") or ["x"])[0])])
    train = rows([("b", data[0]["target"]), ("c", data[0]["target"])], "t")
    files = {"datasets/mood.yaml": card, "datasets/mood.test.jsonl": data, "datasets/mood.train.jsonl": train}

    with pytest.raises(ConfigError, match=said):
        run(tmp_path, model, write(tmp_path, files))
    assert model.calls == 0


def test_too_few_alternatives_to_compare_labels_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="alternatives must be at least 2, not 1"):
        run(tmp_path, biased({}, {}), alternatives=1)


def test_letters_of_choices_are_labels_whose_texts_are_taken_out(tmp_path):
    row = {"id": "q", "input": "2 + 2?", "target": "B", "choices": {"A": "three", "B": "four"}}
    shots = [{**row, "id": f"t{n}", "input": f"{n} + 1?"} for n in (5, 6)]
    files = {
        "datasets/mood.yaml": {"task": "classification"},
        "datasets/mood.test.jsonl": [row],
        "datasets/mood.train.jsonl": shots,
    }
    seen = []

    def answer(request):
        seen.append(request.messages[-1].content)
        free = "four" not in seen[-1]
        return Completion("A", logprobs=logs(**({"A": 0.9, "B": 0.1} if free else {"A": 0.6, "B": 0.4})))

    [record] = run(tmp_path, FunctionModel(answer, name="m"), write(tmp_path, files))

    assert record["answer"] == "B"
    assert sum("A) N/A\nB) N/A" in text for text in seen) == 1


@pytest.mark.parametrize(
    ("first", "labels", "shares"),
    [
        ({" pos": 0.6, "negative": 0.2, "Neg": 0.2}, ["positive", "negative"], [0.6, 0.4]),
        ({"긍": 0.3, "부정": 0.1}, ["긍정", "부정"], [0.75, 0.25]),
        ({"\u1100\u1173\u11bc": 0.3, "부정": 0.1}, ["긍정", "부정"], [0.75, 0.25]),
        ({"positive": 0.6, "negative": 0.4, "n": 0.1}, ["positive", "negative", "neutral"], None),
    ],
)
def test_tokens_stand_for_the_one_label_that_begins_with_them(first, labels, shares):
    found = labelled(logs(**first), labels)

    assert sum(found.shares.values()) == pytest.approx(1)
    if shares is None:
        assert found.floored == {"neutral"}
    else:
        assert list(found.shares.values()) == pytest.approx(shares)


def test_a_first_token_that_labels_share_tells_nothing():
    with pytest.raises(ConfigError, match="unsure and unhappy share their first token, 'un'"):
        labelled(logs(un=0.7, good=0.3), ["unsure", "good", "unhappy"])
