"""A run recorded, and run again from the recording: the same records, bytes and verdicts."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import promptsweep
from promptsweep import api
from promptsweep.errors import ConfigError, ExitCode, RequestError
from promptsweep.models.archives import SUFFIXES, read_lines
from promptsweep.reports import open_store
from promptsweep.reports.browse import run_info
from promptsweep.reports.cache import cache_stats, prune
from promptsweep.reports.recording import record
from promptsweep.reports.rescore import rescore
from promptsweep.reports.traces import trace
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Usage
from workspaces import mood, rows, write

VOLATILE = ["run", "seconds", "cached"]
"""Columns of a record that say when and how it was made, not what came out."""


def priced(request):
    text = request.messages[-1].content
    return Completion(f"good {len(text)} 좋아요", usage=Usage(len(text), 2), seconds=0.1 + 0.2, cost=1e-4 / 3)


def sweep(strategies="zero_shot", **keys):
    return {"name": "s", "datasets": "mood", "models": "m", "strategies": strategies, **keys}


def run(workspace, content, function=priced, **options):
    model = FunctionModel(function, name="m")
    return promptsweep.run(content, models={"m": model}, workspace=workspace.root, **options), model


def replay(workspace, content, path, store=None, **options):
    """The run from the recording, in a store of its own."""
    models = api.replayed_models(content, workspace, path, **options)
    planned = api.plan(content, workspace, models=models)
    return api.execute(planned, open_store(workspace, str(store or workspace.root / "other.db")))


def outcome(done):
    """All that a run found out, arm by arm and sample by sample."""
    frame = done.records()
    kept = frame[[column for column in frame.columns if column not in VOLATILE]].astype(object)
    return kept.where(kept.notna(), None).to_dict("records")


def lines(path):
    return [orjson.loads(line) for _, line in read_lines(path)]


EVERY = [
    "zero_shot",
    {"few_shot": {"k": [0, 2]}},
    {"self_consistency": {"draws": 3, "params": {"temperature": 0.7, "seed": 5}}},
]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_replayed_run_has_the_same_records_and_gives_the_same_recording(tmp_path, suffix):
    workspace, content = mood(tmp_path), sweep(EVERY, repeats=2)
    before, model = run(workspace, content)
    made = record(before.store, before.id, tmp_path / f"a{suffix}")

    result = replay(workspace, content, made.path)

    assert (result.exit_code, result.progress.requests) == (0, 0)
    assert made.replies <= result.progress.recalled <= result.progress.cached
    assert made.replies == len({request.key for request in model.requests}) == model.calls
    assert outcome(result.run) == outcome(before)
    assert [arm.key for arm in result.run.store.arms(result.run.id)] == [
        arm.key for arm in before.store.arms(before.id)
    ]
    again = record(result.run.store, result.run.id, tmp_path / f"b{suffix}")
    assert lines(again.path)[1:] == lines(made.path)[1:]
    assert {**lines(again.path)[0], "run": ""} == {**lines(made.path)[0], "run": ""}


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    inputs=st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=4, unique=True),
    reply=st.text(),
    reasoning=st.none() | st.text(min_size=1),
    cost=st.none() | st.floats(0, 1),
    seconds=st.floats(0, 100),
    repeats=st.integers(1, 3),
)
def test_whatever_was_said_is_replayed(tmp_path_factory, inputs, reply, reasoning, cost, seconds, repeats):
    files = {"datasets/mood.test.jsonl": rows([(text, "good") for text in inputs])}
    workspace = mood(tmp_path_factory.mktemp("said"), **files)
    said = Completion(reply, reasoning=reasoning, cost=cost, seconds=seconds)
    before, _ = run(workspace, sweep(repeats=repeats), lambda request: said)
    made = record(before.store, before.id, workspace.root / "r.jsonl.zst")

    result = replay(workspace, sweep(repeats=repeats), made.path)

    assert result.error is None
    assert outcome(result.run) == outcome(before)


def test_the_same_run_gives_the_same_bytes_each_reply_once_and_sorted_by_prompt(tmp_path):
    before, _ = run(mood(tmp_path), sweep(["zero_shot", {"few_shot": {"k": 0}}], repeats=2))
    one, other = (record(before.store, before.id, tmp_path / f"{name}.jsonl").path for name in "ab")

    assert one.read_bytes() == other.read_bytes()
    header, *found = lines(one)
    assert header["replies"] == len(found) == len({row["key"] for row in found})
    prompts = [(row["messages"][-1]["content"], row["draw"]) for row in found]
    assert prompts == sorted(prompts)
    assert set(found[0]) >= {"messages", "completion", "model", "params", "draw", "base_url", "key", "finish"}


def test_only_this_runs_replies_are_recorded_and_of_a_fresh_run_its_own(tmp_path):
    workspace = mood(tmp_path)
    run(workspace, sweep("few_shot"), lambda request: "old")
    run(workspace, sweep(), lambda request: "old")
    fresh, _ = run(workspace, sweep(), lambda request: "new", fresh=True)

    found = lines(record(fresh.store, fresh.id, tmp_path / "r.jsonl").path)[1:]

    assert [row["completion"] for row in found] == ["new"] * 6


def test_replies_of_the_store_do_not_take_the_place_of_the_files(tmp_path):
    workspace = mood(tmp_path)
    run(workspace, sweep(), lambda request: "bad")
    fresh, _ = run(workspace, sweep(), lambda request: "good", fresh=True)
    path = record(fresh.store, fresh.id, tmp_path / "r.jsonl").path

    result = replay(workspace, sweep(), path, workspace.store_path)

    assert outcome(result.run) == outcome(fresh)
    assert trace(result.run.store, result.run.id, "s-0").calls[0].completion.text == "good"


def test_a_reply_that_the_store_holds_already_is_not_stored_twice(tmp_path):
    workspace = mood(tmp_path)
    before, _ = run(workspace, sweep())
    path = record(before.store, before.id, tmp_path / "r.jsonl").path

    result = replay(workspace, sweep(), path, workspace.store_path)

    assert cache_stats(result.run.store).responses == 6
    assert trace(result.run.store, result.run.id, "s-0").calls[0].completion.text.startswith("good")


def test_an_edited_template_is_a_miss_of_its_arm_and_all_misses_are_counted(tmp_path):
    workspace, content = mood(tmp_path), sweep(["zero_shot", {"few_shot": {"k": 2}}])
    before, _ = run(workspace, content)
    path = record(before.store, before.id, tmp_path / "r.jsonl.zst").path
    write(tmp_path, {"prompts/zero_shot/answer.j2": "{% system %}평가하세요{% user %}{{ input }}"})

    result = replay(workspace, content, path)

    assert (result.exit_code, result.status) == (ExitCode.INCOMPLETE, "incomplete")
    assert result.error.startswith(
        "6 requests were never recorded, of 'zero_shot | m | mood' (6 records). The nearest is in line "
    )
    assert "message 1 (system) differs from line 1, column 1: asked '▸평가하세요'" in result.error
    assert result.error.endswith("or send these requests alone with --live-misses")
    zero, few = result.run.summaries()
    assert (zero.scored, zero.outcomes["error"], few.scored) == (0, 6, 6)


def test_more_misses_than_a_breaker_allows_are_still_all_counted(tmp_path):
    many = {"datasets/mood.test.jsonl": rows([(f"Line {place}.", "good") for place in range(50)])}
    workspace = mood(tmp_path, **many)
    before, _ = run(workspace, sweep(limit=1))
    path = record(before.store, before.id, tmp_path / "r.jsonl").path

    result = replay(workspace, sweep(["zero_shot", {"few_shot": {"k": 2}}]), path)

    assert result.error.startswith(
        "99 requests were never recorded, of "
        "'few_shot(k=2) | m | mood' (50 records), 'zero_shot | m | mood' (49 records). Of 'few_shot"
    )
    assert result.run.summaries()[0].scored == 1


def test_a_renamed_variable_is_no_miss(tmp_path):
    workspace = mood(tmp_path, **{"prompts/own/answer.j2": "{% set a = input %}{% user %}Mood of {{ a }}"})
    before, _ = run(workspace, sweep("own"))
    path = record(before.store, before.id, tmp_path / "r.jsonl").path
    write(tmp_path, {"prompts/own/answer.j2": "{% set text = input %}{% user %}Mood of {{ text }}"})

    assert replay(workspace, sweep("own"), path).error is None


def test_live_misses_sends_only_what_the_file_lacks_and_asks_the_store_before(tmp_path):
    workspace, content = mood(tmp_path), sweep(["zero_shot", {"few_shot": {"k": 2}}])
    before, _ = run(workspace, content)
    path = record(before.store, before.id, tmp_path / "r.jsonl").path
    write(tmp_path, {"prompts/zero_shot/answer.j2": "{% user %}Edited: {{ input }}"})
    model = FunctionModel(lambda request: "bad", name="m")

    def live():
        from promptsweep.models.recorded import recorded_models

        planned = api.plan(content, workspace, models=recorded_models(path, ["m"], lambda name: model))
        return api.execute(planned, open_store(workspace, str(tmp_path / "other.db")))

    first, second = live(), live()

    assert (first.error, first.progress.requests, first.progress.recalled) == (None, 6, 6)
    assert (second.error, second.progress.requests, second.progress.cached) == (None, 0, 12)
    assert model.calls == 6
    assert all(request.messages[0].content.startswith("Edited: ") for request in model.requests)
    both = record(first.run.store, first.run.id, tmp_path / "both.jsonl").path
    assert replay(workspace, content, both, tmp_path / "third.db").error is None


def test_a_budget_is_no_obstacle_where_nothing_is_sent(tmp_path):
    workspace = mood(tmp_path)
    before, _ = run(workspace, sweep())
    path = record(before.store, before.id, tmp_path / "r.jsonl").path

    result = replay(workspace, sweep(budget={"usd": 0, "requests": 1}), path)

    assert (result.error, result.progress.cost) == (None, 0)


def test_a_replayed_run_goes_on_with_a_run_that_missed_replies(tmp_path):
    workspace, content = mood(tmp_path), sweep()
    part, _ = run(workspace, sweep(limit=3))
    part_path = record(part.store, part.id, tmp_path / "part.jsonl").path
    whole, _ = run(workspace, content)
    path = record(whole.store, whole.id, tmp_path / "r.jsonl").path
    first = replay(workspace, content, part_path)
    assert first.progress.errors == 3

    planned = api.plan(content, workspace, models=api.replayed_models(content, workspace, path))
    result = api.execute(planned, first.run.store, resume=first.run.id)

    assert (result.error, result.progress.finished) == (None, 3)
    assert outcome(result.run) == outcome(whole)


def test_calls_without_a_reply_are_counted_and_not_recorded(tmp_path):
    def moody(request):
        if "left early" in request.messages[-1].content:
            raise RequestError("400: refused")
        return "good"

    before, _ = run(mood(tmp_path), sweep(), moody)

    made = record(before.store, before.id, tmp_path / "r.jsonl")

    assert (made.replies, made.lost) == (5, 1)


def test_a_rescored_run_is_recorded_like_the_run_that_it_scores(tmp_path):
    workspace = mood(tmp_path)
    before, _ = run(workspace, sweep())
    again = rescore(before.store, before.row, workspace, ["accuracy"])

    one, other = (record(before.store, of, tmp_path / f"{of}.jsonl").path for of in (before.id, again))

    assert lines(one)[1:] == lines(other)[1:]


def test_a_run_that_cannot_be_recorded_whole_is_not_recorded(tmp_path):
    workspace = mood(tmp_path)
    before, _ = run(workspace, sweep())
    prune(before.store, keep_runs=False)

    with pytest.raises(ConfigError, match=r"6 of the 6 replies of run .* were removed from the store"):
        record(before.store, before.id, tmp_path / "r.jsonl")
    assert not (tmp_path / "r.jsonl").exists()
    (tmp_path / "answers.jsonl").write_text('{"id": "s-0", "answer": "good"}\n')
    given = api.import_answers(
        tmp_path / "answers.jsonl", dataset="mood", name="by hand", workspace=workspace, store=before.store
    )
    with pytest.raises(ConfigError, match=r"does not say how its requests were made"):
        record(before.store, given.id, tmp_path / "r.jsonl")


def test_a_failed_run_has_nothing_to_record(tmp_path):
    def refuse(request):
        raise RequestError("400")

    before, _ = run(mood(tmp_path), sweep(), refuse)

    with pytest.raises(ConfigError, match="has no reply to record"):
        record(before.store, before.id, tmp_path / "r.jsonl")


def test_how_requests_were_made_is_not_shown_among_the_versions(tmp_path):
    before, _ = run(mood(tmp_path), sweep())

    assert set(run_info(before.store, before.id).versions) <= {"promptsweep", "python", "commit"}
