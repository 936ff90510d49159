"""A strategy is a folder of templates; one that makes several calls adds a short async function."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, get_type_hints, overload

from promptsweep.errors import ConfigError, unknown
from promptsweep.prompts.ask import Ask
from promptsweep.prompts.templates import Templates
from promptsweep.types import JSON, Sample, digest
from promptsweep.workspace import Workspace

StrategyFunction = Callable[..., Awaitable[str]]
F = TypeVar("F", bound=StrategyFunction)
Bound = Callable[..., int]
"""The strategy's parameters, by name → the most calls that one sample can take."""

COMMON = ("system", "overflow", "judges")
"""Folders in `prompts/` that are no strategies: personas, what merges parts of a document, judges."""
SHOT_PARAMS: Mapping[str, JSON] = {"k": 4, "select": "balanced", "shot_seed": 0, "order": 0}
"""Parameters of every strategy whose templates read `shots`: how many, by which selector, which seeds."""
_SHOT_KINDS = dict.fromkeys(("k", "shot_seed", "order"), int)

KINDS: Mapping[Any, str] = {bool: "true or false", int: "a whole number", float: "a number"}
"""Types that a parameter is held to, in words. Of a text the function itself knows which are possible."""

_MARK, _CALLS = "__promptsweep_strategy__", "__promptsweep_calls__"
_SHARED, _PLAIN = "__promptsweep_shared_calls__", "__promptsweep_plain__"


@overload
def strategy(function: F) -> F: ...


@overload
def strategy(
    *, calls: Bound, shared: Bound | None = None, plain: Callable[..., bool] | None = None
) -> Callable[[F], F]: ...


def strategy(
    function: F | None = None,
    *,
    calls: Bound | None = None,
    shared: Bound | None = None,
    plain: Callable[..., bool] | None = None,
) -> F | Callable[[F], F]:
    """Marks an async function `(sample, ask, *, name=default, …) -> str` as the strategy of its name.

    `@strategy(calls=lambda draws, **_: draws)` also declares the most calls that one sample can take,
    whatever the model replies, so that `plan` can tell the worst case before anything is sent. `shared` says
    how many of these are the same for all samples of an arm, and so are sent once; `plain`, with which
    parameters the answer is the reply of one call as it is, so that a target may be one.
    """

    def mark(function: F) -> F:
        is_async: bool = inspect.iscoroutinefunction(function)
        if not is_async:
            raise ConfigError(f"strategy {function.__name__!r} must be an async function")
        vars(function).update({_MARK: True, _CALLS: calls, _SHARED: shared, _PLAIN: plain})
        return function

    return mark if function is None else mark(function)


@dataclass(frozen=True, slots=True)
class Strategy:
    """A strategy, ready to be run with parameters."""

    name: str
    function: StrategyFunction
    params: Mapping[str, JSON]
    """Every parameter it takes, with its default."""
    own_params: frozenset[str]
    """Those that its function takes; the others are variables of its templates."""
    stages: tuple[str, ...]
    uses_shots: bool
    description: str
    digest: str
    """Content address of its templates and code."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Content address of each of its templates, of its data and of its code, by name."""
    bound: Bound | None = None
    """What it declares of its calls; None where it declares nothing."""
    shared: Bound | None = None
    """What it declares of the calls that its samples have in common; None: they have none."""
    plain: Callable[..., bool] | None = None
    """With which parameters its answer is the reply of one call as it is; None: with none of them."""
    kinds: Mapping[str, Any] = field(default_factory=dict)
    """Parameter → type, for those that code reads. What a template alone reads may be anything."""

    @property
    def single_call(self) -> bool:
        """Whether it is a folder without Python: one call for each sample, whatever the reply."""
        return self.function is one_call

    def most_calls(self, params: Mapping[str, JSON]) -> int | None:
        """The most calls that one sample takes with all these parameters; None where it does not say.

        Raises ConfigError where the declaration fails or gives no whole number from 1.
        """
        if self.single_call or self.bound is None:
            return 1 if self.single_call else None
        try:
            most = self.bound(**params)
        except Exception as error:
            raise ConfigError(
                f"the calls of strategy {self.name!r}: {type(error).__name__}: {error}"
            ) from error
        if not isinstance(most, int) or most < 1:
            raise ConfigError(
                f"the calls of strategy {self.name!r} must be a whole number from 1, not {most!r}"
            )
        return most

    def shared_calls(self, params: Mapping[str, JSON]) -> int:
        """How many of `most_calls` are the same for all samples."""
        return 0 if self.shared is None else self.shared(**params)

    def passes_on(self, params: Mapping[str, JSON]) -> bool:
        """Whether its answer is the reply of one call, as it is."""
        return self.single_call or (self.plain is not None and self.plain(**params))

    def complete(self, given: Mapping[str, JSON]) -> dict[str, JSON]:
        """All parameters with those that are given; ConfigError for one that it does not take, or not so."""
        for name in given:
            if name not in self.params:
                raise ConfigError(unknown(f"parameter of {self.name}", name, self.params))
        complete = {**self.params, **given}
        for name, kind in self.kinds.items():
            if (name in given or name in SHOT_PARAMS) and not _is(complete[name], kind):
                raise ConfigError(f"{self.name}: {name} must be {KINDS[kind]}, not {complete[name]!r}")
        return complete


def _is(value: JSON, kind: Any) -> bool:
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    return isinstance(value, int | float) if kind is float else isinstance(value, kind)


async def one_call(_: Sample, ask: Ask) -> str:
    """The strategy of a folder without Python: its `answer.j2`, once."""
    return await ask("answer")


def load(name: str, templates: Templates, workspace: Workspace) -> Strategy:
    """The strategy of a folder in `prompts/`.

    A `strategy.py` in that folder is executed: it is the user's own code, loaded only when named.
    Raises ConfigError for an unknown name, a malformed template, a folder that has no way to run.
    """
    stages = templates.stages(name)
    if not stages:
        raise ConfigError(unknown("strategy", name, names(workspace)))
    function, code = _function(name, workspace)
    if function is one_call and "answer" not in stages:
        raise ConfigError(f"strategy {name!r} needs prompts/{name}/answer.j2 or prompts/{name}/strategy.py")
    files = [f"{name}/{stage}.j2" for stage in stages]
    uses_shots = any("shots" in templates.variables(file) for file in files)
    signature = inspect.signature(function).parameters.values()
    own = {one.name: one.default for one in signature if one.kind is inspect.Parameter.KEYWORD_ONLY}
    declared = {key: value for file in reversed(files) for key, value in templates.declared(file).items()}
    data = {file: digest(templates.source(file)) for file in templates.data_files(name)}
    return Strategy(
        name=name,
        function=function,
        params={**(SHOT_PARAMS if uses_shots else {}), **declared, **own},
        own_params=frozenset(own),
        stages=tuple(stages),
        uses_shots=uses_shots,
        description=_description(function) or templates.description(files[0]),
        digest=digest(templates.digest(files), code, *data.values()),
        files=templates.digests(files) | data | ({f"{name}/strategy.py": digest(code)} if code else {}),
        bound=getattr(function, _CALLS, None),
        shared=getattr(function, _SHARED, None),
        plain=getattr(function, _PLAIN, None),
        kinds=_kinds(function, own) | (_SHOT_KINDS if uses_shots else {}),
    )


def _kinds(function: StrategyFunction, own: Iterable[str]) -> dict[str, Any]:
    """The plain types that the function declares; none where an annotation means nothing at run time."""
    try:
        hints = get_type_hints(function)
    except Exception:  # noqa: BLE001  an annotation of a user's code may be for type checkers, or anything
        return {}
    return {name: hints[name] for name in own if hints.get(name) in KINDS}


def names(workspace: Workspace) -> list[str]:
    """All strategies there are: folders in `prompts/` with a template or a `strategy.py`."""
    found = (name for name in workspace.names("prompts") if name not in COMMON)
    return [name for name in found if _is_strategy(name, workspace)]


def _is_strategy(name: str, workspace: Workspace) -> bool:
    folders = [root / "prompts" / name for root in workspace.roots]
    return any(any(folder.glob("*.j2")) or (folder / "strategy.py").exists() for folder in folders)


def _function(name: str, workspace: Workspace) -> tuple[StrategyFunction, str]:
    """The strategy's function and its source text."""
    from promptsweep.prompts import builtin

    path = workspace.root / "prompts" / name / "strategy.py"
    module = _execute(path) if path.exists() else builtin
    function = getattr(module, name, None)
    if not getattr(function, _MARK, False):
        if module is not builtin:
            raise ConfigError(f"holds no @strategy function named {name!r}", path=path)
        return one_call, ""
    assert function is not None
    return function, _code(function, path)


def _code(function: StrategyFunction, path: Path) -> str:
    """The source text: of the file, and of the function where the file takes it from elsewhere."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    elsewhere = inspect.getsourcefile(function) != str(path)
    return text + inspect.getsource(function) if elsewhere else text


def _execute(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"promptsweep_workspace.{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ConfigError:
        raise
    except Exception as error:
        line = error.lineno if isinstance(error, SyntaxError) else _last_line(error, path)
        raise ConfigError(f"{type(error).__name__}: {error}", path=path, line=line) from error
    return module


def _last_line(error: Exception, path: Path) -> int | None:
    line, trace = None, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _description(function: StrategyFunction) -> str:
    return "" if function is one_call else (inspect.getdoc(function) or "").partition("\n")[0]
