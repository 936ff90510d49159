"""`dashboard`: the store in a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from promptsweep.cli.options import StoreOption, WorkspaceOption
from promptsweep.cli.places import find_workspace
from promptsweep.errors import MissingExtraError
from promptsweep.workspace import builtin_root


def dashboard(
    port: Annotated[
        int, typer.Option("--port", min=1, max=65535, metavar="N", help="The port to serve on.")
    ] = 8501,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="The address to serve on; only this machine by default. Any other asks visitors for the "
            "password in PROMPTSWEEP_DASHBOARD_PASSWORD, or to sign in by Streamlit's [auth] secrets.",
        ),
    ] = "127.0.0.1",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Leave out the pages that send or store something.")
    ] = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Browse runs, samples and traces in a web browser.

    Ctrl-C ends it.
    """
    if find_spec("streamlit") is None:
        raise MissingExtraError("the dashboard", "dashboard")
    from promptsweep.api import serving

    serving.check_host(host)
    chosen = {"PROMPTSWEEP_WORKSPACE": str(find_workspace(workspace).root)}
    if store is not None:
        chosen["PROMPTSWEEP_STORE"] = store
    if read_only:
        chosen[serving.READ_ONLY] = "1"
    script = builtin_root() / "dashboard.py"  # Streamlit takes looks and settings from the file beside it
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += [f"--server.address={host}", f"--server.port={port}"]
    raise typer.Exit(subprocess.call(command, env={**os.environ, **chosen}))  # noqa: S603  our own words
