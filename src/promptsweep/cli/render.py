"""`render`: the exact messages that a strategy sends for a sample; no model and no key is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promptsweep.cli.options import DatasetOption, JsonOption, SampleOption, WorkspaceOption
from promptsweep.cli.output import emit, emit_json
from promptsweep.cli.places import find_sample, find_workspace
from promptsweep.errors import ConfigError
from promptsweep.types import JSON, Message

if TYPE_CHECKING:
    from promptsweep.runners import PlannedArm
    from promptsweep.workspace import Workspace


def render(
    strategy: Annotated[str, typer.Argument(metavar="STRATEGY", help="A strategy: a folder's name in prompts/.")],
    dataset: DatasetOption,
    sample: SampleOption = None,
    split: Annotated[
        str | None, typer.Option("--split", metavar="NAME", help="The sample's split. Default: the one evaluated.")
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="KEY=VALUE", help="A parameter of the strategy; may be repeated."),
    ] = None,
    system: Annotated[
        str, typer.Option("--system", metavar="NAME", help="A persona from prompts/system/, or `none`.")
    ] = "none",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Print the exact messages of a strategy's first call for a sample. Nothing is sent."""
    from promptsweep.api import enter
    from promptsweep.runners import first_request

    content = {
        "strategies": [{strategy: _params(param or [])}],
        "datasets": dataset,
        "models": "none",
        "system": system,
        "split": split,
    }
    planned = _arm(content, find_workspace(workspace))
    request = enter(first_request(planned, find_sample(planned, sample)))
    if json:
        emit_json({"messages": [asdict(message) for message in request.messages]})
    else:
        print_messages(request.messages)


def print_messages(messages: Sequence[Message]) -> None:
    """Prints each message under its role."""
    for message in messages:
        emit(f"── {message.role} ──", message.content)


def _params(given: Sequence[str]) -> dict[str, JSON]:
    """`k=4` → `{"k": 4}`: values are read as in a sweep file."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from promptsweep.config import plain

    found = {}
    for pair in given:
        name, _, value = pair.partition("=")
        try:
            found[name] = plain(YAML().load(value))
        except YAMLError:
            found[name] = value
        if "=" not in pair or found[name] is None:
            raise ConfigError(f"--param takes KEY=VALUE, not {pair!r}")
    return found


def _arm(content: Mapping[str, JSON], workspace: Workspace) -> PlannedArm:
    """The one arm of a sweep made up for this, with a model that is never asked."""
    from promptsweep.runners import Planner, parse
    from promptsweep.testing import FunctionModel

    planner = Planner(parse(content, Path("render")), workspace, {"none": FunctionModel(lambda _: "")})
    arms = planner.plan().arms
    if len(arms) > 1:
        raise ConfigError("render shows one arm: give each --param one value")
    return arms[0]
