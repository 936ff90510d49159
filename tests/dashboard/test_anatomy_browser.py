"""The Anatomy and Classification pages in a real browser: they are drawn, and a cell opens its samples."""

from __future__ import annotations

import re

import pytest
from browsing import heading
from playwright.sync_api import expect

from made_anatomies import furnish


@pytest.fixture(scope="session")
def anatomy_store(tmp_path_factory):
    """Made before any browser runs: a sweep needs an event loop of its own."""
    return furnish(tmp_path_factory.mktemp("anatomies")) / "reports" / "promptsweep.db"


@pytest.fixture(scope="module")
def server(anatomy_store, tools):
    with tools["served"](anatomy_store) as address:
        yield address


def chart(page, number=0):
    return page.get_by_test_id("stVegaLiteChart").nth(number)


def test_a_timeline_shows_the_calls_and_a_link_leads_to_the_trace(page):
    page.goto("/anatomy?run=skeleton")
    heading(page, "Anatomy")
    for label in ("1 · skeleton", "2 · expand · First things", "3 · expand · Last things"):
        expect(chart(page, 1).get_by_text(label, exact=True)).to_be_visible()

    page.get_by_test_id("stMain").get_by_role("link", name="Trace").click()
    heading(page, "Trace")
    expect(page).to_have_url(re.compile("sample=why-0"))


@pytest.mark.parametrize(
    ("query", "count"),
    [("run=dense", 6), ("run=votes", 3), ("run=thought", 1), ("run=shots&strategy=few_shot", 1)],
)
def test_every_strategy_has_its_pictures(page, query, count):
    page.goto(f"/anatomy?{query}")
    heading(page, "Anatomy")
    expect(page.get_by_test_id("stVegaLiteChart").locator("svg.marks, canvas")).to_have_count(count)


def test_a_cell_of_the_matrix_opens_its_samples(page):
    page.goto("/classes?run=shots")
    heading(page, "Classification")
    chart(page).get_by_text("2 · 67%", exact=True).click()

    heading(page, "Samples")
    expect(page).to_have_url(re.compile(r"target=bad&answer=good"))


def test_a_cell_is_reached_without_a_mouse(page):
    page.goto("/classes?run=shots")
    heading(page, "Classification")
    link = page.get_by_test_id("stMain").get_by_role("link", name="Samples")
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Enter")

    heading(page, "Samples")
    expect(page).to_have_url(re.compile(r"target=bad&answer=good"))


def test_both_pages_speak_korean(page):
    page.goto("/classes?run=shots&lang=ko")
    heading(page, "분류")
    heading(page, "무엇으로 잘못 보는가")

    page.goto("/anatomy?run=votes&lang=ko")
    heading(page, "더 적게 뽑는다면")
