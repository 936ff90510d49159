"""The page Compare in a real browser: differences are drawn, and hostile answers stay text."""

from __future__ import annotations

import re

import pytest
from browsing import heading
from hostile import HOSTILE
from playwright.sync_api import expect

import promptsweep
from promptsweep.testing import FunctionModel
from workspaces import mood, rows

KOREAN = ("배송이 아주 빨라서 좋아요", "배송이 너무 늦어서 싫어요")


@pytest.fixture(scope="session")
def answered(tmp_path_factory):
    """One run of two arms over three questions: they differ in a word, in Korean, and in hostile text."""
    root = tmp_path_factory.mktemp("answered")
    questions = [("Which way?", "to the left"), ("배송은?", KOREAN[1]), ("What else?", HOSTILE)]
    place = mood(
        root,
        **{
            "datasets/questions.yaml": {"task": "qa", "metrics": ["exact_match"]},
            "datasets/questions.test.jsonl": rows(questions, "q"),
            "prompts/mine/answer.j2": "Think first.\n{{ input }}",
        },
    )
    sweep = {"name": "answered", "models": "m", "datasets": "questions", "strategies": ["zero_shot", "mine"]}
    promptsweep.run(sweep, models={"m": FunctionModel(reply, name="m")}, workspace=place.root)
    return place.root


def reply(request):
    text = request.messages[-1].content
    thinks = "Think first." in text
    if "Which way?" in text:
        return "to the left" if thinks else "to the right"
    if "배송은?" in text:
        return KOREAN[thinks]
    return HOSTILE if thinks else "nothing"


@pytest.fixture(scope="session")
def server(tools, answered):
    with tools["served"](answered / "reports" / "promptsweep.db") as address:
        yield address


def test_what_flipped_is_drawn_word_by_word_and_a_row_picks_the_sample(page):
    page.goto("/compare?sample=q-0")
    heading(page, "Samples that flipped")
    expect(page.locator("del:visible")).to_have_text(["right"])
    expect(page.locator("ins:visible")).to_have_text(["left"])

    page.goto("/compare")
    heading(page, "Samples that flipped")
    page.get_by_role("tab", name="Won by B: 3").click()
    table = page.get_by_test_id("stDataFrame").nth(1)
    expect(table.locator("canvas").first).to_be_visible()
    table.click(position={"x": 16, "y": 35 + 35 + 17})

    expect(page).to_have_url(re.compile("sample=q-1"))
    expect(page.locator("del:visible")).to_have_text(["아주", "빨라서", "좋아요"])
    expect(page.locator("ins:visible")).to_have_text(["너무", "늦어서", "싫어요"])


def test_hostile_answers_and_prompts_are_text(page):
    page.goto("/compare?sample=q-2&slice=label&all=True")
    heading(page, "One sample in both arms")
    expect(page.locator("ins:visible").filter(has_text="<script>alert(1)</script>").first).to_be_visible()
    page.get_by_role("tab", name="Messages sent").click()
    page.wait_for_timeout(1_000)

    assert page.locator("#pwned, img[src=x], img[src*='p.png'], a[href^='javascript']").count() == 0
    assert page.locator(".katex, [data-testid=stMarkdownColoredText]").count() == 0
