"""The HTML report in a real browser without a network: drawn, interactive, harmless, printable."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from promptsweep.errors import RequestError
from promptsweep.reports.html import html_report
from promptsweep.types import Completion, Usage
from reports.conftest import furnish
from workspaces import rows, write

SCREENSHOT = Path(__file__).parents[2] / "docs" / "screenshot.py"
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> </script><script>alert(3)</script> <!-- <script> "
    "<b id=pwned>bold</b> [link](javascript:alert(4)) **strong** $x^2$ \\(y\\) {{ 7 * 7 }} {% raw %} </pre> "
    '"><svg onload=alert(5)> \x1b[31mred \u202eflip \u200fmark'
)
LONG = "<long> " * 150_000


def hostile_reply(request):
    """Hostile, endless, or an error that is both."""
    asked = request.messages[-1].content
    if "breaks" in asked:
        raise RequestError(f"400: {HOSTILE}")
    text = LONG if "endless" in asked else f"{HOSTILE} \x00 nul"
    return Completion(text, usage=Usage(20, 2), cost=0.001, seconds=0.25)


@pytest.fixture(scope="module")
def files(house, tmp_path_factory):
    """`plain.html`, the same as `korean.html`, and `hostile.html`, made before the browser starts."""
    folder = tmp_path_factory.mktemp("pages")
    own = furnish(tmp_path_factory.mktemp("hostile"))
    texts = [(HOSTILE, "good"), ("It breaks.", "bad"), ("It is endless.", "good")]
    card = {"task": "classification", "labels": ["good", "bad"], "instruction": HOSTILE}
    template = "{% params tone='dry' %}{% system %}\n{{ tone }}\n{% user %}\n{{ input }}"
    write(
        own.workspace.root,
        {
            "datasets/odd.yaml": card,
            "datasets/odd.test.jsonl": rows(texts, "<img src=x onerror=alert(6)>"),
            "prompts/mine/answer.j2": template,
        },
    )
    strategies = [{"mine": {"tone": HOSTILE}}, "zero_shot"]
    metrics = ["accuracy", {"contains": {"text": HOSTILE}}]
    own.run(HOSTILE, hostile_reply, datasets="odd", strategies=strategies, metrics=metrics)
    for name, store, run, language in (
        ("plain", house.store, "plain", "en"),
        ("korean", house.store, "plain", "ko"),
        ("hostile", own.store, "latest", "en"),
    ):
        folder.joinpath(f"{name}.html").write_text(html_report(store, run, language), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser(files):
    """Closed after the module: while Playwright runs, nothing else in the process can run an event loop."""
    if shutil.which("chromium") is None:
        pytest.skip("no chromium on the path")
    if not SCREENSHOT.is_file():
        pytest.skip("not in a checkout: docs/ is not shipped")
    quiet = runpy.run_path(str(SCREENSHOT))["QUIET"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(quiet))
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, files):
    """`opened("plain")`: a page that fails the test for anything in its console, dialogs and requests."""
    trouble, contexts = [], []

    def open_page(name, **options):
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: (trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        own = files.joinpath(f"{name}.html").as_uri()
        page.on("request", lambda request: None if request.url == own else trouble.append(request.url))
        page.goto(own)
        expect(page.locator("figure.drawn svg").first).to_be_visible(timeout=30_000)
        expect(page.locator("figure.drawn")).to_have_count(page.locator("figure").count())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not trouble


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_chart_is_drawn_without_a_network_in_the_readers_colours(opened, theme):
    page = opened("plain", color_scheme=theme)

    assert page.locator("figure").count() == 6
    label = page.locator("figure").first.locator("text").filter(has_text="few_shot(k=2)")
    expect(label).to_be_visible()
    ink = {"light": "rgb(31, 35, 40)", "dark": "rgb(230, 234, 239)"}[theme]
    expect(label).to_have_css("fill", ink)
    expect(page.locator("body")).to_have_css("color", ink)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("plain", ["arm", "US dollars for 1,000 answers"]),
        ("korean", ["조합", "답 1,000개의 비용(미국 달러)"]),
    ],
)
def test_a_point_says_what_it_is(name, words, opened):
    page = opened(name)

    page.locator("figure").nth(2).locator("path[aria-roledescription=point]").first.hover(force=True)

    tooltip = page.locator("#vg-tooltip-element")
    expect(tooltip).to_be_visible()
    for one in words:
        expect(tooltip).to_contain_text(one)


def test_no_column_head_in_korean_breaks_within_a_word(opened):
    page = opened("korean", viewport={"width": 390, "height": 844})

    head = page.locator("table").nth(2).locator("thead th").filter(has_text="accuracy")
    lines = head.locator("bdi").evaluate("one => one.getClientRects().length")
    assert lines == 1


def test_a_samples_trace_unfolds(opened):
    page = opened("plain")
    sample = page.locator("details").filter(has_text="line-8").filter(has_text="unparsed")
    reply = sample.get_by_text("I cannot tell.")
    expect(reply).to_be_hidden()

    sample.locator("summary").click()

    expect(reply).to_be_visible()


def test_hostile_text_is_text(opened):
    page = opened("hostile")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")

    assert page.locator("#pwned, img, iframe, object, svg[onload], a[href^=javascript]").count() == 0
    assert page.locator("script:not([type='application/json'])").count() == 1
    replies = page.locator("pre").filter(has_text="<script>alert(1)</script>")
    expect(replies.first).to_be_visible()
    shown = page.inner_text("body")
    assert "{{ 7 * 7 }}" in shown
    assert "\\x1b[31mred \\u202eflip \\u200fmark" in shown
    assert "\\x00 nul" in shown
    assert not {"\x1b", "\x00", "\u202e", "\u200f"} & set(shown)
    assert "of 1,050,000 characters are left out here" in shown


def test_what_the_policy_does_not_know_does_not_run(browser, files):
    page = browser.new_page()
    page.goto(files.joinpath("plain.html").as_uri())

    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'ran = 1'}))")
    fetched = page.evaluate("fetch('data:text/plain,x').then(() => 'sent', () => 'refused')")

    assert page.evaluate("typeof ran") == "undefined"
    assert fetched == "refused"
    page.close()


def test_a_phone_scrolls_tables_and_not_the_page(opened):
    page = opened("hostile", viewport={"width": 390, "height": 844})

    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_it_prints_on_light_paper_with_its_charts(opened):
    page = opened("plain", color_scheme="dark")

    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("figure svg").first).to_be_visible()
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.get_by_text("Samples that are folded on the screen are not printed")).to_be_visible()
    expect(page.locator("nav")).to_be_hidden()


def test_without_scripts_the_tables_remain(browser, files):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(files.joinpath("plain.html").as_uri())

    expect(page.locator("noscript p")).to_be_visible()
    expect(page.get_by_role("cell", name="0.97 [0.83, 1.00]").first).to_be_visible()
    context.close()
