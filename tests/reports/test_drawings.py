"""The charts of a report: what is drawn, what is said of it, and the files that hold it."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import pytest

from promptsweep.errors import ConfigError
from promptsweep.reports.chart_files import write_charts
from promptsweep.reports.document import document
from promptsweep.reports.drawings import drawings, shown_names
from promptsweep.reports.efficiency import worth


def drawn(house, run="plain"):
    [lines, *_] = document(house.store, run).chapters
    costs = {one.dataset: one for one in worth(house.store, run)}
    return lines, drawings(lines, costs.get("lines"))


def test_scores_differences_and_costs_are_drawn_and_said(house):
    _, found = drawn(house)

    scores, differences, cost = found
    assert scores.alt.startswith("accuracy with 95 % intervals of 2 arms: few_shot(k=2) 0.97 [0.83, 1.00]; ")
    assert differences.title == "lines: accuracy difference from zero_shot"
    assert "few_shot(k=2) +0.48 [+0.26, +0.65], better" in differences.alt
    assert cost.title == "lines: accuracy against US dollars for 1,000 answers"
    assert "few_shot(k=2) 0.966 for $1.00" in cost.alt


def test_one_arm_has_scores_only(own_house):
    own_house.run("alone", datasets="lines", strategies="zero_shot")

    _, found = drawn(own_house, "alone")

    assert [one.name for one in found] == ["scores"]


def test_a_score_that_is_not_a_number_is_not_drawn(house):
    lines, _ = drawn(house)
    unknown = replace(lines.arms[0].metrics["accuracy"], value=math.nan)
    arms = [replace(lines.arms[0], metrics={"accuracy": unknown}), lines.arms[1]]

    scores = drawings(replace(lines, arms=arms), None)[0]

    assert "zero_shot" not in scores.alt


def test_names_that_are_cut_alike_stay_apart(house):
    lines, _ = drawn(house)
    long = [replace(one, arm=f"{'x' * 90}{place} | m | lines") for place, one in enumerate(lines.arms)]

    assert len(set(shown_names(replace(lines, arms=long)).values())) == 2


def test_charts_are_written_as_png_and_svg_whose_text_is_text(house, tmp_path):
    paths = write_charts(house.store, "plain", tmp_path / "charts")

    names = ["scores", "differences", "cost"]
    assert [path.name for path in paths[:6]] == [
        f"1-lines-{name}.{form}" for name in names for form in ("png", "svg")
    ]
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    assert ">few_shot(k=2)</text>" in paths[1].read_text(encoding="utf-8")


def test_hangul_is_drawn_as_it_is_and_a_files_name_takes_what_files_take(own_house, tmp_path):
    folder = own_house.workspace.root / "datasets"
    for end in ("yaml", "train.jsonl", "test.jsonl"):
        folder.joinpath(f"한글 자료.{end}").write_text(folder.joinpath(f"lines.{end}").read_text())
    own_house.run("korean", datasets="한글 자료", strategies="zero_shot", metrics=["accuracy"])

    png, svg = write_charts(own_house.store, "korean", tmp_path)

    assert png.name == "1-한글-자료-scores.png"
    assert "한글 자료: accuracy" in svg.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_one_line(house, tmp_path):
    tmp_path.joinpath("file").write_text("")

    with pytest.raises(ConfigError, match="cannot be written"):
        write_charts(house.store, "plain", tmp_path / "file")


@pytest.mark.parametrize("package", ["altair", "vl_convert"])
def test_without_the_extra_the_command_that_installs_it_is_named(package, house):
    code = f"import sys; sys.modules[{package!r}] = None\nfrom promptsweep.cli import main\nmain()"
    words = ["report", "plain", "--format", "html", "--workspace", str(house.workspace.root)]
    ended = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "pip install 'promptsweep[report]'" in ended.stderr
    assert ended.stderr.count("\n") == 1
