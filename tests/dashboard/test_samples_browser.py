"""Samples and traces in a real browser: one step back, and the keyboard."""

from __future__ import annotations

import re

from browsing import heading, row
from playwright.sync_api import expect


def test_back_leads_from_a_trace_to_its_table_in_one_step(page):
    page.goto("/samples?run=days&search=day+5")
    expect(page.get_by_text("1 to 11 of 11 records")).to_be_visible()
    row(page, 2)
    heading(page, "Trace")
    expect(page.get_by_text("3 of 11", exact=True)).to_be_visible()

    page.go_back()

    heading(page, "Samples")
    expect(page.get_by_text("1 to 11 of 11 records")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/samples\?run=days&search=day(\+|%20)5$"))


def test_arrow_keys_lead_through_the_samples_that_fit(page):
    page.goto("/samples?run=days&search=day+5")
    row(page, 0)
    expect(page.get_by_text("1 of 11", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Next")).to_be_enabled()

    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("2 of 11", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Previous")).to_be_enabled()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("1 of 11", exact=True)).to_be_visible()

    page.get_by_role("link", name="To the table").press("Enter")
    heading(page, "Samples")
    expect(page.get_by_text("1 to 11 of 11 records")).to_be_visible()


def test_a_page_is_turned_and_the_link_shows_the_same(page):
    page.goto("/samples?run=days")
    expect(page.get_by_text("1 to 50 of 60 records")).to_be_visible()

    page.get_by_test_id("stNumberInputStepUp").click()
    expect(page.get_by_text("51 to 60 of 60 records")).to_be_visible()
    expect(page).to_have_url(re.compile(r"page=2"))

    page.reload()
    expect(page.get_by_text("51 to 60 of 60 records")).to_be_visible()
