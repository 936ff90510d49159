"""From a metric's name in a sweep or card to the metric: built in, or a function of the user's own."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from promptsweep.datasets.schemas import read_schema
from promptsweep.errors import ConfigError, unknown
from promptsweep.metrics import (
    abstention,
    bleu,
    classification,
    draws,
    fields,
    following,
    lengths,
    matching,
    meaning,
    ngrams,
    overlap,
    records,
    retrieval,
    rouge,
    shapes,
    summaries,
)
from promptsweep.metrics.base import Judge, Kind, Scorer
from promptsweep.metrics.define import AggregateDefinition, Definition, MetricDefinition, first_line
from promptsweep.metrics.judge import JudgeDefinition
from promptsweep.metrics.records import schema_valid
from promptsweep.types import JSON, Task, digest

_MODULES = (
    matching,
    overlap,
    records,
    fields,
    rouge,
    bleu,
    summaries,
    lengths,
    classification,
    following,
    abstention,
    retrieval,
    ngrams,
    draws,
    meaning,
    shapes,
)
_BUILTIN: Mapping[str, Definition | JudgeDefinition] = {"judge": JudgeDefinition()} | {
    name: value
    for module in _MODULES
    for name, value in vars(module).items()
    if isinstance(value, MetricDefinition | AggregateDefinition)
}
_DEFAULTS: Mapping[Task, tuple[str, ...]] = {
    "classification": ("accuracy", "macro_f1"),
    "extraction": ("field_f1", "json_exact", "json_valid"),
    "qa": ("squad_em", "token_f1"),
    "math": ("numeric_match", "numeric_match_strict"),
    "summarisation": ("rouge1", "rouge2", "rougeLsum", "words", "entity_recall"),
    "open": ("words",),
}


class MetricError(ConfigError):
    """A mistake in one of several metrics; `place` says which."""

    def __init__(self, message: str, place: int):
        super().__init__(message)
        self.place = place


def names() -> list[str]:
    """Names of all built-in metrics."""
    return sorted(_BUILTIN)


def describe() -> dict[str, str]:
    """Name → one line, of all built-in metrics."""
    return {name: first_line(_BUILTIN[name].function) for name in names()}


def defaults(task: Task) -> tuple[str, ...]:
    """The metrics of a task where none are named; the first is the primary one."""
    return _DEFAULTS[task]


def resolve(
    specs: Sequence[str | Mapping[str, Any]],
    task: Task,
    root: Path,
    schema: Mapping[str, JSON] | None = None,
) -> tuple[Scorer, ...]:
    """The metrics that are named, the task's defaults where none are.

    A spec is a name (`accuracy`), a name with parameters (`{contains: {text: foo}}`), or in place of the
    name a function `(answer, sample) -> float | bool | Score | None` in a file (`path/to/file.py:function`,
    relative to `root`) or a module (`package.module:function`), whose code is run. `schema` is that of the
    dataset's answers. Raises ConfigError for what does not exist, does not fit or comes twice.
    """
    found = tuple(_placed(place, spec, root, schema) for place, spec in enumerate(specs or defaults(task)))
    seen: set[str] = set()
    for place, one in enumerate(found):
        if one.name in seen:
            hint = ": give one of them a `name`" if isinstance(one, Judge) else ""
            raise MetricError(f"metric {one.name!r} is listed twice{hint}", place)
        seen.add(one.name)
    return found


def _placed(
    place: int, spec: str | Mapping[str, Any], root: Path, schema: Mapping[str, JSON] | None
) -> Scorer:
    try:
        return _resolve(spec, root, schema)
    except ConfigError as error:
        if error.path is not None:
            raise
        raise MetricError(error.message, place) from None


def _resolve(spec: str | Mapping[str, Any], root: Path, schema: Mapping[str, JSON] | None) -> Scorer:
    name, params = _parts(spec)
    if name == "schema_valid":
        return schema_valid.bind(params, _schema_of(params, root, schema))
    if name in _BUILTIN:
        return _BUILTIN[name].bind(params)
    if ":" not in name:
        raise ConfigError(unknown("metric", name, names()))
    return _custom(name, root).bind(params)


def _schema_of(params: Mapping[str, Any], root: Path, schema: Mapping[str, JSON] | None) -> dict[str, Any]:
    """The schema that is named in the sweep, a file, else the dataset's own."""
    named = params.get("schema")
    if isinstance(named, str):
        return {"schema": read_schema(root / named)}
    if named is not None:
        raise ConfigError("metric 'schema_valid': schema is a JSON or YAML file in the workspace")
    if schema is None:
        message = "metric 'schema_valid' needs a schema: `schema:` in the dataset's card, or as its parameter"
        raise ConfigError(message)
    return {"schema": schema}


def _parts(spec: str | Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    if isinstance(spec, str):
        return spec, {}
    if len(spec) != 1:
        raise ConfigError(
            f"a metric is one name with its parameters, not {', '.join(map(str, spec)) or 'none'}"
        )
    name, params = next(iter(spec.items()))
    if params is not None and not isinstance(params, Mapping):
        raise ConfigError(f"metric {name!r}: parameters are written as keys and values")
    return str(name), params or {}


def _custom(reference: str, root: Path) -> Definition:
    source, _, name = reference.rpartition(":")
    if name in _BUILTIN:
        raise ConfigError(f"{reference}: {name!r} is the name of a built-in metric; rename the function")
    module = _file_module(root / source) if source.endswith(".py") else _named_module(source)
    found = getattr(module, name, None)
    if isinstance(found, MetricDefinition | AggregateDefinition):
        return found
    if not inspect.isfunction(found):
        functions = [key for key, value in vars(module).items() if inspect.isfunction(value)]
        raise ConfigError(unknown(f"metric function in {source}", name, functions))
    kind: Kind = "binary" if inspect.signature(found).return_annotation in (bool, "bool") else "graded"
    signature = f"source:{digest(Path(str(module.__file__)).read_text('utf-8'))[:8]}"
    return MetricDefinition(found, "answer", kind, True, lambda **_params: signature)


def _file_module(path: Path) -> ModuleType:
    if not path.is_file():
        raise ConfigError("no such file with metrics", path=path)
    name = f"promptsweep_metrics_{digest(str(path.resolve()))[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ConfigError(f"cannot be loaded: {type(error).__name__}: {error}", path=path) from error
    return module


def _named_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise ConfigError(
            f"metric module {name!r} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
