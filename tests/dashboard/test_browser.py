"""The dashboard in a real browser: it opens, its links work, and hostile text does nothing."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import heading, row
from playwright.sync_api import expect


def test_every_page_opens_and_a_row_leads_to_its_trace(page):
    page.goto("/?run=plain")
    heading(page, "Leaderboard")
    chart = page.get_by_test_id("stVegaLiteChart").first
    for arm in ("zero_shot", "few_shot(k=2)", "few_shot(k=4)"):
        expect(chart.get_by_text(arm, exact=True)).to_be_visible()

    page.get_by_role("link", name="Compare").click()
    heading(page, "Samples that flipped")
    page.get_by_role("link", name="Samples", exact=True).click()
    heading(page, "Samples")
    row(page, 2)
    heading(page, "Trace")
    expect(page.get_by_text("Judge the mood.")).to_be_visible()

    query = parse_qs(urlsplit(page.url).query)
    assert query["run"] == ["plain"]
    assert query["sample"][0].startswith("s-")


def test_a_link_reproduces_the_view_and_filters_are_in_it(page):
    page.goto("/samples?run=days&page=2")
    expect(page.get_by_text("51 to 60 of 60 records")).to_be_visible()

    page.get_by_role("textbox", name="Search").fill("day 7.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 record", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"search=day(\+|%20)7\."))
    assert "page=" not in page.url

    page.reload()
    expect(page.get_by_text("1 record", exact=True)).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/compare", "/samples", "/trace"])
def test_hostile_text_is_text(page, path):
    sample = "&sample=%3Cimg%20src%3Dx%20onerror%3Dalert(4)%3E-0" if path == "/trace" else ""
    page.goto(f"{path}?run=hostile{sample}")
    expect(page.get_by_text("hostile ·").last).to_be_visible()
    page.wait_for_timeout(1_500)

    assert page.locator("#pwned, img[src=x], img[src*='p.png'], a[href^='javascript']").count() == 0
    assert page.locator(".katex, [data-testid=stMarkdownColoredText]").count() == 0
    if path in ("/", "/trace"):
        code = page.get_by_test_id("stCode").filter(has_text="<script>alert(1)</script>")
        expect(code.first).to_be_visible()
