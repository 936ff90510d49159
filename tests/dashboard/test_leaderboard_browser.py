"""The leaderboard in a real browser: filters in links, downloads, and charts that can be read."""

from __future__ import annotations

import csv
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import contrast, heading
from contests import contest
from playwright.sync_api import expect

ARM = ".role-axis-label text[text-anchor=end]"
"""An arm's name in a chart."""


@pytest.fixture(scope="module")
def server(tools, tmp_path_factory):
    """In place of the shared store: runs with something to win."""
    root = contest(tmp_path_factory.mktemp("contest"))
    with tools["served"](root / "reports" / "promptsweep.db") as address:
        yield address


def labels(page):
    """The arms in the first chart, from the top."""
    chart = page.get_by_test_id("stVegaLiteChart").first
    expect(chart.locator("svg").first).to_be_visible()
    return chart.locator(ARM).all_text_contents()


def choose(page, label, option):
    """Opens a select box by its label, and picks an option by its beginning."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).click()
    page.keyboard.press("Escape")


def test_filters_and_order_are_in_the_url_and_reproduce_the_view(page, browser):
    page.goto("/?run=contest")
    expect(page.get_by_text("is the best of 6 arms")).to_be_visible()

    choose(page, "Model", "m")
    expect(page.get_by_text("is the best of 3 arms")).to_be_visible()
    choose(page, "Sort by", "cost")
    expect(page).to_have_url(re.compile("sort-lines=cost"))
    expect(page.locator(ARM).first).to_have_text("zero_shot")
    seen = labels(page)

    query = parse_qs(urlsplit(page.url).query)
    assert (query["model"], query["sort-lines"]) == (["m"], ["cost"])
    again = browser.new_page(viewport={"width": 1400, "height": 900})
    again.goto(page.url)
    expect(again.get_by_text("is the best of 3 arms")).to_be_visible()
    assert labels(again) == seen
    assert [label for label in seen if label.startswith("few_shot(k=4")] == seen[2:3]
    again.close()


def test_a_download_is_a_csv_of_the_arms_that_are_shown(page, tmp_path):
    page.goto("/?run=contest&model=n")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()

    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert path.suffix == ".csv"
    assert [row["model"] for row in rows] == ["n"] * 3
    assert float(rows[0]["accuracy"]) == 1.0
    assert {"accuracy_low", "accuracy_high", "cost_usd", "p50_seconds", "param_k"} <= set(rows[0])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_can_be_read(browser, server, theme):
    page = browser.new_page(viewport={"width": 1400, "height": 900}, base_url=server, color_scheme=theme)
    page.goto("/?run=contest")
    expect(page.locator(ARM).first).to_be_visible()
    background = page.get_by_test_id("stApp").evaluate("app => getComputedStyle(app).backgroundColor")
    fill = "marks => [...new Set(marks.map(mark => getComputedStyle(mark).fill))]"

    texts = page.locator(".stVegaLiteChart text, [data-testid=stVegaLiteChart] text").evaluate_all(fill)
    dots = page.locator("[data-testid=stVegaLiteChart] .mark-symbol path").evaluate_all(fill)

    assert texts
    assert dots
    assert (contrast(background, "#000000") > 10) == (theme == "light")
    assert min(contrast(color, background) for color in texts) >= 4.5
    assert min(contrast(color, background) for color in dots) >= 3
    page.close()


def test_a_chart_says_what_it_shows_to_a_screen_reader(page):
    page.goto("/?run=contest")
    heading(page, "Leaderboard")

    expect(page.get_by_label("accuracy of each arm with its 95 % interval", exact=True)).to_be_visible()
