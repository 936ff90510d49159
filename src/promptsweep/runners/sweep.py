"""The sweep file: what a user writes, validated; and its axes, expanded."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from promptsweep.config import line_of, plain, read_yaml, validate
from promptsweep.errors import ConfigError
from promptsweep.runners.budget import Allowance
from promptsweep.runners.gates import Gate
from promptsweep.types import JSON
from promptsweep.workspace import Workspace

Names = str | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The keys of a sweep file. Any list under a strategy or under `params` is an axis."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str = ""
    """Default: the file's name."""
    description: str = ""
    datasets: Names
    strategies: Any
    """A name, or a list of names and of `{name: {parameter: value or list}}`."""
    models: Names
    params: dict[str, JSON] = field(default_factory=dict)
    """Sampling parameters of every call."""
    system: Names = "none"
    """Personas from `prompts/system/`; `none` for none."""
    overflow: Names = "send"
    """What becomes of a prompt that is too long for the model: see `runners.overflow`."""
    metrics: list[str | dict[str, Any]] | None = None
    """Default: by each dataset's card and task."""
    split: str | None = None
    """Default: test, or what comes nearest."""
    repeats: Annotated[int, Ge(1)] = 1
    """Independent attempts at each sample."""
    limit: Annotated[int, Ge(1)] | None = None
    """Most samples of each dataset: drawn with `seed`, stratified by label. Default: all."""
    seed: int = 0
    budget: Allowance | None = None
    """What a run may spend at most. Default: no limit."""
    gates: list[Gate] | None = None
    """What `check` demands of the results."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One strategy with one choice of parameters, and where it applies."""

    strategy: str
    params: Mapping[str, JSON]
    datasets: list[str]
    models: list[str]
    system: list[str]
    model_params: list[Mapping[str, JSON]]
    overflow: str
    limit: int | None
    at: tuple[str | int, ...]
    """Where in the file it stands, for messages."""


NARROWING = ("datasets", "models", "system", "overflow", "params", "limit")
"""Keys under a strategy that narrow the sweep for it and are no parameters of its own."""


@dataclass(frozen=True, slots=True)
class SweepFile:
    """A sweep together with the file it came from, so that every message can name a line."""

    sweep: Sweep
    path: Path
    data: Mapping[str, Any]

    def error(self, message: str, *at: str | int) -> ConfigError:
        """A ConfigError at the line of a node of the file."""
        return ConfigError(message, path=self.path, line=line_of(self.data, at))

    def variants(self) -> Iterator[Variant]:
        """Every strategy with every choice of its parameters, in the order of the file."""
        listed = self.sweep.strategies
        for index, entry in enumerate(listed if isinstance(listed, list) else [listed]):
            name, options = self._entry(entry, index)
            narrowed = {key: options.pop(key) for key in NARROWING if key in options}
            params = self.sweep.params | narrowed.get("params", {})
            overflow = _listed(narrowed.get("overflow", self.sweep.overflow))
            for choice, policy in itertools.product(axes(options), overflow):
                yield Variant(
                    strategy=name,
                    params=choice,
                    datasets=_listed(narrowed.get("datasets", self.sweep.datasets)),
                    models=_listed(narrowed.get("models", self.sweep.models)),
                    system=_listed(narrowed.get("system", self.sweep.system)),
                    model_params=list(axes(params)),
                    overflow=policy,
                    limit=narrowed.get("limit", self.sweep.limit),
                    at=("strategies", index, name),
                )

    def _entry(self, entry: Any, index: int) -> tuple[str, dict[str, JSON]]:
        if isinstance(entry, str):
            return entry, {}
        if isinstance(entry, Mapping) and len(entry) == 1:
            [(name, options)] = entry.items()
            if options is None or isinstance(options, Mapping):
                self._check(name, options or {}, index)
                return str(name), dict(options or {})
        message = "a strategy is a name, or a name with its parameters: `few_shot: {k: [2, 4]}`"
        raise self.error(message, "strategies", index)

    def _check(self, name: str, options: Mapping[str, Any], index: int) -> None:
        limit = options.get("limit", 1)
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
            message = f"limit must be a whole number from 1, not {limit!r}"
            raise self.error(message, "strategies", index, name, "limit")
        if not isinstance(options.get("params", {}), Mapping):
            message = "params must hold keys and values"
            raise self.error(message, "strategies", index, name, "params")
        for key in ("datasets", "models", "system", "overflow"):
            if not all(isinstance(one, str) for one in _listed(options.get(key, []))):
                raise self.error(f"{key} must be a name or a list of names", "strategies", index, name, key)


def axes(options: Mapping[str, JSON]) -> Iterator[dict[str, JSON]]:
    """Every combination of the values of the lists in `options`, the last axis turning fastest.

    >>> list(axes({"k": [2, 4], "select": "first"}))
    [{'k': 2, 'select': 'first'}, {'k': 4, 'select': 'first'}]
    """
    for choice in itertools.product(*(_listed(value) for value in options.values())):
        yield dict(zip(options, choice, strict=True))


def load(reference: str, workspace: Workspace, overrides: Mapping[str, JSON] | None = None) -> SweepFile:
    """The sweep of a name or a path; `overrides` (of the command line) replace its keys.

    Raises ConfigError with file, line and the nearest known key.
    """
    path = workspace.file("runners", reference, ".yaml", "sweep")
    data = read_yaml(path)
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    return parse({**plain(data), **given}, path, data)


def parse(content: Mapping[str, Any], path: Path, data: Mapping[str, Any] | None = None) -> SweepFile:
    """A sweep from its content; `path` names it in messages, `data` knows the lines."""
    lined = content if data is None else data
    try:
        sweep = validate(content, Sweep, path)
    except ConfigError:
        validate(lined, Sweep, path)
        raise
    if not sweep.name:
        sweep = validate({**content, "name": path.stem}, Sweep, path)
    return SweepFile(sweep, path, lined)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def as_data(sweep: Sweep) -> dict[str, JSON]:
    """What a sweep says, without what it leaves at its default."""
    data = asdict(sweep)
    defaults = {one.name: one.default for one in fields(sweep)}
    return {name: value for name, value in data.items() if value != defaults[name] and value != {}}
