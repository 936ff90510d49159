"""`export-finetune`: a dataset's train split as a file to fine-tune on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from promptsweep.cli.options import ParamOption, PersonaOption, WorkspaceOption
from promptsweep.cli.places import find_workspace


def export_finetune(  # noqa: PLR0913, PLR0917  the options of the command
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="A dataset: its name in datasets/, or a card's path.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            dir_okay=False,
            help="*.jsonl (chat, alpaca), *.json (alpaca) or *.txt (instruction).",
        ),
    ],
    strategy: Annotated[
        str,
        typer.Option(
            "--strategy",
            "-s",
            metavar="NAME",
            help="Whose prompt is trained on: one of a single call; `bare` for none.",
        ),
    ] = "zero_shot",
    param: ParamOption = None,
    system: PersonaOption = "none",
    form: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="FORMAT", help="chat (OpenAI's), alpaca, or instruction (text)."
        ),
    ] = "chat",
    completion: Annotated[
        str,
        typer.Option(
            "--completion",
            metavar="TEMPLATE",
            help="What the model is to learn to say, in Jinja over the row's fields and its `target`.",
        ),
    ] = "{{ target }}",
    validation: Annotated[
        float,
        typer.Option(
            "--validation",
            min=0,
            max=0.9,
            metavar="SHARE",
            help="Share of the rows for a second file, FILE.validation.",
        ),
    ] = 0.0,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="At most N rows, drawn with the seed.")
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Draws the rows and the validation share.")
    ] = 0,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=1, metavar="N", help="Refuse examples that are longer.")
    ] = 65_536,
    skip_leaked: Annotated[
        bool,
        typer.Option(
            "--skip-leaked", help="Leave out rows whose input is in an evaluated split, rather than stop."
        ),
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Write a dataset's train split as a file to fine-tune on.

    Each row as the strategy sends it, its target as the reply. Rows that an evaluated split has as well are
    refused: exit code 2, and nothing is written. A manifest beside the file says what it was made from.
    """
    from promptsweep.api.training_data import Recipe
    from promptsweep.api.training_data import export_finetune as export
    from promptsweep.cli.views.finetuning import print_exported
    from promptsweep.cli.views.rendering import param_values

    recipe = Recipe(
        dataset=dataset,
        strategy=strategy,
        params=param_values(param or []),
        system=system,
        form=form,
        completion=completion,
        validation=validation,
        seed=seed,
        limit=limit,
        skip_leaked=skip_leaked,
        most_tokens=max_tokens,
    )
    print_exported(export(recipe, output, find_workspace(workspace)))
