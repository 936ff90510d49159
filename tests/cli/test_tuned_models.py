"""Base against tuned: the lineage of models.yaml in a run, its reports, and the guard against leaks."""

from __future__ import annotations

import re

import pytest

from servers import ChatServer
from workspaces import MOOD_TEST, mood, rows, write

TRAIN = [(f"A tale of {n} nights.", "good") for n in range(10)]
SWEEP = {
    "datasets": "mood",
    "models": ["acme/small", "tuned"],
    "strategies": ["zero_shot", "bare"],
    "params": {"max_tokens": 4},
}


def reply(request):
    """The tuned model knows; the base is always content."""
    asked = request["messages"][-1]["content"]
    return dict(MOOD_TEST).get(asked, "good") if request["model"].startswith("ft:") else "good"


@pytest.fixture
def place(tmp_path, command):
    with ChatServer(reply) as serving:
        mood(tmp_path, **{"datasets/mood.train.jsonl": rows(TRAIN, "t"), "runners/tuning.yaml": SWEEP})
        command("export-finetune", "mood", "-s", "bare", "-o", str(tmp_path / "reports/m.jsonl"))
        lineage = {"base": "acme/small", "job": "ftjob-1", "manifest": "reports/m.lineage.json"}
        tuned = {"endpoint": "acme", "name": "ft:small", "lineage": lineage}
        endpoint = {"base_url": serving.base_url, "prices": {"*": {"input": 1, "output": 1}}}
        write(
            tmp_path, {"runners/models.yaml": {"endpoints": {"acme": endpoint}, "models": {"tuned": tuned}}}
        )
        yield tmp_path


def test_base_and_tuned_with_and_without_a_prompt_are_one_sweep(place, command):
    ran = command("run", "tuning")

    line = "tuned: acme/small tuned (supervised), job ftjob-1; base and tuned are both here."
    assert (ran.code, line in ran.out.splitlines(), "LEAK" in ran.out + ran.err) == (0, True, False)
    [tuned] = command("show", "--json").json["tuned"]
    assert (tuned["model"], tuned["base"], tuned["seen"], tuned["beside_base"]) == (
        "tuned",
        "acme/small",
        {},
        True,
    )


@pytest.mark.parametrize("words", [["compare", "latest"], ["report"], ["compare", "latest", "-f", "md"]])
def test_comparisons_and_reports_say_what_was_tuned_from_what(place, command, words):
    command("run", "tuning")

    shown = command(*words)

    assert shown.code == 0
    assert "acme/small tuned" in shown.out
    assert "base and tuned are both here" in shown.out


def test_the_page_says_it_too(place, command):
    command("run", "tuning")

    assert "acme/small tuned (supervised), job ftjob-1" in command("report", "-f", "html").out


def test_a_model_that_was_trained_on_evaluated_rows_is_warned_of_before_and_after(place, command):
    evaluated = [*MOOD_TEST, (f"{TRAIN[3][0].upper()}", "good")]
    write(place, {"datasets/mood.test.jsonl": rows(evaluated)})

    planned = command("plan", "tuning")
    ran = command("run", "tuning")

    said = "LEAK: tuned was trained on 1 of the 7 rows of mood (test) that are evaluated here (s-6)"
    assert [said in " ".join((shown.out + shown.err).split()) for shown in (planned, ran)] == [True, True]
    told = "LEAK: tuned was trained on 1 row that mood evaluates: its scores there are no evidence."
    for words in (["show"], ["compare", "latest"], ["report"]):
        assert told in command(*words).out
    assert command("show", "--json").json["tuned"][0]["seen"] == {"mood": 1}


def growing(place, strategies):
    """A sweep on 30 rows, one of which was trained on; its gate says pass or fail of no number of them."""
    evaluated = [(f"Day {day}.", "good" if day % 5 else "bad") for day in range(30)]
    evaluated[7] = (TRAIN[3][0], "good")
    gates = [{"metric": "accuracy", "min": 0.8}]
    sweep = SWEEP | {"models": "tuned", "strategies": strategies, "gates": gates}
    write(place, {"datasets/mood.test.jsonl": rows(evaluated), "runners/tuning.yaml": sweep})


def leaks(shown):
    """Of how many rows each warning says that one was trained on."""
    return re.findall(r"LEAK: tuned was trained on 1 of the (\d+) rows of mood \(test\)", shown)


def test_rows_that_a_growing_check_adds_are_looked_up_before_they_are_sent(place, command):
    growing(place, ["bare"])
    once = command("check", "tuning", "--limit", "10")

    grown = command("check", "tuning", "--limit", "10", "--up-to", "30")

    assert (once.code, leaks(once.err), leaks(grown.err)) == (3, [], ["20", "30"])
    assert command("show", "--json").json["tuned"][0]["seen"] == {"mood": 1}
    assert leaks(command("report").out) == ["30"]


def test_arms_that_grow_apart_are_looked_up_together(place, command):
    growing(place, [{"bare": {"limit": 6}}, {"zero_shot": {"limit": 12}}])

    grown = command("check", "tuning", "--up-to", "20")

    assert 20 < int(leaks(grown.err)[-1]) < 30


def test_a_manifest_that_is_not_there_or_is_of_other_data_is_said(place, command):
    path = place / "reports/m.lineage.json"
    models = (place / "runners/models.yaml").read_text("utf-8")
    (place / "runners/models.yaml").write_text(models.replace('"job": "ftjob-1"', '"data": "0000"'), "utf-8")
    other = command("run", "tuning")
    path.unlink()
    gone = command("run", "tuning")

    assert "reports/m.lineage.json is the manifest of other data than its lineage names" in other.err
    assert "tuned: whether it was trained on what is evaluated cannot be told" in gone.err
    assert (other.code, gone.code) == (0, 0)


def test_a_mistake_in_a_lineage_is_one_line(place, command):
    models = (place / "runners/models.yaml").read_text("utf-8")
    (place / "runners/models.yaml").write_text(models.replace('"job"', '"jbo"'), "utf-8")

    shown = command("run", "tuning")

    assert (shown.code, "unknown key 'jbo'. Did you mean 'job'?" in shown.err) == (2, True)
