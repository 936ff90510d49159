"""`compare`: arms of a run, and runs."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from workspaces import MOOD_TEST, rows, write

HEADERS = (
    *("arm", "accuracy difference", "p", "verdict", "samples"),
    *("lost", "won", "correlation", "detects", "to settle"),
)


@pytest.fixture
def spoken(server, command, tmp_path):
    """The sweep `mood` over rows that have a language, run."""
    languages = ["한국어", "영어"] * 3
    given = [row | {"언어": language} for row, language in zip(rows(MOOD_TEST), languages, strict=True)]
    write(tmp_path, {"datasets/mood.test.jsonl": given})
    return command("run", "mood")


def test_arms_are_compared_with_the_first_and_flips_are_shown(ran, command):
    shown = command("compare", "latest", "--flips", "1").out

    assert "against zero_shot | acme/m | mood" in shown
    assert "+0.50 [" in shown
    assert "few_shot(k=2) | acme/m: won, 1 of 3" in shown
    assert shown.count("target bad · baseline good · this bad") == 1


@pytest.mark.parametrize("width", [80, 100, 160])
def test_every_figure_is_shown_at_the_width_of_real_terminals(ran, command, width):
    shown = command("compare", "latest", env={"COLUMNS": str(width)}).out

    tables = shown[: shown.index("Best of")].splitlines()
    headers = " ".join(line for line in tables if line.startswith("arm "))
    assert all(header in headers for header in HEADERS)
    assert max(map(cell_len, tables)) <= width


def test_the_best_arm_is_shown_with_its_corrected_score(ran, command):
    shown = command("compare", "latest").out

    assert "Best of 2 over mood by accuracy: few_shot(k=2) | acme/m" in shown
    assert "Observed 1.000 on the 6 samples that all arms share; " in shown
    assert "corrected for having been picked." in shown


def test_the_baseline_and_the_metric_can_be_chosen(ran, command):
    [one] = command("compare", "latest", "--arm", "few_shot", "--metric", "accuracy", "--json").json[
        "comparisons"
    ]

    assert (one["a"], one["metric"], one["difference"]) == ("few_shot(k=2) | acme/m | mood", "accuracy", -0.5)


def test_a_metric_over_all_answers_can_be_compared(ran, command):
    shown = command("compare", "latest", "--metric", "macro_f1").out

    assert "macro_f1 difference" in shown
    assert "Method: approximate randomisation test, percentile and Student bootstrap interval." in shown
    assert not any(word in shown for word in ("lost", "won", "Best of"))


def test_slices_of_a_field_are_tables_with_small_ones_marked(spoken, command):
    shown = command("compare", "latest", "--slice", "언어").out

    assert "few_shot(k=2) | acme/m against zero_shot | acme/m | mood, by 언어" in shown
    assert [line.split()[:2] for line in shown.splitlines() if line.startswith(("한국어 ", "영어 "))] == [
        ["영어", "3*"],
        ["한국어", "3*"],
    ]
    assert "* fewer than 20 independent samples: these figures say little." in shown


def test_a_slice_that_does_not_exist_names_the_nearest(spoken, command):
    compared = command("compare", "latest", "--slice", "언러")

    assert (compared.code, compared.out) == (2, "")
    assert "unknown slice '언러'" in compared.err
    assert "Known: label, length, 언어" in compared.err


def test_cost_shows_points_the_pareto_set_and_the_best_for_no_more(ran, command):
    shown = command("compare", "latest", "--cost", env={"COLUMNS": "200"}).out

    start = shown.index("mood: what a score costs")
    lines = [line.split() for line in shown[start:].splitlines() if "acme/m" in line]
    header = next(line for line in shown[start:].splitlines() if line.startswith("arm "))
    assert all(word in header for word in ("points/$", "points/1k tokens", "Pareto", "best for no more"))
    assert [line[0] for line in lines] == ["few_shot(k=2)", "zero_shot"]
    assert ["yes" in line for line in lines] == [True, False]
    assert ["zero_shot" in lines[0], "few_shot(k=2)" in lines[1]] == [True, True]


def test_without_prices_cost_is_counted_in_tokens(command, server, tmp_path):
    endpoint = {"base_url": server.base_url, "retries": {"attempts": 1}}
    write(tmp_path, {"runners/models.yaml": {"endpoints": {"acme": endpoint}}})
    command("run", "mood", "--fresh")

    shown = command("compare", "latest", "--cost").out

    assert "A price is unknown, so cost is counted in tokens." in shown


def test_all_samples_that_differ_go_to_a_file(ran, command, tmp_path):
    compared = command("compare", "latest", "--flips-out", str(tmp_path / "flips.json"))

    found = json.loads((tmp_path / "flips.json").read_text(encoding="utf-8"))
    assert "wrote 3 samples that differ" in compared.err
    assert [(row["change"], row["answer_a"], row["answer_b"]) for row in found] == [
        ("won", "good", "bad")
    ] * 3


@pytest.mark.parametrize(
    ("form", "start"), [("md", "## Against zero_shot"), ("csv", "a,b,dataset,metric,"), ("json", "{")]
)
def test_other_forms_are_printed_alone(ran, command, form, start):
    assert command("compare", "latest", "--format", form).out.startswith(start)


def test_two_forms_at_once_are_refused(ran, command):
    compared = command("compare", "latest", "--format", "md", "--json")

    assert (compared.code, compared.out) == (2, "")
    assert "--json and --format md are two forms" in compared.err


def test_two_runs_are_compared_by_arms_of_the_same_name(ran, command, server):
    first = command("list", "--json").json[0]["run"]
    server.behaviour = lambda request: "bad"
    command("run", "mood", "--fresh")

    shown = command("compare", first, "latest").out

    assert "mood, second run against first" in shown
    assert "few_shot(k=2) | acme/m" in shown
    assert "-0.50 [" in shown
    assert "Best of" not in shown


def test_all_arms_of_a_second_run_can_be_compared_with_one_of_the_first(ran, command, server):
    first = command("list", "--json").json[0]["run"]
    command("run", "mood", "--limit", "4")

    shown = command("compare", first, "latest", "--arm", "zero_shot").out

    assert "second run against zero_shot | acme/m | mood of the first" in shown
    assert "few_shot(k=2) | acme/m: 4 samples of 6 and 4 are scored in both." in shown


def test_nothing_in_common_is_exit_code_3(command, server, tmp_path):
    write(
        tmp_path, {"runners/alone.yaml": {"datasets": "mood", "models": "acme/m", "strategies": "zero_shot"}}
    )
    command("run", "alone")

    compared = command("compare", "alone")

    assert (compared.code, compared.out) == (3, "")
    assert "no two arms" in compared.err
