"""Playground and Chat in a real browser: sending, saving, streaming, and no key anywhere."""

from __future__ import annotations

import re

import pytest
from asked import KEY, KEY_VARIABLE, asked_workspace, behaviour
from browsing import heading
from playwright.sync_api import expect

from promptsweep import prompts
from promptsweep.workspace import Workspace
from servers import ChatServer

REPLY = re.compile(r"This reply <b id=pwned>grows</b> \*\*word\*\* by word\.")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A workspace whose models are a server, as the one that the dashboard shows."""
    with pytest.MonkeyPatch.context() as environment, ChatServer(behaviour) as server:
        root = tmp_path_factory.mktemp("asked")
        environment.setenv(KEY_VARIABLE, KEY)
        environment.setenv("PROMPTSWEEP_WORKSPACE", str(root))
        yield asked_workspace(root, server)


@pytest.fixture(scope="module")
def server(tools, place):
    """In place of the server that all pages share."""
    with tools["served"](place.root / "reports" / "promptsweep.db") as address:
        yield address


@pytest.fixture
def frames(page):
    """All that comes over the websocket, as bytes."""
    came = []

    def listen(socket):
        socket.on(
            "framereceived", lambda data: came.append(data if isinstance(data, bytes) else data.encode())
        )

    page.on("websocket", listen)
    return came


def test_a_prompt_is_edited_sent_scored_and_saved(page, place, frames):
    page.goto("/playground?strategy=zero_shot&dataset=mood&model=quick")
    heading(page, "Messages of the first call")
    area = page.get_by_role("textbox", name="answer")
    area.fill("{% user %}\nMood of {{ inptu }}?")
    area.press("Control+Enter")
    expect(page.get_by_text("zero_shot/answer.j2:2: unknown variable 'inptu'.")).to_be_visible()
    area.fill("{% user %}\nMood of {{ input }}?")
    area.press("Control+Enter")
    expect(page.get_by_text("Mood of Warm and witty.?").first).to_be_visible()

    page.get_by_role("button", name="Send as edited").click()
    heading(page, "Answer")
    expect(page.get_by_text("10 + 2 tokens").first).to_be_visible()
    page.get_by_role("button", name="Send as stored").click()
    heading(page, "Edited and as stored")

    page.get_by_role("textbox", name="Save as a new strategy").fill("snappy")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved as prompts/snappy/")).to_be_visible()
    expect(page).to_have_url(re.compile("strategy=snappy"))
    assert "snappy" in prompts.names(Workspace(place.root))
    assert frames
    assert not any(KEY.encode() in frame for frame in frames)


def test_a_chat_streams_as_text_and_a_judged_reply_is_stored(page, place, frames):
    page.goto("/chat?model=quick&into=browser&sampling=%7B%22max_tokens%22%3A64%7D")
    heading(page, "Chat")
    page.get_by_placeholder("Write a message").fill("안녕하세요?")
    page.keyboard.press("Enter")
    expect(page.get_by_text(REPLY)).to_be_visible()
    expect(page.get_by_text("12 + 7 tokens")).to_be_visible()
    assert page.locator("#pwned").count() == 0

    page.get_by_role("button", name="Right").click()
    expect(page.get_by_text("datasets/chat_browser.jsonl")).to_be_visible()
    assert "안녕하세요?" in (place.root / "datasets" / "chat_browser.jsonl").read_text(encoding="utf-8")

    page.get_by_placeholder("Write a message").fill("fail")
    page.keyboard.press("Enter")
    expect(page.get_by_text("the key is rejected: no, [key] <script>")).to_be_visible()
    assert frames
    assert not any(KEY.encode() in frame for frame in frames)


def test_a_pages_visitor_can_leave_while_a_reply_is_awaited(page):
    page.goto("/chat?model=quick&sampling=%7B%22max_tokens%22%3A64%7D")
    page.get_by_placeholder("Write a message").fill("slow")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 s", exact=True)).to_be_visible()

    page.get_by_role("link", name="Samples", exact=True).click()

    heading(page, "Samples")


@pytest.mark.parametrize("path", ["/playground", "/chat"])
def test_pages_speak_korean(page, path):
    page.goto(f"{path}?lang=ko&model=quick")
    heading(page, {"/playground": "실험장", "/chat": "대화"}[path])
    expect(page.get_by_text("매개변수", exact=True)).to_be_visible()


@pytest.fixture(scope="module")
def read_only(tools, place):
    """The address of a dashboard that writes nothing."""
    with tools["served"](place.root / "reports" / "promptsweep.db", PROMPTSWEEP_READ_ONLY="1") as address:
        yield address


@pytest.mark.parametrize("path", ["/playground", "/chat"])
def test_read_only_turns_both_off(browser, read_only, path):
    page = browser.new_page(base_url=read_only)
    page.goto(path)
    expect(page.get_by_role("link", name="Samples", exact=True)).to_be_visible()
    assert page.get_by_role("link", name="Chat").count() == 0
    assert page.get_by_placeholder("Write a message").count() == 0
    assert page.get_by_role("button", name="Send").count() == 0
    page.close()
