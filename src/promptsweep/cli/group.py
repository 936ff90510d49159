"""What all commands share: mistakes become one line, and every ending has its exit code."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from promptsweep.errors import ExitCode, PromptsweepError

PIPE_CLOSED = 141
"""Exit code when the reader of our output went away, as shells report it (128 + SIGPIPE)."""


class Commands(TyperGroup):
    """Runs a command and turns what it raises into a message on stderr and an exit code.

    A user's mistake is one line; with PROMPTSWEEP_DEBUG set, its traceback comes first. Any other
    exception is a bug of ours and keeps its traceback.
    """

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that `ctx` names."""
        try:
            found = super().invoke(ctx)
            sys.stdout.flush()
        except PromptsweepError as error:
            if os.environ.get("PROMPTSWEEP_DEBUG"):
                traceback.print_exception(error)
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except BrokenPipeError:
            _drop_stdout()
            raise typer.Exit(PIPE_CLOSED) from None
        return found


class Resumable(TyperCommand):
    """A command whose `--resume` may stand alone: then it means the newest run of the sweep."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads the arguments, an empty value put behind a bare `--resume`."""
        filled = []
        for place, word in enumerate(args):
            filled.append(word)
            follower = args[place + 1] if place + 1 < len(args) else "-"
            if word == "--resume" and follower.startswith("-"):
                filled.append("")
        return super().parse_args(ctx, filled)


def _drop_stdout() -> None:
    """Lets Python's own flush at exit succeed although nobody reads any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
