"""A check in every format, to where each is wanted: the terminal, files, and what GitHub reads."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from promptsweep.cli.output import note
from promptsweep.errors import ConfigError, unknown
from promptsweep.reports.annotations import workflow_commands
from promptsweep.reports.junit import junit
from promptsweep.reports.step_summary import check_markdown
from promptsweep.reports.verdicts import Check

TEXT, GITHUB = "text", "github"
SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable in which GitHub Actions names the file to which a step adds its summary."""


@dataclass(frozen=True, slots=True)
class Output:
    """One format, and the file it goes to; None: stdout."""

    form: str
    file: Path | None = None


Writer = Callable[[Check, int], str]
_WRITERS: Mapping[str, Writer] = {"md": check_markdown, "junit": junit}


def outputs(formats: Sequence[str] | None, output: Path | None, json: bool) -> list[Output]:
    """What `--format FORM[=FILE]`, `-o FILE` and `--json` ask for, to be called before anything is sent.

    Text goes to stdout where nothing else does. Raises ConfigError for an unknown format, for two formats on
    stdout, and for text in a file.
    """
    found = [_parsed(given) for given in [*(formats or []), *(["json"] if json else [])]]
    open_ones = [one for one in found if one.file is None]
    if output is not None:
        if len(open_ones) != 1:
            raise ConfigError(
                "-o FILE is for the one --format without a file of its own: --format junit -o FILE"
            )
        found[found.index(open_ones[0])] = Output(open_ones[0].form, output)
        open_ones = []
    if len(open_ones) > 1:
        names = ", ".join(one.form for one in open_ones)
        raise ConfigError(f"only one format can go to stdout, not {names}: --format {open_ones[0].form}=FILE")
    for one in found:
        if one.file is not None and one.form in (TEXT, GITHUB):
            raise ConfigError(f"format {one.form} is for stdout; for a file take md: --format md={one.file}")
    return found if open_ones else [Output(TEXT), *found]


def _parsed(given: str) -> Output:
    form, equals, file = given.partition("=")
    known = [TEXT, "json", *_WRITERS, GITHUB]
    if form not in known:
        raise ConfigError(unknown("format", form, known))
    if equals and not file:
        raise ConfigError(f"--format {given} names no file")
    return Output(form, Path(file) if file else None)


def write_outputs(
    check: Check,
    wanted: Sequence[Output],
    broken: int,
    *,
    text: Callable[[], None],
    json: Callable[[], str],
    sweep: Path | None = None,
) -> None:
    """Writes the check in all formats wanted, `broken` samples of each gate.

    `text` prints it for the terminal, `json` is its JSON document. `sweep` is the sweep's file, where GitHub
    shows the annotations.
    """
    for one in wanted:
        if one.form == TEXT:
            text()
        elif one.form == GITHUB:
            _print_for_github(check, broken, text, sweep)
        else:
            _put(json() if one.form == "json" else _WRITERS[one.form](check, broken), one.file)


def _print_for_github(check: Check, broken: int, text: Callable[[], None], sweep: Path | None) -> None:
    """The text for the log, the annotations, and the summary added to its file.

    The text holds words of models, and the runner obeys what looks like a command in a log. So it is told to
    stop that until it reads a word that nobody can guess.
    """
    word = secrets.token_hex(16)
    typer.echo(f"::stop-commands::{word}")
    text()
    typer.echo(f"::{word}::")
    typer.echo(workflow_commands(check, _in_repository(sweep)))
    if path := os.environ.get(SUMMARY):
        _write(Path(path), check_markdown(check, broken), mode="a")


def _in_repository(sweep: Path | None) -> str | None:
    """The path as annotations want it: from the root of the checkout. None for a file outside."""
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    if sweep is None or not sweep.resolve().is_relative_to(root):
        return None
    return sweep.resolve().relative_to(root).as_posix()


def _put(text: str, file: Path | None) -> None:
    if file is None:
        typer.echo(text, nl=False)
        return
    _write(file, text, mode="w")
    note(f"wrote {file}")


def _write(path: Path, text: str, mode: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode, encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=path) from None
