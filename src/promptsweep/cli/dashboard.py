"""`dashboard`: the store in a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from promptsweep.cli.options import StoreOption, WorkspaceOption
from promptsweep.cli.places import find_workspace
from promptsweep.errors import MissingExtraError

APP = Path(__file__).parents[1] / "dashboard" / "app.py"


def dashboard(
    port: Annotated[
        int, typer.Option("--port", min=1, max=65535, metavar="N", help="The port to serve on.")
    ] = 8501,
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="ADDRESS", help="The address to serve on; only this machine by default."
        ),
    ] = "127.0.0.1",
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Browse runs, samples and traces in a web browser.

    Ctrl-C ends it.
    """
    if find_spec("streamlit") is None:
        raise MissingExtraError("the dashboard", "dashboard")
    options = {
        "server.address": host,
        "server.port": port,
        "server.showEmailPrompt": "false",
        "browser.gatherUsageStats": "false",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    chosen = {"PROMPTSWEEP_WORKSPACE": str(find_workspace(workspace).root)}
    if store is not None:
        chosen["PROMPTSWEEP_STORE"] = store
    command = [sys.executable, "-m", "streamlit", "run", str(APP), *words]
    raise typer.Exit(subprocess.call(command, env={**os.environ, **chosen}))  # noqa: S603  our own words
