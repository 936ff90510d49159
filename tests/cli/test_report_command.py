"""`report`: where it goes, and in which form."""

from __future__ import annotations


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


def test_a_file_that_cannot_be_written_is_one_line(ran, command, tmp_path):
    found = command("report", "-f", "html", "-o", str(tmp_path / "runners" / "mood.yaml" / "x.html"))

    assert (found.code, found.err.count("\n")) == (2, 1)
    assert "cannot be written" in found.err
