"""Scoring a judged run anew: verdicts of today's judges come along, the others are told."""

from __future__ import annotations

import pytest

import promptsweep
from promptsweep import api
from promptsweep.api.judging import judge_run
from promptsweep.errors import ConfigError, RequestError
from promptsweep.reports.browse import run_info
from promptsweep.reports.judges import judge_costs, judge_report
from promptsweep.reports.traces import trace
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Usage
from workspaces import mood, write

STYLE = {"model": "j", "rubric": "style"}
HELPFUL = {"model": "j", "rubric": "helpfulness"}


class Court:
    """A run whose answers were judged, and its scoring anew, all of which ask the same two models."""

    def __init__(self, root, *specs, reply="Well put.\nScore: 4", **keys):
        self.place = mood(root)
        self.judge = FunctionModel(self._verdict, name="arbiter")
        self.reply = reply
        candidate = FunctionModel(
            lambda request: Completion("good", usage=Usage(10, 1), cost=0.001), name="m"
        )
        self.models = {"m": candidate, "j": self.judge}
        metrics = ["accuracy", *({"judge": spec} for spec in specs)]
        content = {"datasets": "mood", "models": "m", "strategies": "zero_shot", "metrics": metrics, **keys}
        self.run = promptsweep.run(content, models=self.models, workspace=self.place.root)
        self.store = self.run.store

    def _verdict(self, request):
        text = self.reply(request) if callable(self.reply) else self.reply
        return Completion(text, usage=Usage(100, 5), cost=0.5)

    def anew(self, *metrics):
        asked = self.judge.calls
        found = api.rescore(self.store, self.run.id, self.place, list(metrics) or None, models=self.models)
        assert self.judge.calls == asked
        return found

    def warnings(self, run):
        return list(run_info(self.store, run.id).warnings)


def judged_calls(store, run, sample="s-0"):
    return [call for call in trace(store, run.id, sample).calls if call.judges]


def test_verdicts_come_along_with_their_calls_and_what_they_cost(tmp_path):
    court = Court(tmp_path, STYLE)

    again = court.anew()

    [old], [new] = court.run.summaries(), again.summaries()
    assert new.metrics["judge(style)"] == old.metrics["judge(style)"]
    assert trace(court.store, again.id, "s-0").scores["judge(style)"].reason == "Well put."
    assert judged_calls(court.store, again) == judged_calls(court.store, court.run)
    assert judge_costs(court.store, again.id) == judge_costs(court.store, court.run.id)
    assert (new.requests, new.cost_usd) == (old.requests, old.cost_usd)
    assert not court.warnings(again)


def test_nothing_is_left_to_judge_in_the_copy(tmp_path):
    court = Court(tmp_path, STYLE)
    again = court.anew()

    result = judge_run(court.store, again.id, court.place, models=court.models)

    assert (result.progress.total, court.judge.calls) == (0, 6)


def test_what_a_panel_and_a_preference_noted_comes_along(tmp_path):
    def reply(request):
        return "Verdict: A" if "<answer_A>" in request.messages[1].content else "Score: 3"

    court = Court(tmp_path, STYLE, {**STYLE, "against": "target", "name": "net"}, reply=reply)

    again = court.anew()

    assert judge_report(court.store, again.id).scores == judge_report(court.store, court.run.id).scores
    assert len(judged_calls(court.store, again, "s-1")) == 3


def test_a_judge_that_was_added_by_hand_comes_along_too(tmp_path):
    court = Court(tmp_path)
    judge_run(court.store, court.run.id, court.place, STYLE, models=court.models)

    assert court.anew().summaries()[0].metrics["judge(style)"].value == 4.0


def test_an_edited_rubric_is_another_judge_whose_verdicts_are_asked_for(tmp_path):
    court = Court(tmp_path, STYLE, HELPFUL)
    write(tmp_path, {"prompts/judges/rubrics/style.j2": "Is it funny?"})

    again = court.anew()

    assert set(again.summaries()[0].metrics) == {"accuracy", "macro_f1", "judge(helpfulness)"}
    assert court.warnings(again) == [
        f"judge(style): 6 answers without a stored verdict; promptsweep judge {again.id} asks for it"
    ]
    assert [call.stage for call in judged_calls(court.store, again)] == ["judge:helpfulness"]
    court.reply = "Score: 1"
    judge_run(court.store, again.id, court.place, models=court.models)
    assert again.summaries()[0].metrics["judge(style)"].value == 1.0
    assert court.run.summaries()[0].metrics["judge(style)"].value == 4.0


def test_a_judge_that_the_card_gained_is_told_and_not_asked(tmp_path):
    court = Court(tmp_path)
    card = {"task": "classification", "labels": ["good", "bad"], "metrics": ["accuracy", {"judge": STYLE}]}
    write(tmp_path, {"datasets/mood.yaml": card})

    again = court.anew()

    [warning] = court.warnings(again)
    assert warning.startswith("judge(style): 6 answers without a stored verdict; promptsweep judge ")
    assert again.summaries()[0].metrics["accuracy"].n == 6


def test_a_judge_that_cannot_be_loaded_is_told(tmp_path):
    court = Court(tmp_path, STYLE)

    again = api.rescore(court.store, court.run.id, court.place)

    [warning] = court.warnings(again)
    assert warning.startswith("judge(style) has no score: ")
    assert warning.endswith(f"; promptsweep judge {again.id} asks for it")
    assert not judged_calls(court.store, again)


def test_metrics_that_are_named_may_be_the_runs_judges(tmp_path):
    court = Court(tmp_path, STYLE, HELPFUL)

    some, none = court.anew("words", "judge(style)"), court.anew("words")

    assert set(some.summaries()[0].metrics) == {"words", "judge(style)"}
    assert [call.stage for call in judged_calls(court.store, some)] == ["judge:style"]
    assert set(none.summaries()[0].metrics) == {"words"}
    assert not judged_calls(court.store, none)


@pytest.mark.parametrize("name", ["judge(correctness)", "judge"])
def test_a_judge_that_the_run_does_not_have_is_refused(tmp_path, name):
    court = Court(tmp_path, STYLE)

    with pytest.raises(ConfigError, match="score asks no judge: promptsweep judge "):
        court.anew(name)

    assert court.store.find_run("latest").id == court.run.id


def test_an_answer_that_was_not_judged_stays_so_and_its_old_error_is_gone(tmp_path):
    def reply(request):
        if "left early" in request.messages[1].content:
            raise RequestError("too long")
        return "Score: 2"

    court = Court(tmp_path, STYLE, reply=reply)

    again = court.anew()

    assert again.summaries()[0].metrics["judge(style)"].n == 5
    assert trace(court.store, again.id, "s-3").error is None
    assert court.warnings(again)[0].startswith("judge(style): 1 answer without a stored verdict")


def test_an_invalid_verdict_stays_an_error_of_the_judge(tmp_path):
    court = Court(tmp_path, STYLE, reply="Hm.")

    again = court.anew()

    assert judge_report(court.store, again.id).scores[0].errors == 6
    assert not court.warnings(again)
