"""`compare`: arms of a run, and runs."""

from __future__ import annotations

from workspaces import write


def test_arms_are_compared_with_the_first_and_flips_are_shown(ran, command):
    shown = command("compare", "latest", "--flips", "1").out

    assert "against zero_shot | acme/m | mood" in shown
    assert "+0.50 [" in shown
    assert "few_shot(k=2) | acme/m: won" in shown
    assert shown.count("target bad · baseline good · this bad") == 1


def test_the_baseline_and_the_metric_can_be_chosen(ran, command):
    [one] = command("compare", "latest", "--arm", "few_shot", "--metric", "accuracy", "--json").json

    assert (one["a"], one["metric"], one["difference"]) == ("few_shot(k=2) | acme/m | mood", "accuracy", -0.5)


def test_two_runs_are_compared_by_arms_of_the_same_name(ran, command, server):
    first = command("list", "--json").json[0]["run"]
    server.behaviour = lambda request: "bad"
    command("run", "mood", "--fresh")

    shown = command("compare", first, "latest").out

    assert "mood, second run against first" in shown
    assert "few_shot(k=2) | acme/m" in shown
    assert "-0.50 [" in shown


def test_nothing_in_common_is_exit_code_3(command, server, tmp_path):
    write(
        tmp_path, {"runners/alone.yaml": {"datasets": "mood", "models": "acme/m", "strategies": "zero_shot"}}
    )
    command("run", "alone")

    compared = command("compare", "alone")

    assert (compared.code, compared.out) == (3, "")
    assert "no two arms" in compared.err
