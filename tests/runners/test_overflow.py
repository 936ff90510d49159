"""Prompts that are too long for the model: refused, cut, or their documents read in parts and merged."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import promptsweep
from promptsweep import api
from promptsweep.errors import ConfigError
from promptsweep.models import tokens
from promptsweep.runners.cutting import head, parts
from promptsweep.runners.estimate import estimate
from promptsweep.testing import FunctionModel
from workspaces import write

WINDOW, REPLY = 400, 40
FILL = "The keeper of the north light wrote down the weather of every hour. "
HOURS = [f"In hour {number} of that long day the keeper of the north light saw fog. " for number in range(80)]
NEEDLE = "His dog was called Muffin. "
LONG = "".join([*HOURS[:40], NEEDLE, *HOURS[40:]])
NAME = "acme/small"


def house(root, context=LONG, window=WINDOW, **more):
    asked = {"id": "q", "input": "What was the dog called?", "target": "Muffin", "context": context}
    article = {"id": "a", "input": LONG, "target": "A keeper and his dog."}
    files = {
        "datasets/facts.yaml": {"task": "qa", "instruction": "Answer the question."},
        "datasets/facts.test.jsonl": [asked],
        "datasets/news.yaml": {"task": "summarisation", "instruction": "Sum it up."},
        "datasets/news.test.jsonl": [article],
        "runners/models.yaml": {
            "endpoints": {"acme": {"base_url": "http://127.0.0.1:1/v1", "context": {"*": window}}}
        },
    }
    return write(root, {**files, **more})


def reader(request):
    """Answers from what it is shown; knows parts and merging by their words."""
    text = "\n".join(message.content for message in request.messages)
    return "Muffin" if "Muffin" in text else "not enough information"


def run(place, overflow, strategy="source_only", dataset="facts", function=reader):
    model = FunctionModel(function, name=NAME)
    sweep = {
        "datasets": dataset,
        "models": NAME,
        "strategies": [strategy],
        "overflow": overflow,
        "params": {"max_tokens": REPLY},
    }
    made = promptsweep.run(sweep, models={NAME: model}, workspace=place.root)
    [record] = made.records().to_dict("records")
    return record, model


def size(request):
    return sum(tokens.estimate(message.content) for message in request.messages)


def test_a_prompt_that_is_too_long_is_refused_before_anything_is_sent(tmp_path):
    record, model = run(house(tmp_path), "refuse")

    assert model.calls == 0
    assert record["outcome"] == "error"
    assert "answer: the prompt has about 1," in record["error"]
    assert "acme/small takes 400, of which 40 are kept for the reply" in record["error"]


@pytest.mark.parametrize("policy", ["refuse", "truncate", "chunk_and_merge"])
def test_a_prompt_that_fits_is_the_same_request_under_every_policy(tmp_path, policy):
    place = house(tmp_path, context=NEEDLE)

    _, plain = run(place, "send")
    record, model = run(place, policy)

    assert record["reply"] == "Muffin"
    assert model.calls == 0, "the reply to the same request is in the store"
    assert plain.calls == 1
    assert not record["details"]


def test_truncate_cuts_the_document_and_nothing_else_and_says_so(tmp_path):
    record, model = run(house(tmp_path), "truncate")

    [request] = model.requests
    text = request.messages[-1].content
    assert size(request) <= WINDOW * 0.9 - REPLY
    assert size(request) > WINDOW * 0.8 - REPLY, "no more is cut than needed"
    assert "What was the dog called?" in text
    assert text.startswith("<document>\nIn hour 0")
    assert "\n</document>" in text
    noted = record["details"]["truncated"]["answer"]
    assert noted["tokens"] > 1_000 > noted["sent"]
    assert record["answer"] == "not enough information"


def test_chunks_are_read_at_the_same_time_and_their_answers_merged(tmp_path):
    record, model = run(house(tmp_path), "chunk_and_merge")

    chunks = record["details"]["chunks"]
    reads, merges = model.requests[:chunks], model.requests[chunks:]
    assert record["answer"] == "Muffin"
    assert chunks > 3
    assert all(size(one) <= WINDOW * 0.9 - REPLY for one in model.requests)
    assert all("What was the dog called?" in one.messages[-1].content for one in model.requests)
    assert any(NEEDLE.strip() in one.messages[-1].content for one in reads), "an overlap keeps it whole"
    assert "<part 1>\nnot enough information\n</part>" in merges[0].messages[-1].content
    assert model.peak_in_flight == chunks


def test_replies_that_do_not_fit_into_one_prompt_are_merged_in_rounds(tmp_path):
    def verbose(request):
        return f"{request.key} " + "word " * REPLY

    record, model = run(house(tmp_path), "chunk_and_merge", function=verbose)

    merges = [one for one in model.requests if "<part 1>" in one.messages[-1].content]
    assert len(merges) > 2
    assert record["outcome"] == "ok"
    assert record["requests"] == record["details"]["chunks"] + len(merges)
    assert all(size(one) <= WINDOW * 0.9 - REPLY for one in merges)


def test_a_document_that_is_the_input_is_not_repeated_when_summaries_are_merged(tmp_path):
    def summarise(request):
        text = request.messages[-1].content
        return "A keeper and his dog." if "<part 1>" in text else f"Part with {len(text)}."

    strategy = {"chain_of_density": {"mode": "per_round", "rounds": 2, "step": 2}}
    record, model = run(house(tmp_path), "chunk_and_merge", strategy, "news", summarise)

    [merge] = [one for one in model.requests if "<part 1>" in one.messages[-1].content]
    assert record["reply"] == "A keeper and his dog."
    assert "north light" not in merge.messages[-1].content
    assert len(record["details"]["of_chunks"]) == record["details"]["chunks"]
    assert all(len(one["steps"]) == 2 for one in record["details"]["of_chunks"])


def test_a_call_that_grows_by_earlier_replies_still_fits(tmp_path):
    strategy = {"chain_of_density": {"mode": "per_round", "rounds": 3}}
    place = house(tmp_path, window=600)

    record, model = run(place, "truncate", strategy, "news", lambda request: "word " * REPLY)

    assert record["outcome"] != "error"
    assert all(size(one) <= 600 * 0.9 - REPLY for one in model.requests)
    assert set(record["details"]["truncated"]) == {"first", "denser"}


def test_passages_go_from_the_last_and_the_last_one_is_cut(tmp_path):
    rows = [
        {
            "id": f"q{n}",
            "input": "What was the dog called?",
            "target": "Muffin",
            "context": f"{n} {NEEDLE}" * 20,
        }
        for n in range(5)
    ]
    place = house(tmp_path, **{"datasets/facts.test.jsonl": rows})
    model = FunctionModel(reader, name=NAME)
    sweep = {
        "datasets": "facts",
        "models": NAME,
        "overflow": "truncate",
        "params": {"max_tokens": REPLY},
        "strategies": [{"retrieve": {"top": 4}}, {"retrieve": {"context": "gold"}}],
        "limit": 1,
    }

    made = promptsweep.run(sweep, models={NAME: model}, workspace=place.root)

    found, gold = made.records().to_dict("records")
    texts = {len(one.messages[-1].content.split("<passage")) - 1 for one in model.requests}
    assert (found["answer"], gold["answer"]) == ("Muffin", "Muffin")
    assert found["details"]["truncated"]["answer"]["sent"] <= WINDOW * 0.9 - REPLY
    assert max(texts) < 4


def test_a_conversation_forgets_its_oldest_exchanges(tmp_path):
    turns = [f"Number {n}: {FILL * 4}" for n in range(6)]
    row = {"id": "c", "input": "Which number came last?", "target": "5", "turns": turns}
    place = house(tmp_path, **{"datasets/facts.test.jsonl": [row]})

    record, model = run(place, "truncate", "conversation", function=lambda request: "I see.")

    final = " ".join(message.content for message in model.requests[-1].messages)
    assert record["outcome"] != "error"
    assert "Number 5" in final
    assert "Number 0" not in final
    assert "Which number came last?" in final


def test_instructions_that_leave_no_room_are_an_error_of_the_sample(tmp_path):
    place = house(tmp_path, window=110)

    for policy in ("truncate", "chunk_and_merge"):
        record, model = run(place, policy)
        assert record["outcome"] == "error"
        assert model.calls == 0


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"overflow": "trunkate"}, "unknown overflow 'trunkate'. Did you mean 'truncate'"),
        ({"overflow": "truncate", "models": "other/x"}, "needs the context window of other/x: give it under"),
        (
            {"overflow": "chunk_and_merge", "strategies": ["retrieve"]},
            "chooses its passages itself: overflow must be truncate or refuse",
        ),
        ({"overflow": "truncate", "params": {"max_tokens": 390}}, "have no room for a reply of 390"),
    ],
)
def test_a_policy_that_cannot_be_kept_is_refused_in_the_plan(tmp_path, keys, said):
    models = {name: FunctionModel(reader, name=name) for name in (NAME, "other/x")}
    sweep = {"datasets": "facts", "models": NAME, "strategies": "source_only", **keys}

    with pytest.raises(ConfigError, match=said):
        promptsweep.run(sweep, models=models, workspace=house(tmp_path).root)


def test_policies_are_an_axis_of_a_sweep_or_of_a_strategy(tmp_path):
    model = FunctionModel(reader, name=NAME)
    strategies = [{"source_only": {"overflow": ["truncate", "chunk_and_merge"]}}, "zero_shot"]
    sweep = {"datasets": "facts", "models": NAME, "strategies": strategies}

    plan = api.plan(sweep, house(tmp_path), models={NAME: model})

    assert [planned.arm.variant for planned in plan.arms] == [
        "source_only(overflow=truncate)",
        "source_only(overflow=chunk_and_merge)",
        "zero_shot",
    ]
    assert "overflow" not in plan.arms[2].arm.digests
    assert set(plan.arms[1].arm.files) == {"source_only/answer.j2", "overflow/merge.j2", "facts.yaml"}


def test_another_window_makes_another_arm(tmp_path):
    model = FunctionModel(reader, name=NAME)
    sweep = {"datasets": "facts", "models": NAME, "strategies": "source_only", "overflow": "truncate"}

    keys = {
        api.plan(sweep, house(tmp_path, window=window), models={NAME: model}).arms[0].arm.key
        for window in (400, 500)
    }

    assert len(keys) == 2


def test_the_plan_counts_the_calls_of_all_chunks_and_their_merging(tmp_path):
    place = house(tmp_path)
    model = FunctionModel(reader, name=NAME)
    sweep = {
        "datasets": "facts",
        "models": NAME,
        "strategies": "source_only",
        "overflow": "chunk_and_merge",
        "params": {"max_tokens": REPLY},
    }

    [arm] = api.enter(estimate(api.plan(sweep, place, models={NAME: model})))

    record, _ = run(place, "chunk_and_merge")
    chunks = record["details"]["chunks"]
    assert arm.calls == chunks + chunks - 1
    assert record["requests"] <= arm.calls
    assert not arm.exact
    assert model.calls == 0


@settings(max_examples=60)
@given(st.text(st.sampled_from("ab가 \n"), max_size=400), st.integers(8, 40))
def test_parts_hold_the_whole_text_and_none_is_too_long(text, most):
    cut = parts(text, most, tokens.estimate)

    assert all(tokens.estimate(part) <= most for part in cut)
    place = 0
    for part in cut:
        found = text.find(part, max(0, place - len(part)))
        assert 0 <= found <= place
        place = max(place, found + len(part))
    assert place == len(text)


def test_a_beginning_ends_between_words_where_it_can():
    assert head("one two three four", 3, tokens.estimate) == "one two"
    assert head("a" * 100, 3, tokens.estimate) == "a" * 12
    assert head("short", 9, tokens.estimate) == "short"
