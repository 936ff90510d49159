"""Scoring stored replies anew: nothing is sent, the old run stays, the copy keeps its trace."""

from __future__ import annotations

import pytest

import promptsweep
from promptsweep import api
from promptsweep.errors import ConfigError, ServerError
from promptsweep.reports import open_store
from promptsweep.reports.browse import trace
from promptsweep.testing import FunctionModel
from workspaces import mood, write


def ran(workspace, **keys):
    def answer(request):
        if "left early" in request.messages[-1].content:
            raise ServerError("down")
        return "Mood: good" if "Best" in request.messages[-1].content else "I would say good."

    sweep = {"datasets": "mood", "models": "m", "strategies": "zero_shot"}
    model = FunctionModel(answer)
    return promptsweep.run(sweep, models={"m": model}, workspace=workspace.root, **keys), model


@pytest.mark.parametrize("fresh", [False, True])
def test_replies_are_scored_by_other_metrics_and_nothing_is_sent(tmp_path, fresh):
    workspace = mood(tmp_path)
    first, model = ran(workspace, fresh=fresh)
    sent = model.calls
    store = open_store(workspace)

    again = api.rescore(store, first.id, workspace, ["contains", "words"])

    [old], [new] = first.summaries(), again.summaries()
    assert model.calls == sent
    assert set(new.metrics) == {"contains", "words"}
    assert set(old.metrics) == {"accuracy", "macro_f1"}
    assert (new.scored, new.outcomes["error"]) == (5, 1)
    [call] = trace(store, again.id, "s-0").calls
    assert call.completion.text == "I would say good."


def test_an_edited_card_changes_how_replies_are_read(tmp_path):
    workspace = mood(tmp_path)
    first, _ = ran(workspace)
    card = {"task": "classification", "labels": ["good", "bad"], "answer_pattern": "Mood: (.*)"}
    write(tmp_path, {"datasets/mood.yaml": card})

    again = api.rescore(open_store(workspace), first.id, workspace)

    assert first.summaries()[0].outcomes["unparsed"] == 0
    assert again.summaries()[0].outcomes["unparsed"] == 4


def test_an_unknown_metric_leaves_no_run_behind(tmp_path):
    workspace = mood(tmp_path)
    first, _ = ran(workspace)
    store = open_store(workspace)

    with pytest.raises(ConfigError, match="unknown metric 'acuracy'"):
        api.rescore(store, first.id, workspace, ["acuracy"])

    assert store.find_run("latest").id == first.id
