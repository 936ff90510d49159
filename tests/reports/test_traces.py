"""One record, whole."""

from __future__ import annotations

import pytest

from promptsweep import api
from promptsweep.errors import ConfigError
from promptsweep.prompts.ask import DRAWS_PER_REPEAT
from promptsweep.reports.browse import trace
from promptsweep.reports.cache import prune
from promptsweep.types import Completion, Outcome


def test_a_trace_holds_what_was_sent_replied_read_and_scored(house):
    found = trace(house.store, "plain", "line-3", arm="few_shot")

    assert found.sample.input == "Line 3 is sunny."
    assert found.sample.targets == ("good",)
    assert (found.reply, found.answer, found.outcome) == ("good", "good", Outcome.OK)
    assert found.scores["accuracy"].value == 1.0
    [call] = found.calls
    assert [message.role for message in call.messages] == ["system", *["user", "assistant"] * 2, "user"]
    assert call.messages[-1].content == "Line 3 is sunny."
    assert call.request.key == call.key
    assert call.request.model == "m"
    assert call.completion.text == "good"
    assert (call.completion.cost, call.completion.usage.prompt, call.completion.cached) == (0.001, 10, False)
    assert 0 <= call.started <= call.ended


def test_every_call_of_a_strategy_is_there_in_order(house):
    found = trace(house.store, "plain", "fact-0", arm="self_consistency")

    assert [call.request.draw for call in found.calls] == [0, 1]
    assert found.details["votes"]
    assert found.sample.fields == {"page": "a"}


def test_a_failed_call_tells_its_error(house):
    found = trace(house.store, "plain", "line-7", arm="few_shot")

    assert found.outcome is Outcome.ERROR
    assert found.reply is None
    [call] = found.calls
    assert call.error == found.error == "400: `Line 7` <is> refused | here"
    assert (call.request, call.completion, call.pruned) == (None, None, False)


def test_without_an_arm_the_first_that_has_the_sample_is_shown(house):
    assert trace(house.store, "plain", "line-3").arm == "zero_shot | m | lines"
    assert trace(house.store, "plain", "fact-1").arm == "zero_shot | m | facts"


def test_repeats_are_told_apart(house):
    first, second = (trace(house.store, "twice", "line-9", "few_shot", repeat) for repeat in (0, 1))

    assert (first.answer, second.answer) == ("good", "bad")
    assert first.repeats == second.repeats == (0, 1)
    assert second.calls[0].request.draw == DRAWS_PER_REPEAT


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"sample_id": "line-31"}, r"unknown sample 'line-31'\. Did you mean 'line-3'"),
        ({"sample_id": "fact-0", "arm": "few_shot"}, "unknown sample 'fact-0'"),
        ({"sample_id": "line-1", "repeat": 4}, r"sample 'line-1' has no repeat 4\. Known: 0"),
        ({"sample_id": "line-1", "arm": "few_shots"}, "unknown arm 'few_shots'"),
    ],
)
def test_a_mistyped_sample_names_the_nearest(house, wanted, message):
    with pytest.raises(ConfigError, match=message):
        trace(house.store, "plain", **wanted)


def test_a_fresh_run_shows_its_own_replies_and_others_the_oldest(own_house):
    sweep = {"datasets": "facts", "strategies": "zero_shot"}
    own_house.run("fresh", lambda request: Completion("new"), fresh=True, **sweep)
    own_house.run("again", **sweep)

    texts = {
        name: trace(own_house.store, name, "fact-1").calls[0].completion.text
        for name in ("plain", "fresh", "again")
    }

    assert texts["fresh"] == "new"
    assert texts["again"] == texts["plain"] != "new"
    assert trace(own_house.store, "again", "fact-1").calls[0].completion.cached


def test_a_run_scored_anew_shows_the_replies_of_the_run_it_was_made_of(own_house):
    run = own_house.run("fresh", lambda _: "new", fresh=True, datasets="facts", strategies="zero_shot")
    copy = api.rescore(own_house.store, run, own_house.workspace)

    assert trace(own_house.store, copy.id, "fact-1").calls[0].completion.text == "new"


def test_a_pruned_call_says_so(own_house):
    prune(own_house.store, keep_runs=False)

    found = trace(own_house.store, "plain", "line-3", arm="few_shot")

    assert found.calls[0].pruned
    assert found.calls[0].messages == ()
    assert found.reply is None
    assert found.scores["accuracy"].value == 1.0


def test_imported_answers_have_a_reply_and_no_calls(own_house):
    file = own_house.workspace.root / "answers.jsonl"
    file.write_text('{"id": "line-0", "answer": "bad"}\n')
    api.import_answers(
        file, dataset="lines", name="theirs", workspace=own_house.workspace, store=own_house.store
    )

    found = trace(own_house.store, "theirs", "line-0")

    assert (found.reply, found.answer, found.calls) == ("bad", "bad", ())
