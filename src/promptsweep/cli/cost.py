"""`cost`: what was paid, and what stored replies saved."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from promptsweep.cli.options import JsonOption, StoreOption, WorkspaceOption
from promptsweep.cli.output import emit_json
from promptsweep.cli.places import opened
from promptsweep.errors import ConfigError


class By(StrEnum):
    """What a line of the ledger stands for."""

    RUN = "run"
    MODEL = "model"
    DAY = "day"


def cost(
    by: Annotated[
        By, typer.Option("--by", metavar="run|model|day", help="What each line stands for.")
    ] = By.RUN,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="From this day on (YYYY-MM-DD, UTC).")
    ] = None,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show what was paid, and what stored replies saved.

    A reply is paid once, by the run that made it. Failed attempts are shown apart, at what they can have cost
    at most. What the dashboard sent stands under (playground) and (chat). Nothing is forgotten when replies
    are pruned.
    """
    from promptsweep.cli.views.costs import ledger_json, print_ledger
    from promptsweep.reports.ledger import entries

    first = None if since is None else _day(since)
    with opened(workspace, store) as found:
        lines = entries(found, by.value, first)
    if json:
        emit_json(ledger_json(lines, by.value, first))
    else:
        print_ledger(lines, by.value)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--since takes a day such as 2026-01-31, not {text!r}") from None
