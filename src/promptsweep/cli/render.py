"""`render`: the exact messages that a strategy sends for a sample; no model and no key is needed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from promptsweep.cli.options import (
    DatasetOption,
    JsonOption,
    ParamOption,
    PersonaOption,
    SampleOption,
    WorkspaceOption,
)
from promptsweep.cli.output import emit_json
from promptsweep.cli.places import find_workspace


def render(
    strategy: Annotated[
        str, typer.Argument(metavar="STRATEGY", help="A strategy: a folder's name in prompts/.")
    ],
    dataset: DatasetOption,
    sample: SampleOption = None,
    split: Annotated[
        str | None,
        typer.Option("--split", metavar="NAME", help="The sample's split. Default: the one evaluated."),
    ] = None,
    param: ParamOption = None,
    system: PersonaOption = "none",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Print the exact messages that a strategy sends.

    Those of its first call for a sample; nothing is sent, and no key is needed.
    """
    from promptsweep.cli.views.rendering import rendered
    from promptsweep.cli.views.traces import print_messages

    messages = rendered(
        strategy,
        param or [],
        dataset=dataset,
        split=split,
        sample=sample,
        system=system,
        workspace=find_workspace(workspace),
    )
    if json:
        emit_json({"messages": [asdict(message) for message in messages]})
    else:
        print_messages(messages)
