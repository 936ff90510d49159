"""A check as GitHub workflow commands, read back as the runner reads them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from made_checks import ARM, HOSTILE, check, flip, passed, regressed, unclear
from promptsweep.reports.annotations import command, workflow_commands

COMMAND = re.compile(r"^::(?P<kind>[a-z]+) (?P<properties>[^:]*)::(?P<message>.*)$")


def read(line):
    """What the runner makes of a line: it undoes the escapes, `%25` last."""
    found = COMMAND.match(line)
    assert found, line
    pairs = (pair.partition("=") for pair in found["properties"].split(","))
    return found["kind"], {name: undone(value) for name, _, value in pairs}, undone(found["message"])


def undone(text):
    for code, mark in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, mark)
    return text


def test_a_regression_is_an_error_and_too_few_samples_a_warning():
    lines = workflow_commands(
        check(passed(), unclear(), regressed(), changes={ARM: ("template answer.j2",)})
    ).splitlines()

    assert read(lines[0]) == (
        "error",
        {"title": "promptsweep ci: REGRESSED"},
        "1 of 3 gates failed, 1 is inconclusive",
    )
    kind, properties, message = read(lines[1])
    assert (kind, properties) == (
        "error",
        {"title": f"REGRESSED: {ARM} × accuracy × no regression beyond 0.02"},
    )
    assert message.splitlines() == [
        "Accuracy fell by 0.20, more than the margin of 0.02.",
        "Broken: s-1",
        "Changed: template answer.j2",
    ]
    assert read(lines[2])[0] == "warning"
    assert len(lines) == 3


def test_what_passed_is_one_notice():
    assert [read(line) for line in workflow_commands(check(passed(), passed("b"))).splitlines()] == [
        ("notice", {"title": "promptsweep ci: PASS"}, "2 gates passed")
    ]


def test_an_incomplete_run_is_an_error_that_says_why():
    [line] = workflow_commands(check(passed(), incomplete="quota: 100 % used")).splitlines()

    expected = "1 gate passed; the run is incomplete: quota: 100 % used"
    assert read(line) == ("error", {"title": "promptsweep ci: INCOMPLETE"}, expected)


def test_annotations_stand_in_the_sweep_file():
    line = workflow_commands(check(regressed()), "runners/a,b:c.yaml").splitlines()[0]

    assert read(line)[1] | {"title": ""} == {"title": "", "file": "runners/a,b:c.yaml", "line": "1"}


def test_no_more_than_github_shows_and_the_last_says_how_many_are_missing():
    lines = workflow_commands(check(*(regressed(f"arm {place}") for place in range(25)))).splitlines()

    assert len(lines) == 10
    assert read(lines[-1])[2] == "17 more gates: see the log or the summary"


def test_a_text_of_a_model_is_no_command_of_its_own():
    made = check(regressed(broken=[flip(HOSTILE)], reason=HOSTILE), incomplete=HOSTILE)

    lines = workflow_commands(made).splitlines()

    assert len(lines) == 2
    assert all(COMMAND.match(line) for line in lines)


@given(st.text(max_size=30), st.text(max_size=60))
def test_the_runner_reads_what_was_meant(title, message):
    line = command("error", title, message)

    assert "\n" not in line
    assert "\r" not in line
    assert undone(line.partition("title=")[2].partition("::")[0]) == title
    assert undone(line.partition("title=")[2].partition("::")[2]) == message
