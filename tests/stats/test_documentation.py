"""The figures in docs/statistics.md are what the code gives."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

import promptsweep.stats
from promptsweep.stats import mcnemar, minimum_detectable_binary, proportion_interval, quantile_ranks, wilson

PAGE = Path(__file__).parents[2] / "docs" / "statistics.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([\d,]+) \| ([.\d| ]+) \|$", TEXT, re.MULTILINE)


def test_every_example_prints_what_the_page_shows():
    examples = "\n".join(re.findall(r"^```pycon\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL))
    parsed = doctest.DocTestParser().get_doctest(examples, {}, PAGE.name, str(PAGE), 0)

    result = doctest.DocTestRunner(verbose=False).run(parsed)

    assert result.attempted > 30
    assert result.failed == 0


@pytest.mark.parametrize(("samples", "cells"), ROWS)
def test_the_table_of_coverages_is_exact(samples, cells):
    n = int(samples.replace(",", ""))
    found = [proportion_interval(right, n) for right in range(n + 1)]

    def coverage(p):
        holds = [one.low <= p + 1e-12 and p - 1e-12 <= one.high for one in found]
        return float(binom.pmf(np.arange(n + 1), n, p)[holds].sum())

    over = [coverage(percent / 100) for percent in range(1, 100)]
    expected = [*(coverage(p) for p in (0.5, 0.9, 0.99)), float(np.mean(over)), min(over)]
    # Half up, as a reader would: .9245 is .925.
    assert [float(cell) for cell in cells.split("|")] == pytest.approx(expected, abs=6e-4)


def test_the_table_has_its_three_rows():
    assert [row[0] for row in ROWS] == ["20", "100", "1,000"]


def test_figures_in_the_text_are_true():
    assert 0.5 < wilson(5, 5).low < 0.6  # "fits a prompt that fails two times in five"
    assert mcnemar(0, 5) > 0.05 > mcnemar(0, 6)  # "with five or fewer disagreements nothing can reach 0.05"
    assert quantile_ranks(71, 0.95)[1] is None
    assert quantile_ranks(72, 0.95)[1] == 72
    assert minimum_detectable_binary(100, 0.2) == pytest.approx(0.12, abs=0.005)


def test_every_public_name_has_a_docstring():
    for name in promptsweep.stats.__all__:
        assert getattr(promptsweep.stats, name).__doc__
