"""Runs, from the sweep to the stored records; the model is a function."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from scipy.stats import beta

import promptsweep
from promptsweep import api
from promptsweep.errors import ConfigError, ExitCode, QuotaError, ServerError
from promptsweep.prompts import numbered_points
from promptsweep.prompts.consistency import leads
from promptsweep.reports import open_store
from promptsweep.reports.browse import list_runs
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Status, Usage
from workspaces import mood, rows, write


def last(request):
    return request.messages[-1].content


def always(text):
    return FunctionModel(lambda request: text)


def sweep(strategies="zero_shot", **keys):
    return {"datasets": "mood", "models": "m", "strategies": strategies, **keys}


def run(workspace, model, strategies="zero_shot", **keys):
    return promptsweep.run(sweep(strategies, **keys), models={"m": model}, workspace=workspace.root)


def test_a_run_scores_every_sample_and_says_how_sure_it_is(tmp_path):
    result = run(mood(tmp_path), always("good"))

    [arm] = result.summaries()
    assert (result.status, arm.samples, arm.scored, arm.requests) == (Status.DONE, 6, 6, 6)
    accuracy = arm.metrics["accuracy"]
    assert (accuracy.value, accuracy.n) == (0.5, 6)
    assert accuracy.low == pytest.approx(0.1876, abs=1e-4)
    assert arm.metrics["macro_f1"].value == pytest.approx(1 / 3)


def test_few_shot_examples_are_turns_from_the_train_split(tmp_path):
    model = always("good")

    run(mood(tmp_path), model, [{"few_shot": {"k": 2, "select": "first"}}], limit=1)

    [request] = model.requests
    turns = [(message.role, message.content) for message in request.messages[1:-1]]
    assert turns == [
        ("user", "It sparkles."),
        ("assistant", "good"),
        ("user", "It drags."),
        ("assistant", "bad"),
    ]


def test_a_stored_reply_is_reused_and_fresh_asks_again(tmp_path):
    workspace, model = mood(tmp_path), always("good")
    run(workspace, model)
    run(workspace, model)
    assert model.calls == 6

    fresh = promptsweep.run(sweep(), models={"m": model}, workspace=workspace.root, fresh=True)

    assert model.calls == 12
    assert fresh.summaries()[0].cached == 0


@pytest.mark.parametrize("change", ["template", "row", "parameter", "model", "repeat"])
def test_what_determines_the_reply_is_never_served_from_the_store(tmp_path, change):
    workspace, model = mood(tmp_path), always("good")
    run(workspace, model, params={"temperature": 0})
    keys, files = {"params": {"temperature": 0}}, {}
    if change == "template":
        files = {"prompts/zero_shot/answer.j2": "{% user %}Judge: {{ input }}"}
    elif change == "row":
        files = {"datasets/mood.test.jsonl": rows([("Another text.", "good")])}
    elif change == "parameter":
        keys = {"params": {"temperature": 0.5}}
    elif change == "model":
        model = FunctionModel(lambda request: "good", name="other")
    else:
        keys["repeats"] = 2
    before = model.calls

    write(tmp_path, files)
    run(workspace, model, **keys)

    assert model.calls - before == {"row": 1}.get(change, 6)


def test_identical_requests_in_flight_are_sent_once(tmp_path):
    same = {
        "datasets/mood.test.jsonl": [{"id": str(i), "input": "Same.", "target": "good"} for i in range(5)]
    }
    model = FunctionModel(lambda request: "good", latency=0.05)

    result = run(mood(tmp_path, **same), model)

    assert model.calls == 1
    assert result.summaries()[0].scored == 5


def test_an_infrastructure_error_is_no_wrong_answer_and_resume_repairs_it(tmp_path):
    workspace = mood(tmp_path)
    broken = True

    def answer(request):
        if broken and "left early" in last(request):
            raise ServerError("503 from the server")
        return "good"

    model = FunctionModel(answer)
    first = run(workspace, model)
    [arm] = first.summaries()
    assert (first.status, arm.scored, arm.outcomes["error"]) == (Status.INCOMPLETE, 5, 1)
    assert arm.metrics["accuracy"].n == 5

    broken = False
    sent = model.calls
    again = promptsweep.run(sweep(), models={"m": model}, workspace=workspace.root, resume=first.id)

    assert again.id == first.id
    assert model.calls == sent + 1
    [arm] = again.summaries()
    assert (again.status, arm.scored, arm.outcomes["error"]) == (Status.DONE, 6, 0)


def test_exhausted_quota_stops_the_run_and_keeps_what_is_there(tmp_path):
    workspace = mood(tmp_path)

    def answer(request):
        if "Worst" in last(request):
            raise QuotaError("no credit left")
        return "good"

    planned = api.plan(sweep(), workspace, models={"m": FunctionModel(answer, concurrency=1)})
    result = api.execute(planned, open_store(workspace))

    assert (result.status, result.exit_code) == (Status.INCOMPLETE, ExitCode.INCOMPLETE)
    assert result.error == "no credit left"
    assert result.run.summaries()[0].scored == 5


def test_a_run_whose_template_changed_cannot_be_resumed(tmp_path):
    workspace, model = mood(tmp_path), always("good")
    first = run(workspace, model)
    write(tmp_path, {"prompts/zero_shot/answer.j2": "{% user %}{{ input }}?"})

    with pytest.raises(
        ConfigError, match=r"cannot be resumed: the strategy of 'zero_shot \| m \| mood' changed"
    ):
        promptsweep.run(sweep(), models={"m": model}, workspace=workspace.root, resume=first.id)


def test_unparsed_answers_are_wrong_and_counted_apart(tmp_path):
    [arm] = run(mood(tmp_path), always("no idea")).summaries()

    assert (arm.scored, arm.outcomes["unparsed"], arm.metrics["accuracy"].value) == (6, 6, 0.0)


def test_a_reply_cut_by_the_limit_is_truncated_only_where_its_answer_is_lost(tmp_path):
    def answer(request):
        text = "good, because" if "Best" in last(request) else "Let me think about"
        return Completion(text, finish="length")

    [arm] = run(mood(tmp_path), FunctionModel(answer)).summaries()

    assert (arm.outcomes["ok"], arm.outcomes["truncated"]) == (1, 5)


def test_self_consistency_lets_parsed_answers_vote(tmp_path):
    replies = ["Answer: bad", "mumble", "Answer: good", "Answer: good", "Answer: Bad"]
    model = FunctionModel(lambda request: replies[request.draw])

    result = run(mood(tmp_path), model, [{"self_consistency": {"draws": 5}}], limit=1)

    [record] = result.records().to_dict("records")
    assert record["answer"] == "bad"
    assert record["details"] == {
        "votes": {"bad": 2, "good": 2},
        "abstained": 1,
        "confidence": 0.4,
    }


@pytest.mark.parametrize(
    ("replies", "draws", "calls", "answer"),
    [
        ("good good good good bad bad bad", 7, 4, "good"),
        ("good bad good good good good bad", 7, 7, "good"),
        ("mumble good good good good good", 6, 5, "good"),
        ("good good", 2, 2, "good"),
    ],
)
def test_adaptive_self_consistency_stops_when_the_leader_will_stay_ahead(
    tmp_path, replies, draws, calls, answer
):
    model = FunctionModel(lambda request: replies.split()[request.draw])

    result = run(mood(tmp_path), model, [{"self_consistency": {"draws": draws, "stop": "adaptive"}}], limit=1)

    [record] = result.records().to_dict("records")
    assert (model.calls, record["answer"]) == (calls, answer)
    assert record["details"]["confidence"] == pytest.approx(replies.split()[:calls].count("good") / calls)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (4, 0), (3, 2), (20, 11)])
def test_the_chance_that_a_leader_stays_ahead_is_that_of_the_beta_posterior(first, second):
    votes = {"a": first, "b": second, "c": min(second, 1)}

    assert leads(votes) == pytest.approx(beta.sf(0.5, first + 1, second + 1), abs=1e-12)


def test_reasoning_in_one_call_is_handed_to_the_next_which_answers(tmp_path):
    model = FunctionModel(
        lambda request: "It sounds pleased." if len(request.messages) == 2 else "Answer: good"
    )

    result = run(mood(tmp_path), model, "chain_of_thought_two_call", limit=1)

    [record] = result.records().to_dict("records")
    assert record["answer"] == "good"
    assert [message.role for message in model.requests[1].messages] == ["system", "user", "assistant", "user"]
    assert model.requests[1].messages[:2] == model.requests[0].messages
    assert model.requests[1].messages[2].content == "It sounds pleased."


def test_repeats_share_no_reply_and_are_one_sample_in_statistics(tmp_path):
    model = FunctionModel(lambda request: "good" if request.draw == 0 else "bad")

    [arm] = run(mood(tmp_path), model, repeats=2).summaries()

    assert model.calls == 12
    assert (arm.samples, arm.metrics["accuracy"].n, arm.metrics["accuracy"].value) == (6, 6, 0.5)


OPEN = {
    "datasets/ask.yaml": {"task": "open", "instruction": "Answer."},
    "datasets/ask.test.jsonl": [{"id": "q", "input": "How to rest?"}],
}


def skeleton_or_point(request):
    if "outline is given" in request.messages[0].content:
        point = last(request).rpartition('"')[0].rpartition('"')[2]
        return f"About {point}."
    return "1. Breathe\n2. Walk\n2. Walk twice\n3. Sleep 7.5 hours"


def test_skeleton_points_are_written_in_parallel_and_joined_in_order(tmp_path):
    model = FunctionModel(skeleton_or_point, latency=0.02)

    result = run(write(tmp_path, OPEN), model, "skeleton_of_thought", datasets="ask")

    [record] = result.records().to_dict("records")
    assert record["reply"] == "About Breathe.\n\nAbout Walk.\n\nAbout Sleep 7.5 hours."
    assert model.peak_in_flight == 3
    assert model.calls == 4
    assert 0.04 <= record["critical_seconds"] < 0.08


def test_a_skeleton_without_points_is_the_answer(tmp_path):
    result = run(write(tmp_path, OPEN), always("Just rest."), "skeleton_of_thought", datasets="ask")

    [record] = result.records().to_dict("records")
    assert (record["reply"], record["outcome"]) == ("Just rest.", "ok")
    assert not numbered_points("Just rest.")


ARTICLE = {
    "datasets/news.yaml": {"task": "summarisation", "instruction": "Summarise."},
    "datasets/news.test.jsonl": [{"id": "n", "input": "Ann met Bob in Rome.", "target": "Ann met Bob."}],
}


@pytest.mark.parametrize(("step", "summary"), [(1, "s1"), (3, "s3"), (5, "s5")])
def test_chain_of_density_returns_the_step_that_is_asked_for(tmp_path, step, summary):
    rounds = [{"missing_entities": [f"e{i}"], "denser_summary": f"s{i}"} for i in range(1, 6)]
    model = always(f"Here you are:\n```json\n{json.dumps(rounds)}\n```")

    result = run(write(tmp_path, ARTICLE), model, [{"chain_of_density": {"step": step}}], datasets="news")

    [record] = result.records().to_dict("records")
    assert record["answer"] == summary
    assert len(record["details"]["steps"]) == 5


def test_chain_of_density_by_rounds_gives_each_call_the_summary_before(tmp_path):
    def answer(request):
        before = re.search("Summary: (.*)", last(request))
        return f"{before[1]}+" if before else "draft"

    model = FunctionModel(answer)
    strategy = {"chain_of_density": {"mode": "per_round", "rounds": 3, "step": 3}}
    result = run(write(tmp_path, ARTICLE), model, [strategy], datasets="news")

    [record] = result.records().to_dict("records")
    assert record["answer"] == "draft++"
    assert model.calls == 3


def test_a_persona_stands_before_the_strategys_own_system_message(tmp_path):
    model = always("good")
    workspace = mood(tmp_path, **{"prompts/system/pirate.j2": "You are a pirate."})

    result = run(workspace, model, system=["none", "pirate"], limit=1)

    systems = sorted(request.messages[0].content.splitlines()[0] for request in model.requests)
    assert systems == ["Judge the mood.", "You are a pirate."]
    assert [arm.system for arm in result.summaries()] == [None, "pirate"]


def test_a_folder_with_one_template_is_a_strategy(tmp_path):
    workspace = mood(tmp_path, **{"prompts/mine/answer.j2": "{% params tone='dry' %}{{ tone }}: {{ input }}"})
    model = always("bad")

    run(workspace, model, [{"mine": {"tone": ["dry", "warm"]}}], limit=1)

    assert sorted(last(request).partition(":")[0] for request in model.requests) == ["dry", "warm"]


STRATEGY = """
from promptsweep import Ask, Sample, strategy

@strategy
async def twice(sample: Sample, ask: Ask, *, times: int = 2) -> str:
    replies = [await ask("answer", n=n) for n in range(times)]
    ask.note(replies=replies)
    return replies[-1]
"""


def test_a_python_strategy_of_the_workspace_is_found(tmp_path):
    files = {"prompts/twice/strategy.py": STRATEGY, "prompts/twice/answer.j2": "{{ input }} ({{ n }})"}
    model = FunctionModel(lambda request: "good" if "(2)" in last(request) else "bad")

    result = run(mood(tmp_path, **files), model, [{"twice": {"times": 3}}], limit=1)

    assert model.calls == 3
    assert result.records().iloc[0]["answer"] == "good"


def test_an_error_in_a_strategys_code_fails_the_sample_and_not_the_run(tmp_path):
    code = STRATEGY.replace("ask.note(replies=replies)", "raise KeyError(replies[0])")
    files = {"prompts/twice/strategy.py": code, "prompts/twice/answer.j2": "{{ input }}{{ n }}"}

    result = run(mood(tmp_path, **files), always("good"), "twice", limit=2)

    assert result.status is Status.INCOMPLETE
    assert "strategy twice failed: KeyError: 'good'" in result.row.error


FAILING = {"metrics.py": "def half(answer, sample):\n    return 1 / (len(answer) - 4)\n"}


@pytest.mark.parametrize(
    ("metric", "problem"),
    [
        ("follows_all", "sample 's-2': instructions are a list of objects with instruction_id and kwargs"),
        ("metrics.py:half", "metric half failed on sample 's-2': ZeroDivisionError: division by zero"),
    ],
)
def test_a_metric_that_fails_on_a_sample_fails_that_sample_and_not_the_run(tmp_path, metric, problem):
    result = run(mood(tmp_path, **FAILING), always("good"), metrics=["accuracy", metric], limit=2)

    assert result.status is Status.INCOMPLETE
    assert f"the answer cannot be scored: {problem}" in set(result.records()["error"])


def test_scoring_anew_with_a_metric_that_fails_leaves_no_run_behind(tmp_path):
    workspace = mood(tmp_path, **FAILING)
    run(workspace, always("good"), limit=2)

    with contextlib.closing(open_store(workspace)) as store:
        with pytest.raises(ConfigError, match="metric half failed on sample"):
            api.rescore(store, "latest", workspace, ["metrics.py:half"])
        assert len(list_runs(store)) == 1


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"strategies": "zero_shoot"}, "unknown strategy 'zero_shoot'. Did you mean 'zero_shot'?"),
        ({"strategies": [{"few_shot": {"kk": 2}}]}, "unknown parameter of few_shot 'kk'. Did you mean 'k'?"),
        (
            {"strategies": [{"few_shot": {"k": 99}}]},
            "99 worked examples were asked for; the train split has 4",
        ),
        (
            {"strategies": [{"few_shot": {"select": "nearst"}}]},
            "unknown selector 'nearst'. Did you mean 'nearest'?",
        ),
        ({"strategies": [{"self_consistency": {"draws": 0}}]}, "draws must be at least 1"),
        ({"strategies": [{"self_consistency": {"stop": "early"}}]}, "stop must be fixed or adaptive"),
        ({"datasets": "moood"}, "unknown dataset 'moood'. Did you mean 'mood'?"),
        ({"models": "opnai/gpt"}, "opnai"),
        ({"metrics": ["exact_mach"]}, "unknown metric 'exact_mach'. Did you mean 'exact_match'?"),
        ({"system": "expret"}, "unknown system message 'expret'. Did you mean 'expert'?"),
        ({"split": "tset"}, "unknown split 'tset'. Did you mean 'test'?"),
        ({"split": "train", "strategies": "few_shot"}, "takes its examples from the train split"),
    ],
)
def test_a_mistake_is_found_before_anything_is_sent(tmp_path, keys, message):
    model = always("good")

    with pytest.raises(ConfigError) as error:
        run(mood(tmp_path), model, **{"strategies": "zero_shot", **keys})

    assert message in str(error.value)
    assert model.calls == 0


def test_a_broken_template_costs_nothing(tmp_path):
    workspace = mood(tmp_path, **{"prompts/bad/answer.j2": "{% user %}\n{{ inptu }}"})
    model = always("good")

    with pytest.raises(ConfigError, match=r"answer.j2:2: unknown variable 'inptu'\. Did you mean 'input'"):
        run(workspace, model, ["zero_shot", "bad"])
    assert model.calls == 0


def test_the_target_is_not_among_the_templates_variables(tmp_path):
    workspace = mood(tmp_path, **{"prompts/leak/answer.j2": "{{ input }} {{ target }}"})

    with pytest.raises(ConfigError, match="unknown variable 'target'"):
        run(workspace, always("good"), "leak")


def test_tokens_and_cost_are_added_up(tmp_path):
    model = FunctionModel(lambda request: Completion("good", usage=Usage(10, 2), cost=0.001))

    [arm] = run(mood(tmp_path), model).summaries()

    assert arm.tokens == {"prompt": 60, "completion": 12}
    assert arm.cost_usd == pytest.approx(0.006)


def test_a_run_within_a_running_event_loop_works_as_in_a_notebook(tmp_path):
    import asyncio

    async def cell():
        return run(mood(tmp_path), always("good"))

    assert asyncio.run(cell()).status is Status.DONE


def test_a_run_is_not_resumed_with_another_choice_of_samples(tmp_path):
    workspace, model = mood(tmp_path), always("good")
    first = run(workspace, model, limit=2)

    with pytest.raises(ConfigError, match="cannot be resumed: the selection of 'zero_shot"):
        promptsweep.run(sweep(limit=4), models={"m": model}, workspace=workspace.root, resume=first.id)
