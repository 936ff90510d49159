"""Fixtures for models."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from doubles import Forgetful
from promptsweep.models import Model, load
from promptsweep.runners import Progress
from promptsweep.runners.gateway import Gateway
from promptsweep.types import Completion, Message
from promptsweep.workspace import Workspace
from servers import Behaviour, ChatServer

KEY = "sk-test-0123456789"
VARIABLES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace, and an environment that holds no endpoint's variables."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "runners").mkdir()
    return Workspace(tmp_path)


@pytest.fixture
def serve() -> Iterator[Callable[[Behaviour], ChatServer]]:
    """Starts servers that end with the test."""
    with ExitStack() as running:
        yield lambda behaviour: running.enter_context(ChatServer(behaviour))


@pytest.fixture
def model_at(workspace: Workspace) -> Callable[..., Model]:
    """A model of the endpoint `acme` at a server, with a key and retries that do not wait long."""

    def made(server: ChatServer, name: str = "acme/small", **endpoint: Any) -> Model:
        import orjson

        (workspace.root / ".env").write_text(f"ACME_KEY={KEY}\n")
        keys = {"base_url": server.base_url, "key": "ACME_KEY", "retries": {"first": 0.01}, **endpoint}
        catalog = {"endpoints": {"acme": keys}}
        (workspace.root / "runners" / "models.yaml").write_bytes(orjson.dumps(catalog))
        return load(name, workspace)

    return made


@pytest.fixture
def ask() -> Callable[..., Completion]:
    """Sends one question, or several at once, as a run does, and closes the model."""

    def sent(model: Model, *questions: str, draw: int = 0, **params: Any) -> Any:
        requests = [model.request((Message("user", text),), params, draw) for text in questions or ("Hi",)]

        async def work() -> list[Completion]:
            gateway = Gateway(model, Forgetful(), Progress(len(requests)))
            try:
                return list(await asyncio.gather(*(gateway.send(request) for request in requests)))
            finally:
                await model.close()

        completions = asyncio.run(work())
        return completions if len(questions) > 1 else completions[0]

    return sent
