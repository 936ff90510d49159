"""The messages of a strategy for one sample, as a run would send them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promptsweep.api import enter
from promptsweep.api.endpoints import unsent_embedder
from promptsweep.cli.places import find_sample
from promptsweep.config import plain
from promptsweep.errors import ConfigError
from promptsweep.runners import PlannedArm, Planner, first_request, parse
from promptsweep.testing import FunctionModel
from promptsweep.types import JSON, Message
from promptsweep.workspace import Workspace


def rendered(
    strategy: str,
    params: Sequence[str],
    *,
    dataset: str,
    split: str | None,
    sample: str | None,
    system: str,
    workspace: Workspace,
) -> tuple[Message, ...]:
    """The first call's messages; `params` are texts such as `k=4`, `sample` is an id, None for the first.

    Raises ConfigError as a sweep of this one arm would.
    """
    content = {
        "datasets": dataset,
        "strategies": [{strategy: param_values(params)}],
        "models": "none",
        "system": system,
        "split": split,
    }
    planned = _only_arm(content, workspace)
    return enter(first_request(planned, find_sample(planned, sample))).messages


def param_values(given: Sequence[str]) -> dict[str, JSON]:
    """`k=4` → `{"k": 4}`: values are read as in a sweep file."""
    found: dict[str, JSON] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise ConfigError(f"--param takes KEY=VALUE, not {pair!r}")
        try:
            found[name] = plain(YAML().load(value))
        except YAMLError:
            found[name] = value
    return found


def _only_arm(content: dict[str, JSON], workspace: Workspace) -> PlannedArm:
    """The arm of a sweep made up for this, with a model that is never asked."""
    model = FunctionModel(lambda _: "", name="none")
    file = parse(content, Path("render"))
    arms = Planner(file, workspace, {"none": model}, load_embedder=unsent_embedder).plan().arms
    if len(arms) > 1:
        raise ConfigError("render shows one arm: give each --param one value")
    return arms[0]
