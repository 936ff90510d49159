"""All commands as Markdown, made from the commands themselves: `python -m promptsweep.cli.reference`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from promptsweep.cli import app


def reference() -> str:
    """Every command with its arguments and options; what stands in the README between its two markers."""
    root = typer.main.get_command(app)
    return "\n".join(_sections(root, "promptsweep"))


def _sections(command: Any, path: str) -> Iterator[str]:
    for name, sub in getattr(command, "commands", {}).items():
        if hasattr(sub, "commands"):
            yield from _sections(sub, f"{path} {name}")
        else:
            yield from _section(sub, f"{path} {name}")


def _section(command: Any, path: str) -> Iterator[str]:
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    options = [param for param in command.params if param.param_type_name == "option"]
    words = [path, *(param.metavar or param.name.upper() for param in arguments)]
    required = [f"{option.opts[0]} {option.metavar}" for option in options if option.required]
    yield f"#### `{' '.join([*words, *required])}`\n"
    yield f"{' '.join(command.help.split())}\n"
    yield from (f"- {_usage(param)}: {' '.join(param.help.split())}" for param in (*arguments, *options))
    yield ""


def _usage(param: Any) -> str:
    """`--limit N`, `-m, --model NAME`."""
    if param.param_type_name == "argument":
        return f"`{param.metavar or param.name.upper()}`"
    names = ", ".join(sorted(param.opts, key=len))
    return f"`{names}`" if param.is_flag else f"`{names} {param.metavar or _choices(param)}`"


def _choices(param: Any) -> str:
    """The values of an option that takes one of a few: `jsonl|csv|parquet`."""
    return "|".join(param.type_descriptor.choices or ()) or param.name.upper()


if __name__ == "__main__":
    typer.echo(reference())
