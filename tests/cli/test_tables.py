"""Tables at the widths of real terminals."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from promptsweep.cli.output import excerpt
from promptsweep.cli.views.tables import Column, fits, fitting
from promptsweep.words import visible
from workspaces import write

KEYS = [Column("strategy", ["zero_shot", "few_shot(k=4, select=nearest, order=3)"], wraps=True)]


def lines_of(tables, width):
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(*tables)
    return captured.get().splitlines()


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("count", [1, 4, 9])
def test_no_figure_is_ever_cut_or_wrapped(width, count):
    columns = [Column(f"metric_{place}", ["0.83 [0.68, 0.92]"] * 2) for place in range(count)]

    lines = lines_of(fitting(width, KEYS, columns), width)

    assert max(map(cell_len, lines)) <= width
    assert sum(line.count("0.83 [0.68, 0.92]") for line in lines) == 2 * count


def test_what_fits_is_one_table():
    columns = [Column(f"metric_{place}", ["0.83 [0.68, 0.92]"] * 2) for place in range(4)]

    assert len(fitting(120, KEYS, columns)) == 1
    assert len(fitting(80, KEYS, columns)) == 2
    assert fits(120, [*KEYS, *columns])


def test_korean_text_is_aligned():
    lines = lines_of(fitting(80, [Column("값", ["긍정", "x"])], [Column("n", ["1", "22"], "right")]), 80)

    assert len({cell_len(line) for line in lines}) == 1


def test_the_leaderboard_keeps_the_essential_beside_the_first_metric_at_80_columns(ran, command, tmp_path):
    write(
        tmp_path,
        {
            "runners/many.yaml": {
                "datasets": "mood",
                "models": ["acme/m", "acme/another-model"],
                "strategies": ["zero_shot", {"few_shot": {"k": 2, "select": ["first", "random"]}}],
                "metrics": ["accuracy", "macro_f1", "mcc", "kappa", "token_f1"],
            }
        },
    )

    narrow = command("run", "many", "--no-progress", env={"COLUMNS": "80"}).out
    wide = command("show", env={"COLUMNS": "200"}).out

    header = next(line for line in narrow.splitlines() if line.startswith("strategy"))
    assert re.match(r"strategy +model +accuracy +scored", header)
    table = narrow[: narrow.index("In brackets")]
    assert max(map(cell_len, table.splitlines())) <= 80
    assert len([line for line in wide.splitlines() if line.startswith("strategy")]) == 1


def test_text_is_shown_on_one_line_without_control_characters():
    assert excerpt("a\n  b\tc", 10) == "a b c"
    assert excerpt("abcdefghijk", 10) == "abcdefghi…"
    assert visible("a\x1b[31m\r\n\tb\u202ec") == "a\\x1b[31m\\x0d\n\tb\\u202ec"
