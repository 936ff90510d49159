"""All commands as Markdown, made from the commands themselves: `python -m promptsweep.cli.reference`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from promptsweep.cli import app

SHARED = ("--json", "--store", "--workspace")
"""Options of many commands, explained once."""


def reference() -> str:
    """Every command with its arguments and options; what stands in the README between its two markers."""
    commands = dict(_commands(typer.main.get_command(app), "promptsweep"))
    shared = {param.opts[0]: param for command in commands.values() for param in command.params}
    lines = ["Options of many commands:", "", *(_line(shared[name]) for name in SHARED), ""]
    for path, command in commands.items():
        lines += _section(path, command)
    return "\n".join(lines).rstrip() + "\n"


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _section(path: str, command: Any) -> Iterator[str]:
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    options = [param for param in command.params if param.param_type_name == "option"]
    words = [path, *(one.metavar if one.required else f"[{one.metavar}]" for one in arguments)]
    words += [f"{option.opts[0]} {option.metavar}" for option in options if option.required]
    shared = [f"`{option.opts[0]}`" for option in options if option.opts[0] in SHARED]
    yield f"#### `{' '.join(words)}`"
    yield ""
    yield " ".join(command.help.split()) + (f" Takes {', '.join(shared)}." if shared else "")
    yield ""
    own = [_line(param) for param in (*arguments, *options) if param.opts[0] not in SHARED]
    yield from [*own, ""] if own else []


def _line(param: Any) -> str:
    return f"- {_usage(param)}: {' '.join(param.help.split())}"


def _usage(param: Any) -> str:
    """`SWEEP`, `--limit N`, `-m, --model NAME`."""
    if param.param_type_name == "argument":
        return f"`{param.metavar}`"
    names = ", ".join(sorted(param.opts, key=len))
    return f"`{names}`" if param.is_flag else f"`{names} {param.metavar}`"


if __name__ == "__main__":
    typer.echo(reference(), nl=False)
