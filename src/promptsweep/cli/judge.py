"""`judge`: a stored run's answers scored, or two of its arms compared, by a model and a rubric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from promptsweep.cli.options import JsonOption, RunArgument, StoreOption, WorkspaceOption
from promptsweep.cli.output import emit_json, note
from promptsweep.cli.places import find_workspace, opened
from promptsweep.errors import ConfigError, ExitCode
from promptsweep.types import JSON

if TYPE_CHECKING:
    from promptsweep.api import Result


def judge(  # noqa: PLR0913, PLR0917  the options of the command
    run: RunArgument,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", metavar="NAME", help="The judge; given several times, a panel."),
    ] = None,
    rubric: Annotated[
        str, typer.Option("--rubric", metavar="NAME", help="A rubric in prompts/judges/rubrics/.")
    ] = "helpfulness",
    pair: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--pair", metavar="ARM ARM", help="Compare two arms, in both orders, in place of scoring all."
        ),
    ] = None,
    against: Annotated[
        Literal["target"] | None,
        typer.Option("--against", metavar="target", help="Compare each answer with its sample's target."),
    ] = None,
    reference: Annotated[
        bool | None,
        typer.Option(
            "--reference/--no-reference", help="Show the target to the judge. Default: the rubric's."
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", "-n", metavar="NAME", help="The column's name. Default: judge(RUBRIC)."),
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", min=1, metavar="N", help="Of a verdict. Default: 512.")
    ] = None,
    allow_same_family: Annotated[
        bool, typer.Option("--allow-same-family", help="Let a model judge answers of its own family.")
    ] = False,
    budget: Annotated[
        float | None, typer.Option("--budget", min=0, metavar="USD", help="The most that this may cost.")
    ] = None,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="Show no progress.")] = False,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Judge a run's stored answers by a rubric, or compare two of its arms.

    The candidates are not asked again. Without --model: what the run's own judges have not scored yet. Then
    prints all that is stored of them: scores, pairs, agreement with people, cost. Exit code 4: incomplete.
    """
    from promptsweep.api.judging import judge_pair, judge_run
    from promptsweep.cli.views.judges import print_judges
    from promptsweep.cli.views.progress import watching
    from promptsweep.datasets import load as load_dataset
    from promptsweep.reports.judges import judge_report

    place = find_workspace(workspace)
    options = {
        "reference": reference,
        "against": against,
        "name": name,
        "params": {"max_tokens": max_tokens} if max_tokens else None,
        "allow_same_family": allow_same_family or None,
    }
    spec = _spec(model, rubric, pair, options)
    with opened(workspace, store) as found:
        with watching(quiet=no_progress) as observe:
            if pair is not None and spec is not None:
                result = judge_pair(found, run, place, spec, pair, usd=budget, observe=observe)
            else:
                result = judge_run(found, run, place, spec, usd=budget, observe=observe)
        report = judge_report(found, run, lambda dataset: load_dataset(dataset, place).card.human)
        if json:
            emit_json(report.as_json())
        else:
            print_judges(report)
    raise typer.Exit(_told(result))


def _spec(
    models: list[str] | None, rubric: str, pair: tuple[str, str] | None, options: Mapping[str, JSON]
) -> dict[str, JSON] | None:
    """What would stand under `judge:` in a sweep; None where no judge is named."""
    given = {key: value for key, value in options.items() if value is not None}
    if pair is not None and options["against"] is not None:
        raise ConfigError("--pair compares two arms, --against each answer with its target: choose one")
    if not models:
        if given or pair is not None:
            raise ConfigError("name the judge: --model NAME")
        return None
    return {"model": models[0] if len(models) == 1 else models, "rubric": rubric, **given}


def _told(result: Result) -> ExitCode:
    """Says how it ended, where it is not as it should be."""
    if result.exit_code != ExitCode.OK:
        note(f"{result.status.value}: {result.error}")
        note("The same command goes on from here; what is judged is not asked again.")
    return result.exit_code
