"""The command line: parse, call, print, exit. What is printed is in `views`; every decision is elsewhere."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

import typer

from promptsweep.cli.baseline import baseline
from promptsweep.cli.cache import cache
from promptsweep.cli.check import check
from promptsweep.cli.compare import compare
from promptsweep.cli.cost import cost
from promptsweep.cli.dashboard import dashboard
from promptsweep.cli.doctor import doctor
from promptsweep.cli.export import export
from promptsweep.cli.export_finetune import export_finetune
from promptsweep.cli.finetune import finetune
from promptsweep.cli.group import Commands, Resumable
from promptsweep.cli.init import init
from promptsweep.cli.judge import judge
from promptsweep.cli.listing import list_command
from promptsweep.cli.plan import plan
from promptsweep.cli.record import record
from promptsweep.cli.render import render
from promptsweep.cli.report import report
from promptsweep.cli.run import run
from promptsweep.cli.score import import_command, score
from promptsweep.cli.show import show
from promptsweep.cli.store import store
from promptsweep.cli.train_router import train_router
from promptsweep.cli.validate import validate

__all__ = ["app", "main"]

app = typer.Typer(
    name="promptsweep",
    cls=Commands,
    help="Find out which prompt is really better, by how much, at what cost, and whether a change broke it.",
    epilog="Exit codes: 0 done, 1 a gate failed, 2 a mistake of yours, 3 inconclusive or not comparable, "
    "4 incomplete, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_COMMANDS: dict[str, Callable[..., None]] = {
    "init": init,
    "validate": validate,
    "plan": plan,
    "render": render,
    "run": run,
    "list": list_command,
    "show": show,
    "compare": compare,
    "check": check,
    "score": score,
    "judge": judge,
    "import": import_command,
    "report": report,
    "export": export,
    "export-finetune": export_finetune,
    "record": record,
    "cost": cost,
    "train-router": train_router,
    "dashboard": dashboard,
    "doctor": doctor,
}
for _name, _command in _COMMANDS.items():
    app.command(_name, cls=Resumable if _command in {run, check} else None)(_command)
app.add_typer(baseline, name="baseline")
app.add_typer(cache, name="cache")
app.add_typer(finetune, name="finetune")
app.add_typer(store, name="store")


def main() -> None:
    """The console script: UTF-8 on both streams whatever the locale says, then the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app(prog_name="promptsweep")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"promptsweep {version('promptsweep')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Find out which prompt is really better, by how much, at what cost, and whether a change broke it."""
