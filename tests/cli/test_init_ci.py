"""`init --ci`: the files that test prompts in CI, and the action."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML

from promptsweep.cli import app
from workspaces import mood, write

ROOT = Path(__file__).parents[2]
COMMANDS = typer.main.get_command(app).commands


def load(path):
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def assert_is_a_command(line):
    """`promptsweep …` names a command, and every option in it is one of its."""
    words = shlex.split(line, comments=True)
    path = words[1:]
    command = COMMANDS[path.pop(0)]
    while hasattr(command, "commands"):
        command = command.commands[path.pop(0)]
    command.make_context("promptsweep", list(path))


def commands_in(text):
    return re.findall(r"(?<![\w/-])promptsweep (?:check|run|record|baseline)\b.*", text)


def test_a_new_workspace_gets_its_workflow_too(command, tmp_path):
    made = command("init", str(tmp_path / "mine"), "--ci", "github")

    assert made.code == 0
    assert (tmp_path / "mine" / "runners" / "first.yaml").exists()
    workflow = load(tmp_path / "mine" / ".github" / "workflows" / "prompts.yml")
    assert workflow["env"] == {"SWEEP": "first", "PROMPTSWEEP_WORKSPACE": "."}
    assert "It checks the gates of runners/first.yaml." in made.out
    assert "  promptsweep record first -o reports/recordings/first.jsonl.zst" in made.out.splitlines()


def test_an_existing_workspace_gets_nothing_else(command, tmp_path):
    mood(tmp_path, **{"runners/triage.yaml": "", "runners/models.yaml": ""})
    before = set(tmp_path.rglob("*"))

    assert command("init", str(tmp_path), "--ci", "github").code == 0

    added = {path.relative_to(tmp_path).as_posix() for path in set(tmp_path.rglob("*")) - before}
    assert added == {".github", ".github/workflows", ".github/workflows/prompts.yml"}
    assert load(tmp_path / ".github" / "workflows" / "prompts.yml")["env"]["SWEEP"] == "triage"


def test_pull_requests_replay_without_secrets_and_nights_ask_anew(command, tmp_path):
    command("init", str(tmp_path), "--ci", "github")

    workflow = load(tmp_path / ".github" / "workflows" / "prompts.yml")
    triggers = workflow["on"]
    assert set(triggers) == {"pull_request", "schedule", "workflow_dispatch"}
    assert workflow["permissions"] == {"contents": "read"}
    replayed, live = workflow["jobs"]["replayed"], workflow["jobs"]["live"]
    assert replayed["if"] == "github.event_name == 'pull_request'"
    assert "secrets" not in str(replayed)
    assert "--replay" in str(replayed)
    assert live["if"] == "github.event_name != 'pull_request'"
    assert "--fresh" in str(live)
    assert "--replay" not in str(live)


def test_gitlab_replays_merge_requests_and_asks_anew_on_a_schedule(command, tmp_path):
    assert command("init", str(tmp_path), "--ci", "gitlab").code == 0

    pipeline = load(tmp_path / ".gitlab-ci.yml")
    assert pipeline[".prompts"]["artifacts"]["reports"] == {"junit": "prompts.xml"}
    replayed, live = pipeline["prompts-replayed"], pipeline["prompts-live"]
    assert "merge_request_event" in str(replayed["rules"])
    assert "--replay" in str(replayed["script"])
    assert "schedule" in str(live["rules"])
    assert "--fresh" in str(live["script"])


def test_a_pipeline_that_is_there_stays_and_can_include_ours(command, tmp_path):
    write(tmp_path, {".gitlab-ci.yml": "mine"})

    made = command("init", str(tmp_path), "--ci", "gitlab", "--sweep", "quiz")
    assert made.code == 2
    assert "unknown sweep 'quiz'" in made.err

    write(tmp_path, {"runners/quiz.yaml": ""})
    made = command("init", str(tmp_path), "--ci", "gitlab", "--sweep", "quiz")

    assert made.code == 0
    assert "include: [{local: .gitlab/prompts.yml}]" in made.out
    assert (tmp_path / ".gitlab-ci.yml").read_text(encoding="utf-8") == "mine"
    assert load(tmp_path / ".gitlab" / "prompts.yml")["variables"]["SWEEP"] == "quiz"


@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_every_command_in_the_files_exists(host, command, tmp_path):
    command("init", str(tmp_path), "--ci", host)
    [path] = tmp_path.rglob("*.yml")
    text = path.read_text(encoding="utf-8")

    runs = commands_in(str(load(path)).replace("\\n", "\n").replace("'", "\n"))
    assert len(runs) == 2
    comments = [line for line in commands_in(text) if "$" not in line]
    assert [shlex.split(line)[1] for line in comments] == ["run", "baseline", "record"]
    for line in [*runs, *comments]:
        assert_is_a_command(line)


def test_a_workspace_within_a_repository(command, tmp_path):
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "llm" / "평가"
    mood(folder, **{"runners/triage.yaml": ""})

    made = command("init", str(folder), "--ci", "github")

    assert made.code == 0
    workflow = load(tmp_path / ".github" / "workflows" / "prompts.yml")
    assert workflow["env"]["PROMPTSWEEP_WORKSPACE"] == "llm/평가"
    assert "-o llm/평가/reports/recordings/triage.jsonl.zst" in made.out.replace("'", "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--ci", "gihub"], "unknown CI host 'gihub'. Did you mean 'github'?"),
        (["--ci", "github"], "which sweep is to be checked? --sweep NAME, of: one, two"),
        (["--ci", "github", "--sweep", "on"], "unknown sweep 'on'"),
        (["--ci", "github", "--sweep", "a b"], "unknown sweep 'a b'"),
        (["--sweep", "one"], "--sweep says what CI is to check: it needs --ci"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(words, message, command, tmp_path):
    mood(tmp_path, **{"runners/one.yaml": "", "runners/two.yaml": ""})
    before = set(tmp_path.rglob("*"))

    made = command("init", str(tmp_path), *words)

    assert (made.code, made.out) == (2, "")
    assert message in made.err
    assert set(tmp_path.rglob("*")) == before


def test_a_name_that_a_shell_would_read_is_refused(command, tmp_path):
    mood(tmp_path, **{"runners/$(id).yaml": ""})

    made = command("init", str(tmp_path), "--ci", "github")

    assert made.code == 2
    assert "needs a name of letters" in made.err


def test_a_workflow_that_is_there_stays(command, tmp_path):
    write(tmp_path, {"runners/one.yaml": "", ".github/workflows/prompts.yml": "mine"})

    made = command("init", str(tmp_path), "--ci", "github")

    assert made.code == 2
    assert "nothing was written" in made.err


def test_the_gitlab_sample_in_docs_is_what_init_writes(command, tmp_path):
    write(tmp_path, {"runners/ci.yaml": ""})
    command("init", str(tmp_path), "--ci", "gitlab")

    assert (ROOT / "docs" / "gitlab-ci.yml").read_text(encoding="utf-8") == (
        tmp_path / ".gitlab-ci.yml"
    ).read_text(encoding="utf-8")


def step():
    return load(ROOT / "action.yml")["runs"]["steps"][-1]


def test_the_action_hands_inputs_over_as_variables_and_never_as_script():
    action = load(ROOT / "action.yml")

    assert action["runs"]["using"] == "composite"
    for one in action["runs"]["steps"]:
        assert "${{" not in one.get("run", "")
        assert "uses" in one or one["shell"] == "bash"
    used = set(re.findall(r"inputs\.([\w-]+)", str(action["runs"])))
    assert used == set(action["inputs"])


@pytest.mark.parametrize(
    ("given", "code", "words", "ends"),
    [
        ({}, 0, ["check", "my ci", "--format", "github"], 0),
        ({}, 1, ["check", "my ci", "--format", "github"], 1),
        ({}, 3, ["check", "my ci", "--format", "github"], 3),
        ({"INCONCLUSIVE": "pass"}, 3, ["check", "my ci", "--format", "github"], 0),
        ({"INCONCLUSIVE": "pass"}, 1, ["check", "my ci", "--format", "github"], 1),
        (
            {"REPLAY": "r.jsonl.zst", "LIVE_MISSES": "true", "FRESH": "true", "JUNIT": "a b.xml"},
            0,
            ["check", "my ci", "--format", "github", "--replay", "r.jsonl.zst", "--live-misses", "--fresh",
             "--format", "junit=a b.xml"],
            0,
        ),
    ],
)  # fmt: skip
def test_the_action_runs_the_check_and_keeps_its_exit_code(given, code, words, ends, tmp_path):
    fake = tmp_path / "promptsweep"
    fake.write_text(f'#!/bin/bash\nprintf "%s\\n" "$@" > "{tmp_path}/words"\nexit {code}\n', encoding="utf-8")
    fake.chmod(0o755)
    defaults = dict.fromkeys(step()["env"], "") | {"SWEEP": "my ci", "INCONCLUSIVE": "fail"}
    env = {**os.environ, **defaults, **given, "GITHUB_OUTPUT": str(tmp_path / "output")}
    env["PATH"] = f"{tmp_path}:{env['PATH']}"

    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step()["run"]], env=env, check=False
    )

    assert done.returncode == ends
    assert (tmp_path / "words").read_text(encoding="utf-8").splitlines() == words
    assert (tmp_path / "output").read_text(encoding="utf-8") == f"exit-code={code}\n"
    assert_is_a_command(shlex.join(["promptsweep", *words]))
