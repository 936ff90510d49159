"""Printing: tables and text to stdout, notes to stderr, JSON alone when JSON is asked for."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import typer

from promptsweep.types import JSON
from promptsweep.words import visible

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 120
"""Columns of a table that goes to a file or a pipe, where COLUMNS does not say otherwise."""


def console(*, stderr: bool = False) -> Console:
    """A console that prints text as it is: no markup, no emoji, no highlighting; no codes into a pipe."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def emit(*things: Any) -> None:
    """Prints to stdout: text as it is, unwrapped, and what Rich can draw, as wide as the console."""
    for thing in things:
        typer.echo(visible(thing) if isinstance(thing, str) else _drawn(thing))


def _drawn(thing: Any) -> str:
    """What Rich draws, without the blanks at the ends of its lines."""
    printer = console()
    with printer.capture() as captured:
        printer.print(thing)
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))


def emit_json(document: JSON) -> None:
    """Prints one JSON document to stdout; what is not a number (NaN) is null."""
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    sys.stdout.write(orjson.dumps(document, option=options).decode() + "\n")


def note(text: str) -> None:
    """Prints a line to stderr."""
    typer.echo(visible(text), err=True)


def excerpt(text: str | None, width: int) -> str:
    """The text on one line, cut to `width` characters."""
    line = visible(" ".join((text or "").split()))
    return line if len(line) <= width else line[: width - 1] + "…"
