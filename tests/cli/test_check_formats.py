"""Where a check goes: stdout, files, and what GitHub reads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer

from made_checks import check, flip, regressed
from promptsweep.cli.views.check_formats import Output, outputs, write_outputs
from promptsweep.errors import ConfigError
from workspaces import write

SWEEP = {"datasets": "mood", "models": "acme/m", "strategies": ["zero_shot", {"few_shot": {"k": 2}}]}


def written(*formats, output=None, sweep=None, made=None):
    wanted = outputs(formats, output, json=False)
    text, json = lambda: typer.echo("the table"), lambda: '{"sweep": "ci"}\n'
    write_outputs(made or check(regressed()), wanted, 10, text=text, json=json, sweep=sweep)


@pytest.mark.parametrize(
    ("formats", "output", "json", "expected"),
    [
        ([], None, False, [Output("text")]),
        ([], None, True, [Output("json")]),
        (["md"], None, False, [Output("md")]),
        (["junit"], Path("r.xml"), False, [Output("text"), Output("junit", Path("r.xml"))]),
        (["junit=a=b.xml"], None, False, [Output("text"), Output("junit", Path("a=b.xml"))]),
        (["github", "junit=r.xml"], None, False, [Output("github"), Output("junit", Path("r.xml"))]),
        (["junit=r.xml", "md"], Path("m.md"), True, None),
        (["md=m.md"], None, True, [Output("md", Path("m.md")), Output("json")]),
    ],
)
def test_text_goes_to_stdout_unless_something_else_does(formats, output, json, expected):
    if expected is None:
        with pytest.raises(ConfigError, match="-o FILE is for the one"):
            outputs(formats, output, json)
    else:
        assert outputs(formats, output, json) == expected


@pytest.mark.parametrize(
    ("formats", "output", "message"),
    [
        (["junitt"], None, "unknown format 'junitt'. Did you mean 'junit'?"),
        (["md", "junit"], None, "only one format can go to stdout, not md, junit: --format md=FILE"),
        (["junit="], None, "--format junit= names no file"),
        ([], Path("x"), "-o FILE is for the one --format without a file"),
        (["junit=a.xml"], Path("x"), "-o FILE is for the one --format without a file"),
        (["text=log.txt"], None, "format text is for stdout; for a file take md: --format md=log.txt"),
        (["github"], Path("log"), "format github is for stdout"),
    ],
)
def test_a_mistake_is_one_line(formats, output, message):
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}"):
        outputs(formats, output, json=False)


def test_files_are_made_with_their_folders_and_the_log_still_has_the_table(tmp_path, capsys):
    written(f"junit={tmp_path}/a/r.xml", f"md={tmp_path}/m.md", f"json={tmp_path}/c.json")

    printed = capsys.readouterr()
    assert printed.out == "the table\n"
    assert printed.err.splitlines() == [f"wrote {tmp_path}/{name}" for name in ("a/r.xml", "m.md", "c.json")]
    assert (tmp_path / "a" / "r.xml").read_text(encoding="utf-8").startswith("<?xml")
    assert (tmp_path / "m.md").read_text(encoding="utf-8").startswith("## ❌ REGRESSED: ci")
    assert (tmp_path / "c.json").read_text(encoding="utf-8") == '{"sweep": "ci"}\n'


def test_one_format_alone_on_stdout(capsys):
    written("junit")

    assert capsys.readouterr().out.startswith("<?xml")


def test_github_gets_annotations_and_a_summary_after_those_of_other_steps(tmp_path, capsys, monkeypatch):
    summary = tmp_path / "summary.md"
    summary.write_text("# before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))

    written("github", sweep=tmp_path / "runners" / "ci.yaml")

    lines = capsys.readouterr().out.splitlines()
    word = lines[0].removeprefix("::stop-commands::")
    assert len(word) == 32
    assert lines[1:3] == ["the table", f"::{word}::"]
    assert lines[3].startswith("::error title=promptsweep ci%3A REGRESSED,file=runners/ci.yaml,line=1::")
    assert summary.read_text(encoding="utf-8").startswith("# before\n## ❌ REGRESSED: ci")


def test_github_elsewhere_only_prints(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "other"))

    written("github", sweep=tmp_path / "runners" / "ci.yaml")

    assert "file=" not in capsys.readouterr().out


def test_the_word_that_ends_the_silence_is_another_each_time(capsys, monkeypatch):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    for _ in range(2):
        written("github", made=check(regressed(broken=[flip(now="::add-mask::a")])))

    words = re.findall(r"::stop-commands::(\w+)", capsys.readouterr().out)
    assert len(set(words)) == 2


def test_a_file_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "taken").write_text("", encoding="utf-8")

    with pytest.raises(ConfigError, match="cannot be written"):
        written(f"md={tmp_path}/taken/m.md")


def test_the_command_writes_each_format_and_keeps_its_exit_code(command, server, tmp_path):
    gates = [
        {"metric": "accuracy", "min": 0.4, "by": "estimate"},
        {"metric": "accuracy", "max": 0.9, "by": "estimate"},
    ]
    write(tmp_path, {"runners/mood.yaml": {**SWEEP, "gates": gates}})
    files = [
        "--format",
        f"junit={tmp_path}/j.xml",
        "--format",
        f"md={tmp_path}/m.md",
        "--format",
        f"json={tmp_path}/c.json",
    ]

    done = command(
        "check", "mood", *files, "--format", "github", env={"GITHUB_STEP_SUMMARY": f"{tmp_path}/sum.md"}
    )

    assert done.code == 1
    assert "::error title=promptsweep mood%3A REGRESSED" in done.out
    assert "few_shot(k=2) | acme/m | mood × accuracy × ≤ 0.9" in done.out
    root = ElementTree.parse(tmp_path / "j.xml").getroot()
    assert {name: root.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "skipped": "0",
    }
    assert json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))["verdict"] == "REGRESSED"
    assert (tmp_path / "m.md").read_text(encoding="utf-8") == (tmp_path / "sum.md").read_text(
        encoding="utf-8"
    )


def test_a_wrong_format_is_found_before_anything_is_sent(command, server, tmp_path):
    write(tmp_path, {"runners/mood.yaml": {**SWEEP, "gates": [{"metric": "accuracy", "min": 0.4}]}})

    done = command("check", "mood", "--format", "xml")

    assert (done.code, done.out) == (2, "")
    assert "unknown format 'xml'" in done.err
    assert server.requests == []
