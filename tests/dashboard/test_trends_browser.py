"""Trends in a real browser: a click on a point tells what was edited before its run."""

from __future__ import annotations

import re

import history
import pytest
from browsing import heading
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def ids(tmp_path_factory):
    """Made before the browser starts, as nothing runs an event loop beside it."""
    root = tmp_path_factory.mktemp("trends")
    return root, history.make(root)


@pytest.fixture
def followed(ids, tools, browser):
    """The page of the sweep `daily`, and the ids of its runs."""
    root, runs = ids
    with tools["served"](root / "reports" / "promptsweep.db") as address:
        page = browser.new_page(viewport={"width": 1400, "height": 1000}, base_url=address)
        page.goto("/trends?run=daily")
        yield page, runs
        page.close()


def test_a_click_on_a_point_chooses_its_run_and_the_link_keeps_it(followed):
    page, runs = followed
    heading(page, "Trends")
    chart = page.get_by_test_id("stVegaLiteChart")
    expect(chart.get_by_text("≥ 0.6")).to_be_visible()
    points = chart.locator("[aria-roledescription=point]")
    expect(points).to_have_count(5)  # a ring, and three runs of one arm and one of the other
    expect(page.get_by_text("1 row of mood changed: s-3")).to_be_visible()

    points.nth(1).click(force=True)  # the oldest, of the arm that all have

    expect(page).to_have_url(re.compile(f"at={runs[0]}"))
    expect(page.get_by_text("It is the first run")).to_be_visible()
    page.reload()
    expect(page.get_by_text("It is the first run")).to_be_visible()
