"""The colours can be read (WCAG AA), and every way to start the dashboard uses them."""

from __future__ import annotations

import tomllib

import pytest
from browsing import contrast, mixed

from promptsweep.dashboard import ink, tables
from promptsweep.reports.charts import whiskers
from promptsweep.workspace import builtin_root

ROOT = builtin_root()
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
THEMES = ["light", "dark"]
TEXT, GRAPHICS = 4.5, 3.0
"""The least contrast of small text, and of what else must be seen (WCAG 1.4.3, 1.4.11)."""
FADED = 0.6
"""Opacity at which Streamlit draws captions and headings of tables."""


def backgrounds(theme):
    return [theme["backgroundColor"], theme["secondaryBackgroundColor"]]


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_what_the_standard_says(one, other, ratio):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize("name", THEMES)
def test_text_can_be_read_on_every_background(name):
    theme = CONFIG["theme"][name]
    for background in backgrounds(theme):
        assert contrast(theme["textColor"], background) >= TEXT
        assert contrast(mixed(theme["textColor"], background, FADED), background) >= TEXT
        assert contrast(theme["linkColor"], background) >= TEXT
        assert contrast(theme["primaryColor"], background) >= GRAPHICS
    assert contrast("#ffffff", theme["primaryColor"]) >= TEXT  # buttons, chosen filters


@pytest.mark.parametrize("name", THEMES)
def test_code_can_be_read_also_within_a_caption(name):
    theme = CONFIG["theme"][name]
    text, background = theme["codeTextColor"], theme["codeBackgroundColor"]

    assert contrast(mixed(text, background, FADED), background) >= TEXT


@pytest.mark.parametrize("name", THEMES)
def test_faded_text_can_be_read_on_a_shaded_row(name):
    theme = CONFIG["theme"][name]
    *channels, opacity = (float(part) for part in tables.SHADE.partition("(")[2].rstrip(")").split(","))
    color = "#" + "".join(f"{int(one):02x}" for one in channels)
    shaded = mixed(color, theme["backgroundColor"], opacity)

    assert contrast(mixed(theme["textColor"], shaded, FADED), shaded) >= TEXT


@pytest.mark.parametrize("name", THEMES)
def test_every_chart_colour_stands_out_and_no_two_are_the_same(name):
    theme = CONFIG["theme"][name]
    colors, background = theme["chartCategoricalColors"], theme["backgroundColor"]

    assert len(set(colors)) == len(colors) >= 6
    assert all(contrast(color, background) >= TEXT for color in colors)
    assert contrast(mixed(colors[0], background, whiskers.PALE), background) >= GRAPHICS
    band = mixed(colors[0], background, whiskers.BAND)
    assert contrast(colors[0], band) >= GRAPHICS


@pytest.mark.parametrize(("name", "written"), [("light", ink.DARK), ("dark", ink.LIGHT)])
def test_what_is_written_in_charts_can_be_read(name, written):
    theme = CONFIG["theme"][name]

    assert all(contrast(written, background) >= TEXT for background in backgrounds(theme))


def test_the_wheel_ships_the_settings_beside_the_script():
    project = ROOT / "pyproject.toml"
    if not project.is_file():
        pytest.skip("not in a checkout")
    wheel = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert wheel["force-include"]["dashboard.py"] == "promptsweep/builtin/dashboard.py"
    assert wheel["force-include"][".streamlit/config.toml"] == "promptsweep/builtin/.streamlit/config.toml"
    assert (ROOT / "dashboard.py").is_file()
