"""`report`: where it goes, and in which form."""

from __future__ import annotations

import pytest


def test_markdown_is_printed(ran, command):
    found = command("report")

    assert found.code == 0
    assert found.out.startswith("# mood\n")
    assert found.err == ""


def test_html_is_written_as_one_file(ran, command, tmp_path):
    path = tmp_path / "made" / "report.html"

    found = command("report", "mood", "--format", "html", "-o", str(path))

    assert (found.code, found.out, found.err) == (0, "", f"wrote {path}\n")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>\n")


def test_charts_are_written_beside_the_report(ran, command, tmp_path):
    found = command("report", "--charts", str(tmp_path / "charts"))

    assert found.out.startswith("# mood\n")
    names = sorted(path.name for path in (tmp_path / "charts").iterdir())
    assert names[:2] == ["1-mood-cost.png", "1-mood-cost.svg"]
    assert found.err.count("wrote ") == len(names) == 6


def test_the_page_and_its_charts_speak_the_language_that_is_asked_for(ran, command, tmp_path):
    words = ("report", "-f", "html", "-o", str(tmp_path / "report.html"), "--charts", str(tmp_path))

    assert command(*words, "--language", "ko").code == 0

    assert '<html lang="ko">' in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "답 1,000개의 비용(미국 달러)" in (tmp_path / "1-mood-cost.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-f", "html", "--language", "korean"), "unknown language 'korean'. Known: en, ko"),
        (("--language", "ko"), "a report in Markdown is in English"),
    ],
)
def test_a_language_that_cannot_be_had_is_one_line(ran, command, words, said):
    found = command("report", *words)

    assert (found.code, found.out, found.err.count("\n")) == (2, "", 1)
    assert said in found.err


def test_a_file_that_cannot_be_written_is_one_line(ran, command, tmp_path):
    found = command("report", "-f", "html", "-o", str(tmp_path / "runners" / "mood.yaml" / "x.html"))

    assert (found.code, found.err.count("\n")) == (2, 1)
    assert "cannot be written" in found.err
