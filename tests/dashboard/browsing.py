"""What browser tests do and look for on a page."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import expect

expect.set_options(timeout=30_000)

ROW_HEIGHT, HEADER_HEIGHT = 35, 35
"""Pixels in a table, which is drawn on a canvas."""


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
