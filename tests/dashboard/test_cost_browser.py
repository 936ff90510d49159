"""Cost and speed in a real browser: charts are drawn, and a link reproduces the machine."""

from __future__ import annotations

import re

from browsing import heading
from playwright.sync_api import expect


def test_charts_name_the_arms_and_the_machine_is_in_the_link(page):
    page.goto("/cost?run=plain")
    heading(page, "Score and cost")
    charts = page.get_by_test_id("stVegaLiteChart")
    expect(charts).to_have_count(5)
    for place in (0, 1):
        for arm in ("zero_shot", "few_shot(k=2)", "few_shot(k=4)"):
            expect(charts.nth(place).get_by_text(arm, exact=True)).to_be_visible()

    machine = page.get_by_role("spinbutton", name="Price of the machine")
    machine.fill("70")
    machine.press("Enter")

    expect(page).to_have_url(re.compile("machine=70"))
    page.reload()
    expect(machine).to_have_value("70")


def test_hostile_text_is_text_on_both_pages(page):
    for path in ("/cost", "/trends"):
        page.goto(f"{path}?run=hostile")
        expect(page.get_by_text("hostile ·").last).to_be_visible()
        expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
        page.wait_for_function("document.querySelectorAll('[data-testid=stVegaLiteChart] svg').length > 0")

        assert page.locator("#pwned, img[src=x], img[src*='p.png'], a[href^='javascript']").count() == 0
        assert page.locator(".katex, [data-testid=stMarkdownColoredText]").count() == 0
