"""The frame in a real browser: language, theme, keyboard, and who may come in."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from browsing import heading
from playwright.sync_api import expect

SECRET = "correct horse 배터리"
TEXT = "rgb(15, 19, 24)"
"""Our theme's own text colour in its light form."""


def test_the_language_is_switched_and_stays_on_other_pages(page):
    page.goto("/?run=plain")
    heading(page, "Leaderboard")

    page.get_by_role("combobox", name="Language").click()
    page.get_by_role("option", name="한국어").click()
    heading(page, "순위표")
    assert "lang=ko" in page.url
    page.get_by_role("link", name="샘플").click()
    expect(page).to_have_url(re.compile(r"/samples\?.*lang=ko"))
    assert "run=plain" in page.url

    page.get_by_role("combobox", name="언어").click()
    page.get_by_role("option", name="English").click()
    expect(page.get_by_role("link", name="Leaderboard")).to_be_visible()
    assert "lang=" not in page.url


def test_a_browser_that_speaks_korean_is_answered_in_korean(browser, server):
    page = browser.new_page(base_url=server, locale="ko-KR")
    page.goto("/?run=plain")
    heading(page, "순위표")
    page.close()


def test_the_theme_is_switched_in_the_menu(page):
    page.goto("/?run=plain")
    heading(page, "Leaderboard")
    color = "app => getComputedStyle(app).backgroundColor"
    assert page.get_by_test_id("stApp").evaluate(color) == "rgb(255, 255, 255)"

    page.get_by_test_id("stMainMenu").get_by_role("button").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", "rgb(14, 17, 23)")


def test_the_main_controls_are_reached_with_the_keyboard(page):
    page.goto("/?run=plain")
    heading(page, "Leaderboard")
    expect(page.locator(".role-axis-label text").first).to_be_visible()

    reached = set()
    for _ in range(70):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("(document.activeElement.ariaLabel || document.activeElement.innerText)"))

    named = " | ".join(str(one) for one in reached)
    for control in ("Compare", "Samples", "Trace", "Run", "Language", "Metric", "Sort by", "Strategy"):
        assert control in named, control
    assert "Download CSV" in named
    page.keyboard.press("Shift+Tab")


def test_a_page_is_opened_with_the_keyboard_alone(page):
    page.goto("/?run=plain")
    page.get_by_role("link", name="Samples", exact=True).focus()
    page.keyboard.press("Enter")
    heading(page, "Samples")


def test_a_password_keeps_others_out(tools, workspace, browser):
    store = workspace / "reports" / "promptsweep.db"
    with tools["served"](store, PROMPTSWEEP_DASHBOARD_PASSWORD=SECRET) as address:
        page = browser.new_page(base_url=address)
        page.goto("/samples?run=plain")
        field = page.get_by_role("textbox", name="Password")
        field.fill("wrong")
        field.press("Enter")
        expect(page.get_by_text("That is not the password.")).to_be_visible()
        assert not page.get_by_text("plain ·").count()

        field.fill(SECRET)
        field.press("Enter")
        heading(page, "Samples")
        page.close()


def test_read_only_hides_pages_that_write_also_when_their_url_is_opened(tools, workspace, browser):
    store = workspace / "reports" / "promptsweep.db"
    with tools["served"](store, PROMPTSWEEP_READ_ONLY="1") as address:
        page = browser.new_page(base_url=address)
        for name in ("playground", "chat", "grade"):
            page.goto(f"/{name}?run=plain")
            expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
            expect(page.get_by_role("link", name="Samples", exact=True)).to_be_visible()
            assert not page.get_by_role("link", name=name.capitalize(), exact=True).count()
        page.close()


@pytest.fixture
def started(tmp_path, workspace):
    """The address of `promptsweep dashboard` as a user starts it, in another folder and with no settings."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    words = ["dashboard", "--port", str(port), "--workspace", str(workspace), "--read-only"]
    given = {"STREAMLIT_SERVER_HEADLESS": "true", "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "promptsweep", *words],
        cwd=tmp_path,
        env=os.environ | given,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    yield port
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(20) in (0, 130)


def test_the_command_brings_its_theme_to_any_folder_and_passes_read_only_on(tools, browser, started):
    tools["_await"](f"http://127.0.0.1:{started}/_stcore/health")
    page = browser.new_page(base_url=f"http://127.0.0.1:{started}", color_scheme="light")
    page.goto("/?run=plain")
    heading(page, "Leaderboard")

    expect(page.get_by_test_id("stApp")).to_have_css("color", TEXT)
    expect(page.get_by_role("link", name="Samples", exact=True)).to_be_visible()
    assert not page.get_by_role("link", name="Playground").count()
    page.close()
