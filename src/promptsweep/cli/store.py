"""`store`: what concerns the store as a whole."""

from __future__ import annotations

from typing import Annotated

import typer

from promptsweep.cli.options import JsonOption, WorkspaceOption
from promptsweep.cli.output import emit_json
from promptsweep.cli.places import opened

store = typer.Typer(help="The store: copy runs into another.", no_args_is_help=True, rich_markup_mode=None)


@store.callback()
def _store() -> None:
    """The store: copy runs into another."""


@store.command()
def copy(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="The store to copy from: a SQLite file or a database URL.")
    ],
    target: Annotated[str, typer.Argument(metavar="TO", help="The store to copy into; made where needed.")],
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]…", help="The runs: ids, beginnings of ids, sweeps' names. Default: everything."
        ),
    ] = None,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="Show no progress.")] = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Copy runs from one store into another, with all that belongs to them.

    Either may be a SQLite file or a PostgreSQL database. Repeated, it copies only what is new; interrupted,
    it goes on where it is repeated. Nothing is removed. Exit code 4: what was copied stays, repeat it.
    """
    from promptsweep.cli.views.copies import copies_json, print_copies, watching_copies
    from promptsweep.reports.copying import copy as copy_runs

    with opened(workspace, source) as before, opened(workspace, target, create=True) as after:
        with watching_copies(quiet=no_progress) as observe:
            copies, others = copy_runs(before, after, runs or (), observe)
        if json:
            emit_json(copies_json(before.url, after.url, copies, others))
        else:
            print_copies(after.url, copies, others)
