"""A workspace whose models are a local server, and what that server replies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

import promptsweep
from promptsweep.workspace import Workspace
from servers import Answer, ChatServer
from workspaces import mood

KEY_VARIABLE, KEY = "ACME_PAGE_TEST_KEY", "sk-page-test-0123456789"
PIECES = ("This reply ", "<b id=pwned>grows</b> ", "**word** by word.")


def behaviour(request: Mapping[str, Any]) -> str | Answer:
    """A stream where one is wanted, else `good` or an outline; an error, or nothing for long, if asked to."""
    asked = str(request["messages"])
    if "slow" in asked:
        return Answer(b"", delay=60)
    if "fail" in asked:
        return Answer({"error": {"message": f"no, {KEY} <script>alert(1)</script>"}}, 401)
    if request.get("stream"):
        return streamed(*PIECES)
    return "1. One\n2. Two" if "skeleton of its answer" in asked else "good"


def streamed(*pieces: str) -> Answer:
    """A reply as server-sent events, with its counts."""
    events: list[dict[str, Any]] = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
    events.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    events.append({"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 7}})
    body = b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events)
    return Answer(body + b"data: [DONE]\n\n", headers={"Content-Type": "text/event-stream"})


def asked_workspace(root: Path, server: ChatServer) -> Workspace:
    """The dataset `mood`, models `quick` (priced), `odd` (price unknown), `locked` (no key), and a run."""
    keyed = {"base_url": server.base_url, "key": KEY_VARIABLE, "retries": {"attempts": 1}}
    priced = {**keyed, "prices": {"*": {"input": 1, "output": 1}}, "context": {"*": 900}}
    models = {
        "endpoints": {"acme": priced, "odd": keyed, "locked": {**keyed, "key": "LOCKED_PAGE_TEST_KEY"}},
        "models": {
            "quick": {"endpoint": "acme", "name": "small"},
            "dark": {"endpoint": "odd", "name": "dark"},
            "shut": {"endpoint": "locked", "name": "shut"},
        },
    }
    place = mood(root, **{"runners/models.yaml": models})
    sweep = {
        "name": "asked",
        "datasets": "mood",
        "strategies": [{"few_shot": {"k": 2}}],
        "models": "quick",
        "params": {"temperature": 0.3, "max_tokens": 32},
        "system": "concise",
    }
    promptsweep.run(sweep, workspace=root)
    return place
