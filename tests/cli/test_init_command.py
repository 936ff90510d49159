"""`init` and `doctor`: the first two commands of a new user."""

from __future__ import annotations

from workspaces import write


def test_init_makes_a_workspace_that_is_valid_and_planned(command, tmp_path):
    made = command("init", str(tmp_path / "mine"))

    assert made.code == 0
    assert "promptsweep run first" in made.out
    mine = {"PROMPTSWEEP_WORKSPACE": str(tmp_path / "mine")}
    assert command("validate", env=mine).out.splitlines() == [
        "ok: dataset feedback: classification, test 12, train 4",
        "ok: sweep first: 4 arms, 48 records",
    ]
    assert command("plan", "first", "--json", env=mine).json["warnings"] == []
    assert "\nreports/*.db\n" in (tmp_path / "mine" / ".gitignore").read_text()


def test_the_four_folders_say_what_they_are_for(command, tmp_path):
    command("init", str(tmp_path))

    for folder in ("prompts", "datasets", "runners", "reports"):
        assert (tmp_path / folder / "README.md").read_text(encoding="utf-8").startswith(f"# {folder}/\n")


def test_init_overwrites_nothing_and_lists_what_exists(command, tmp_path):
    write(tmp_path, {"runners/first.yaml": "mine", ".gitignore": "mine"})

    refused = command("init", str(tmp_path))

    assert (refused.code, refused.out) == (2, "")
    assert "nothing was written" in refused.err
    assert str(tmp_path / "runners" / "first.yaml") in refused.err
    assert not (tmp_path / "reports").exists()


def test_init_leaves_a_gitignore_alone(command, tmp_path):
    write(tmp_path, {".gitignore": "mine"})

    assert command("init", str(tmp_path)).code == 0
    assert (tmp_path / ".gitignore").read_text() == "mine"


def test_doctor_says_which_keys_are_set_and_shows_none(command, server, tmp_path):
    write(tmp_path, {".env": "GROQ_API_KEY=gsk-secret\n"})

    found = command("doctor", env={"OPENAI_API_KEY": "sk-secret"})

    assert found.code == 0
    assert "OPENAI_API_KEY is set" in found.out
    assert "GROQ_API_KEY is set" in found.out
    assert "ANTHROPIC_API_KEY is not set" in found.out
    assert "secret" not in found.out + found.err


def test_doctor_names_the_command_for_what_is_not_installed(command, server):
    lines = command("doctor").out.splitlines()

    extras = [line.split()[0] for line in lines[lines.index("extras") + 1 : lines.index("", 2)]]
    assert {"local", "dashboard", "parquet", "hf"} <= set(extras)
    assert all("pip install 'promptsweep[" in line for line in lines if "not installed" in line)


def test_doctor_survives_a_broken_workspace(command, server, tmp_path):
    write(tmp_path, {"runners/models.yaml": "endpoints: [\n", "reports/promptsweep.db": "no database" * 100})

    found = command("doctor")

    assert found.code == 0
    assert "cannot be used as a store" in found.out
    assert "bad YAML" in found.out
