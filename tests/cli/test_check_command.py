"""`baseline` and `check`, end to end: what breaks, what does not, and what nobody can tell."""

from __future__ import annotations

import json
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from promptsweep.workspace import builtin_root
from servers import ChatServer, error
from workspaces import rows, write

LINES = [(f"Line {i} is {'sunny' if i % 2 else 'grey'}.", "good" if i % 2 else "bad") for i in range(100)]
SHOTS = [("A sunny day.", "good"), ("A grey day.", "bad")]
GATES = [{"metric": "accuracy", "arm": "few_shot", "no_regression": {"margin": 0.05}}]
SWEEP = {"datasets": "lines", "models": "acme/m", "strategies": ["zero_shot", {"few_shot": {"k": 2}}]}
TEMPLATE = (builtin_root() / "prompts" / "few_shot" / "answer.j2").read_text(encoding="utf-8")
SWAPPED = TEMPLATE.replace("{{ shot.target }}", "{{ 'bad' if shot.target == 'good' else 'good' }}")
RENAMED = TEMPLATE.replace("for shot in", "for example in").replace("shot.", "example.")


def by_example(request):
    """Answers as the example with the same weather was answered; without examples always good."""
    messages = request["messages"]
    weather = "sunny" if "sunny" in messages[-1]["content"] else "grey"
    for asked, answered in pairwise(messages):
        if answered["role"] == "assistant" and weather in asked["content"]:
            return answered["content"]
    return "good"


def few_shot(text):
    return {"prompts/few_shot/answer.j2": text}


def dataset(lines=LINES, **changed):
    """The rows, those in `changed` (by id) with another input."""
    made = rows(lines, "line")
    for row in made:
        row["input"] = changed.get(row["id"].replace("-", "_"), row["input"])
    return {"datasets/lines.test.jsonl": made}


@pytest.fixture
def server(tmp_path):
    with ChatServer(by_example) as serving:
        endpoint = {"base_url": serving.base_url, "prices": {"*": {"input": 1.0, "output": 2.0}}}
        card = {"task": "classification", "labels": ["good", "bad"], "instruction": "Judge the weather."}
        files = {
            "datasets/lines.yaml": card,
            "datasets/lines.train.jsonl": rows(SHOTS, "shot"),
            "runners/models.yaml": {"endpoints": {"acme": endpoint | {"retries": {"attempts": 1}}}},
            "runners/ci.yaml": SWEEP | {"gates": GATES},
        }
        write(tmp_path, files | dataset() | few_shot(TEMPLATE))
        yield serving


@pytest.fixture
def saved(command, server):
    """A workspace whose sweep was right, and its baseline saved."""
    assert command("run", "ci", "--no-progress").code == 0
    found = command("baseline", "save", "ci")
    assert found.code == 0
    return found


def check(command, *words):
    return command("check", "ci", "--no-progress", *words)


def test_a_baseline_is_saved_where_check_looks_for_it(saved, command, tmp_path):
    assert saved.out.startswith(f"{tmp_path}/reports/baselines/ci.json: run ")
    assert "2 arms, 100 samples" in saved.out
    assert "promptsweep check ci compares with it." in saved.out

    found = check(command)

    assert found.code == 0
    assert "against reports/baselines/ci.json" in found.out
    assert "PASS: 1 gate passed." in found.out


def test_swapped_labels_fail_and_the_arm_and_the_samples_are_named(saved, command, tmp_path):
    write(tmp_path, few_shot(SWAPPED))

    found = check(command, "--broken", "3")

    assert found.code == 1
    assert "REGRESSED few_shot(k=2) | acme/m | lines: accuracy" in found.out
    assert "template few_shot/answer.j2" in found.out
    assert "  line-0: Line 0 is grey.\n    target bad · now good" in found.out
    assert "line-2:" in found.out
    assert "line-3:" not in found.out
    assert "zero_shot" not in found.out
    assert "REGRESSED: 1 of 1 gate failed." in found.out


def test_a_variable_with_another_name_changes_nothing(saved, command, tmp_path):
    write(tmp_path, few_shot(RENAMED))

    found = check(command)

    assert found.code == 0
    assert "template few_shot/answer.j2" in found.out


def test_fifteen_samples_are_too_few_and_the_number_needed_is_printed(saved, command):
    found = check(command, "--limit", "15")

    assert found.code == 3
    assert "15 samples are too few to tell; about 73 would settle it." in found.out
    assert "asked 15 of the baseline's 100 rows" in found.out


def test_an_edited_row_leaves_the_comparison_to_the_others(saved, command, tmp_path):
    write(tmp_path, dataset(line_3="Line 3 is very sunny.", line_5="A sunny end."))

    found = check(command)

    assert found.code == 0
    assert "2 rows of lines changed: line-3, line-5" in found.out
    [result] = check(command, "--json").json["results"]
    assert result["n"] == 98
    assert "Compared on the 98 of 100 samples that are the same in the baseline." in result["reason"]


def test_nothing_in_common_is_not_comparable(saved, command, tmp_path):
    other = [(f"{text} Now!", target) for text, target in LINES]
    write(tmp_path, dataset(other))

    found = check(command)

    assert found.code == 3
    assert "not comparable: none of its 100 samples is in the baseline; 100 have the same id" in found.out


def test_a_changed_parameter_is_compared_with_the_nearest_arm(saved, command, tmp_path):
    sweep = SWEEP | {"gates": GATES, "strategies": ["zero_shot", {"few_shot": {"k": 1}}]}
    write(tmp_path, {"runners/ci.yaml": sweep})

    found = check(command)

    assert "compared with the baseline's arm 'few_shot(k=2) | acme/m | lines'" in found.out
    assert "parameter k: 2 → 1" in found.out
    assert found.code == 0


def test_a_stored_run_is_judged_without_sending(saved, command, server):
    before = len(server.requests)

    found = check(command, "--run", "latest")

    assert found.code == 0
    assert len(server.requests) == before
    assert check(command, "--run", "latest", "--fresh").err == (
        "error: --run judges a stored run as it is: leave --fresh out\n"
    )


def test_thresholds_need_no_baseline(command, server, tmp_path):
    gates = [
        {"metric": "accuracy", "arm": "zero_shot", "min": 0.9},
        {"metric": "accuracy", "arm": "few_shot", "min": 0.9},
        {"metric": "macro_f1", "arm": "few_shot", "min": 0.9},
        {"metric": "tokens", "max": 12},
        {"metric": "cost_usd", "max": 0.001},
        {"metric": "error_rate", "max": 0.05},
        {"metric": "p95_seconds", "max": 60},
    ]
    write(tmp_path, {"runners/ci.yaml": SWEEP | {"gates": gates}})

    found = check(command, "--json")

    verdicts = {(one["arm"].split(" ")[0], one["metric"]): one["verdict"] for one in found.json["results"]}
    assert found.code == 1
    assert [key for key, verdict in verdicts.items() if verdict != "PASS"] == [("zero_shot", "accuracy")]
    assert len(verdicts) == 11
    assert found.json["baseline"] is None
    assert found.json["verdict"] == "REGRESSED"
    assert found.json["exit_code"] == 1


def test_by_estimate_a_threshold_is_settled_by_few_samples(command, server, tmp_path):
    for by, code in (("interval", 3), ("estimate", 0)):
        gate = {"metric": "accuracy", "arm": "few_shot", "min": 0.95, "by": by}
        write(tmp_path, {"runners/ci.yaml": SWEEP | {"gates": [gate]}})

        assert check(command, "--limit", "15").code == code


def test_a_gate_by_slice_is_judged_for_each_value(saved, command, tmp_path):
    gates = [
        GATES[0] | {"slice": "label"},
        {"metric": "macro_f1", "arm": "few_shot", "slice": "length", "min": 0.5},
    ]
    write(tmp_path, {"runners/ci.yaml": SWEEP | {"gates": gates}})

    results = check(command, "--json").json["results"]

    assert [(one["slice"], one["n"]) for one in results] == [
        ("label=bad", 50),
        ("label=good", 50),
        ("length=<50", 100),
    ]


@pytest.mark.parametrize(
    ("gates", "message"),
    [
        (None, "sweep 'ci' has no gates to check. For example: gates: [{metric: accuracy, min: 0.8}"),
        (
            GATES,
            "sweep 'ci' has no baseline to compare with. Make one of a run that is right: promptsweep run ci",
        ),
    ],
)
def test_what_a_check_lacks_is_said_before_anything_is_sent(command, server, tmp_path, gates, message):
    write(tmp_path, {"runners/ci.yaml": SWEEP | ({} if gates is None else {"gates": gates})})

    found = check(command)

    assert found.code == 2
    assert found.err.startswith(f"error: {message}")
    assert not server.requests


def test_an_aggregate_needs_the_baselines_answers(saved, command, server, tmp_path):
    gate = {"metric": "macro_f1", "arm": "few_shot", "no_regression": {"margin": 0.05}}
    write(tmp_path, {"runners/ci.yaml": SWEEP | {"gates": [gate]}})
    sent = len(server.requests)

    lacking = check(command)
    command("baseline", "save", "ci", "--answers")
    kept = check(command, "--json")
    write(tmp_path, few_shot(SWAPPED))
    broken = check(command, "--json")

    assert lacking.code == 2
    assert "macro_f1 is computed over all answers together" in lacking.err
    assert "promptsweep baseline save RUN --answers" in lacking.err
    assert len(server.requests) == sent + 100
    assert (kept.code, kept.json["results"][0]["difference"]) == (0, 0.0)
    assert (broken.code, broken.json["results"][0]["baseline"], broken.json["results"][0]["value"]) == (
        1,
        1.0,
        0.0,
    )


def test_answers_are_kept_only_when_asked_for_and_then_shown(saved, command, tmp_path):
    path = tmp_path / "reports" / "baselines" / "ci.json"
    plain = path.read_text(encoding="utf-8")
    command("baseline", "save", "ci", "--answers")
    write(tmp_path, few_shot(SWAPPED))

    assert "answers" not in plain
    assert "sunny" not in plain
    assert "target bad · before bad · now good" in check(command).out


def test_an_incomplete_run_ends_with_4_and_its_printed_command_completes_it(saved, command, server):
    server.behaviour = lambda request: (
        error(500, "no") if "Line 7 " in request["messages"][-1]["content"] else by_example(request)
    )
    failed = check(command, "--fresh")
    server.behaviour = by_example
    [resume] = [line for line in failed.err.splitlines() if line.startswith("resume: promptsweep check")]
    resumed = command(*shlex.split(resume.removeprefix("resume: promptsweep ")), "--no-progress")

    assert failed.code == 4
    assert "PASS" in failed.out
    assert resumed.code == 0


def test_a_run_with_errors_is_no_baseline_unless_forced(command, server):
    server.behaviour = lambda request: error(500, "no") if "Line 7 " in str(request) else by_example(request)
    command("run", "ci", "--no-progress")

    refused = command("baseline", "save", "ci")

    assert refused.code == 2
    assert "is incomplete: 2 of 200 records ended in an error" in refused.err
    assert "or save it as it is with --force" in refused.err
    assert command("baseline", "save", "ci", "--force").code == 0


def test_a_damaged_baseline_is_one_line(saved, command, tmp_path):
    path = tmp_path / "reports" / "baselines" / "ci.json"
    path.write_text(path.read_text(encoding="utf-8")[:-200], encoding="utf-8")

    found = check(command)

    assert found.code == 2
    assert found.err.startswith(f"error: {path}:")
    assert found.err.count("\n") == 1


def test_baselines_are_listed_and_shown(saved, command):
    assert "100" in command("baseline", "show").out
    shown = command("baseline", "show", "ci")
    assert "few_shot(k=2) | acme/m | lines" in shown.out
    assert command("baseline", "show", "ci", "--json").json["arms"][0]["figures"] == {"accuracy": 1.0}
    assert "unknown baseline 'c'. Did you mean 'ci'?" in command("baseline", "show", "c").err


def test_another_file_may_be_the_baseline(saved, command, tmp_path):
    file = tmp_path / "elsewhere.json"
    command("baseline", "save", "ci", "-o", str(file))
    (tmp_path / "reports" / "baselines" / "ci.json").unlink()

    assert check(command, "--baseline", str(file)).code == 0


def test_formats_go_where_they_are_wanted(saved, command, tmp_path):
    found = check(command, "--format", f"junit={tmp_path}/r.xml", "--format", f"json={tmp_path}/r.json")

    assert "PASS: 1 gate passed." in found.out
    assert Path(tmp_path / "r.xml").read_text(encoding="utf-8").startswith("<?xml")
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["exit_code"] == 0


def test_an_inconclusive_arm_is_asked_for_more_samples_until_it_is_settled(saved, command, server, tmp_path):
    write(tmp_path, few_shot(SWAPPED))
    sent = len(server.requests)

    found = check(command, "--limit", "4", "--up-to", "90", "--json")

    [result] = found.json["results"]
    assert found.code == 1
    assert result["n"] == 14
    assert "Anytime-valid: looked at " in result["reason"]
    assert len(server.requests) - sent == 14


def test_samples_that_the_baseline_has_not_are_not_asked_for(command, server):
    command("run", "ci", "--no-progress", "--limit", "40")
    command("baseline", "save", "ci")

    [result] = check(command, "--limit", "10", "--up-to", "90", "--json").json["results"]

    assert result["n"] == 40
    assert result["verdict"] == "INCONCLUSIVE"


def test_when_samples_are_used_up_repeats_are_doubled(saved, command, server):
    sent = len(server.requests)

    found = check(command, "--limit", "20", "--up-to", "30", "--repeats-to", "4", "--json")

    [result] = found.json["results"]
    assert (found.code, result["n"]) == (3, 30)
    assert "looked at 4 times" in result["reason"]
    assert len(server.requests) - sent == 30 * 3
    assert "not done" not in command("show", "ci").out


def test_the_budget_is_the_hard_cap_of_all_looks(saved, command, server, tmp_path):
    write(tmp_path, {"runners/ci.yaml": SWEEP | {"gates": GATES, "budget": {"requests": 50}}})
    sent = len(server.requests)

    found = check(command, "--limit", "10", "--up-to", "90", "--fresh")

    assert found.code == 4
    assert "the budget of 50 requests is reached" in found.err
    assert len(server.requests) - sent == 50


def test_validate_finds_a_wrong_gate_and_is_content_with_a_right_one(command, server, tmp_path):
    assert command("validate", "ci").code == 0
    write(tmp_path, {"runners/ci.yaml": SWEEP | {"gates": [GATES[0] | {"arm": "few_shoot"}]}})

    found = command("validate", "ci")

    assert found.code == 2
    assert "unknown arm 'few_shoot'. " in found.err
    assert found.err.count("error: ") == 1


def test_a_grown_check_is_resumed_where_it_stopped(saved, command, server):
    seen: list[str] = []

    def fails_late(request):
        seen.append(request["messages"][-1]["content"])
        return error(500, "no") if len(seen) > 25 else by_example(request)

    server.behaviour = fails_late
    words = ("--limit", "10", "--up-to", "60", "--fresh")
    failed = check(command, *words)
    server.behaviour, sent = by_example, len(server.requests)
    [resume] = [line for line in failed.err.splitlines() if line.startswith("resume:")]
    resumed = command(*shlex.split(resume.removeprefix("resume: promptsweep ")), "--no-progress", "--json")

    assert failed.code == 4
    assert resumed.code == 3
    assert {one["n"] for one in resumed.json["results"]} == {60}
    assert len(server.requests) - sent < 2 * 60 - 20
    assert check(command, "--run", "latest", "--json").json["results"] == resumed.json["results"]
