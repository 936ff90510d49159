"""`cache`: the stored replies: how many, which nobody needs, why a request was sent again."""

from __future__ import annotations

from typing import Annotated

import typer

from promptsweep.cli import figures
from promptsweep.cli.options import LimitOption, SampleOption, StoreOption, SweepArgument, WorkspaceOption
from promptsweep.cli.output import emit, plural
from promptsweep.cli.places import find_sample, find_workspace, opened

cache = typer.Typer(
    help="Stored replies: how many there are, which are not needed, why a request was sent again.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
