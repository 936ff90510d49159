"""What browser tests do and look for on a page."""

from __future__ import annotations

import re
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


def mixed(color, background, opacity):
    """What a colour (`#rrggbb`) looks like at an opacity on a background."""
    pairs = zip(_channels(color), _channels(background), strict=True)
    return "#" + "".join(
        f"{round(255 * (over * opacity + under * (1 - opacity))):02x}" for over, under in pairs
    )


def contrast(one, other):
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2)."""
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color):
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _channels(color)
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _channels(color):
    """Red, green and blue from 0 to 1, of `#rrggbb` or of `rgb(r, g, b)`."""
    if color.startswith("#"):
        return [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
