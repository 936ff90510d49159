"""The dashboard in a real browser: it opens, its links work, and hostile text does nothing."""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

expect.set_options(timeout=30_000)

SCREENSHOT = Path(__file__).parents[2] / "docs" / "screenshot.py"
ROW_HEIGHT, HEADER_HEIGHT = 35, 35
"""Pixels in a table, which is drawn on a canvas."""


@pytest.fixture(scope="module")
def tools():
    """The names of the screenshot script, which starts servers and browsers too."""
    if shutil.which("chromium") is None:
        pytest.skip("no chromium on the path")
    if not SCREENSHOT.is_file():
        pytest.skip("not in a checkout: docs/ is not shipped")
    return runpy.run_path(str(SCREENSHOT))


@pytest.fixture(scope="module")
def server(tools, workspace):
    with tools["served"](workspace / "reports" / "promptsweep.db") as address:
        yield address


@pytest.fixture(scope="module")
def browser(tools):
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(tools["QUIET"])
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, server):
    """A page that fails the test for errors in its console, dialogs, and requests to any other host."""
    page, trouble = browser.new_page(viewport={"width": 1400, "height": 900}, base_url=server), []
    page.on("console", lambda message: trouble.append(message.text) if is_error(message) else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: (trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on(
        "request", lambda request: trouble.append(request.url) if is_foreign(request.url, server) else None
    )
    yield page
    page.close()
    assert not trouble


def is_error(message):
    """Streamlit itself looks for its server below the page's path first, and finds it above."""
    return message.type == "error" and "/_stcore/" not in message.location["url"]


def is_foreign(url, server):
    return urlsplit(url).scheme in ("http", "https") and not url.startswith(server)


def row(page, number):
    """Clicks the box of a row of the first table, from 0."""
    table = page.get_by_test_id("stDataFrame").first
    expect(table.locator("canvas").first).to_be_visible()
    table.click(position={"x": 16, "y": HEADER_HEIGHT + number * ROW_HEIGHT + ROW_HEIGHT // 2})


def heading(page, title):
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()


def test_every_page_opens_and_a_row_leads_to_its_trace(page):
    page.goto("/?run=plain")
    heading(page, "Leaderboard")
    chart = page.get_by_test_id("stVegaLiteChart")
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
    expect(page.get_by_text("1 to 1 of 1 record")).to_be_visible()
    expect(page).to_have_url(re.compile(r"search=day(\+|%20)7\."))
    assert "page=" not in page.url

    page.reload()
    expect(page.get_by_text("1 to 1 of 1 record")).to_be_visible()


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
