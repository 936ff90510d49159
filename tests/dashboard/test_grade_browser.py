"""Grading in a real browser, with keys."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from browsing import contrast, heading, mixed
from hostile import mood_model
from playwright.sync_api import expect

import promptsweep
from promptsweep.reports import open_store
from promptsweep.reports.grades import Mode, all_grades
from promptsweep.reports.grading import Draw, subjects, swapped
from promptsweep.workspace import Workspace, builtin_root
from workspaces import mood

ZERO, FEW = "zero_shot | m | mood", "few_shot | m | mood"


@pytest.fixture(scope="session")
def graded(tmp_path_factory):
    """The store of a run of two arms on six samples. Made before the browser: both need an event loop."""
    root = mood(tmp_path_factory.mktemp("keys")).root
    sweep = {"models": "m", "datasets": "mood", "strategies": ["zero_shot", "few_shot"]}
    promptsweep.run(sweep, models={"m": mood_model()}, workspace=root)
    return open_store(Workspace(root))


@pytest.fixture(scope="session")
def server(tools, graded):
    """A dashboard of this module's own, whose store its tests grade."""
    with tools["served"](Path(graded.engine.url.database)) as address:
        yield address


@pytest.fixture
def asked(graded):
    """What is asked in a mode, in order."""

    def asked(mode, *arms):
        return subjects(graded, graded.find_run().id, Draw(mode, arms or (ZERO,), 50, 0))

    return asked


def said(store, grader):
    found = all_grades(store, store.find_run().id)
    return [(grade.subject.sample_id, grade.value) for grade in found if grade.grader == grader]


def shown(page, progress):
    """Waits for an answer, and until a key can be pressed."""
    expect(page.get_by_text(progress, exact=True)).to_be_visible()
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def press(page, key, progress):
    """Presses a key and waits for what it brings."""
    page.keyboard.press(key)
    shown(page, progress)


def test_answers_are_graded_with_keys_and_found_again_after_a_reload(page, graded, asked):
    page.goto("/grade")
    heading(page, "Grade")
    page.get_by_role("textbox", name="Your name").fill("지민")
    page.keyboard.press("Enter")
    shown(page, "1 of 6 · 0 graded")

    press(page, "y", "2 of 6 · 1 graded")  # the name's field has let go of the keyboard
    press(page, "n", "3 of 6 · 2 graded")
    press(page, "j", "4 of 6 · 2 graded")
    press(page, "y", "5 of 6 · 3 graded")
    press(page, "u", "4 of 6 · 2 graded")
    press(page, "k", "3 of 6 · 2 graded")
    ids = [one.sample_id for one in asked(Mode.VERDICT)]
    assert said(graded, "지민") == [(ids[0], 1), (ids[1], 0)]

    page.reload()
    shown(page, "3 of 6 · 2 graded")
    press(page, "k", "2 of 6 · 2 graded")
    expect(page.get_by_test_id("stBaseButton-primary").filter(has_text="Wrong")).to_be_visible()
    press(page, "x", "2 of 6 · 1 graded")
    press(page, "y", "3 of 6 · 2 graded")

    assert said(graded, "지민") == [(ids[0], 1), (ids[1], 1)]


def test_a_note_is_typed_and_lets_go_of_the_keyboard(page, graded, asked):
    page.goto("/grade?grader=noa&mode=rating")
    shown(page, "1 of 6 · 0 graded")
    note = page.get_by_role("textbox", name="Note")
    note.click()
    page.keyboard.type("5 is too much")
    page.keyboard.press("Enter")
    expect(note.and_(page.locator(":focus"))).to_have_count(0)
    expect(note).to_have_count(1)  # for a moment there are two
    expect(note).to_have_value("5 is too much")
    shown(page, "1 of 6 · 0 graded")
    assert said(graded, "noa") == []

    press(page, "4", "2 of 6 · 1 graded")

    [grade] = [one for one in all_grades(graded, graded.find_run().id) if one.grader == "noa"]
    assert (grade.value, grade.note) == (4, "5 is too much")


def test_two_answers_are_compared_and_the_agreement_tells(page, graded, asked):
    page.goto("/grade?grader=ann")
    page.get_by_role("radio", name="A or B").or_(page.get_by_role("button", name="A or B")).click()
    expect(page.get_by_text("Answer B", exact=True)).to_be_visible()
    shown(page, "1 of 6 · 0 graded")
    first, second, *_ = asked(Mode.PREFERENCE, ZERO, FEW)

    press(page, "a", "2 of 6 · 1 graded")
    press(page, "b", "3 of 6 · 2 graded")
    press(page, "t", "4 of 6 · 3 graded")

    values = [value for _, value in said(graded, "ann")]
    assert values == [-1 if swapped(first, "ann") else 1, 1 if swapped(second, "ann") else -1, 0]
    page.get_by_role("tab", name="Agreement").click()
    heading(page, "Preferences")
    expect(page).to_have_url(re.compile("half=agreement"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert "preference,ann," in text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chosen_segment_and_tab_can_be_read(browser, server, theme):
    config = (builtin_root() / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    colors = tomllib.loads(config)["theme"][theme]
    page = browser.new_page(base_url=server, color_scheme=theme)
    page.goto("/grade")
    chosen = page.locator("[aria-checked=true] p, [role=tab][aria-selected=true] p")
    expect(chosen).to_have_count(2)

    written = chosen.evaluate_all("texts => texts.map(text => getComputedStyle(text).color)")

    tint = mixed(colors["primaryColor"], colors["backgroundColor"], 0.1)  # Streamlit's, below a segment
    assert min(contrast(color, tint) for color in written) >= 4.5
    page.close()
