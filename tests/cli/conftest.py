"""Commands as users give them, on a small workspace whose model is a local server."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from promptsweep.cli import app
from servers import ChatServer
from workspaces import MOOD_TEST, mood, write

SWEEP = {
    "description": "Do examples help?",
    "datasets": "mood",
    "models": "acme/m",
    "strategies": ["zero_shot", {"few_shot": {"k": 2}}],
}
COMMANDS = get_command(app)
"""Made once: the runner's own `invoke` makes all thirty for each call."""
MODELS = {"prices": {"*": {"input": 1.0, "output": 2.0}}, "retries": {"attempts": 1}}


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


def invoke(root: Path, *words: str, env: Mapping[str, str | None] | None = None) -> Outcome:
    """Runs a command in the workspace at `root`; an exception that reaches the user fails the test."""
    unset = {"PROMPTSWEEP_STORE": None, "OPENAI_API_KEY": None, "NO_COLOR": None}
    given = {"PROMPTSWEEP_WORKSPACE": str(root), "COLUMNS": "120", **unset, **(env or {})}
    with CliRunner(env=given).isolation() as (out, err, _):
        with pytest.raises(SystemExit) as ended:
            COMMANDS.main(list(words), prog_name="promptsweep")
        sys.stdout.flush()
        sys.stderr.flush()
        return Outcome(ended.value.code or 0, *(stream.getvalue().decode() for stream in (out, err)))


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Outcome]:
    """`command("run", "mood")` in the workspace of the test."""
    return lambda *words, **options: invoke(tmp_path, *words, **options)


def mood_of(request: Mapping[str, Any]) -> str:
    """Right with examples; without them always good."""
    asked = request["messages"][-1]["content"]
    return dict(MOOD_TEST)[asked] if len(request["messages"]) > 2 else "good"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChatServer]:
    """A workspace with the dataset `mood` and the sweep `mood`, and the server of its model."""
    with ChatServer(mood_of) as serving:
        endpoint = {"base_url": serving.base_url, **MODELS}
        mood(tmp_path)
        write(
            tmp_path, {"runners/mood.yaml": SWEEP, "runners/models.yaml": {"endpoints": {"acme": endpoint}}}
        )
        yield serving


@pytest.fixture
def ran(command: Callable[..., Outcome], server: ChatServer) -> Outcome:
    """The sweep `mood`, run."""
    return command("run", "mood")
