"""The metric `judge`: what a sweep or card may say of it. `runners.judging` asks the models it names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from promptsweep.errors import ConfigError
from promptsweep.metrics.base import Judge
from promptsweep.metrics.params import check_params
from promptsweep.types import JSON

PARAMS: Mapping[str, JSON] = {"temperature": 0, "max_tokens": 512}
"""Sampling parameters of a judge's calls where none are given; those that its model refuses are left out."""
_NAME = re.compile(r"[^\s|,{}\[\]]+")


def judge(  # noqa: PLR0913  the keys of the metric
    answer: str,
    sample: object,
    *,
    model: str | list[str],
    rubric: str,
    reference: bool | None = None,
    against: Literal["target"] | None = None,
    params: dict[str, Any] | None = None,
    allow_same_family: bool = False,
    name: str | None = None,
) -> None:
    """A model's verdict by a rubric: 1–5, or with `against: target` win, tie or loss (1, 0, −1)."""


class JudgeDefinition:
    """Makes judges of what a sweep says."""

    name = "judge"
    function = staticmethod(judge)
    higher_is_better = True

    def bind(self, params: Mapping[str, Any]) -> Judge:
        """The judge with these parameters; ConfigError where they do not fit."""
        given = check_params(self.name, judge, params)
        models = [given["model"]] if isinstance(given["model"], str) else given["model"]
        if not models or len(set(models)) < len(models):
            raise ConfigError("metric 'judge': model is a model's name, or a list of different ones")
        against = given.get("against")
        name = given.get("name") or f"judge({given['rubric']}{' vs target' if against else ''})"
        if given.get("name") and not _NAME.fullmatch(name):
            raise ConfigError(f"metric 'judge': a name has no spaces, commas and brackets, unlike {name!r}")
        if against and given.get("reference"):
            raise ConfigError("metric 'judge': with against: target, the target is no reference as well")
        return Judge(
            name=name,
            models=tuple(models),
            rubric=given["rubric"],
            kind="preference" if against else "rating",
            reference=False if against else given.get("reference"),
            params=dict(given.get("params") or {}),
            allow_same_family=given.get("allow_same_family", False),
            description=str(judge.__doc__),
        )


def judge_models(specs: Sequence[str | Mapping[str, Any]]) -> list[str]:
    """The models that the judges among these metrics name, each once, whether or not the rest is right."""
    found: dict[str, None] = {}
    for spec in specs:
        given = spec.get("judge") if isinstance(spec, Mapping) else None
        model = given.get("model") if isinstance(given, Mapping) else None
        found |= dict.fromkeys([model] if isinstance(model, str) else model or [])
    return list(found)
