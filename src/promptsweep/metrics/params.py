"""A metric's parameters: those of its function after answer and sample, checked by name and by type."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from promptsweep.errors import ConfigError, unknown


def check_params(name: str, function: Callable[..., Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """The given parameters in the types that the function declares; its defaults are left to it.

    Raises ConfigError for an unknown name, a missing parameter and a value of a wrong type.
    """
    declared = list(inspect.signature(function).parameters.values())
    if len(declared) < 2:
        raise ConfigError(f"metric {name!r} must be a function of an answer and a sample")
    own = {one.name: one for one in declared[2:] if one.kind in (one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD)}
    for key in params:
        if key not in own:
            raise ConfigError(unknown(f"parameter of metric {name}", key, own))
    for key, parameter in own.items():
        if parameter.default is parameter.empty and key not in params:
            raise ConfigError(f"metric {name!r} needs the parameter {key!r}")
    hints = _hints(function) if params else {}
    return {key: _checked(name, key, value, hints.get(key, Any)) for key, value in params.items()}


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The function's types; none where they are imported for type checkers only."""
    try:
        return get_type_hints(function, include_extras=True)
    except NameError:
        return {}


def printed(name: str, params: Mapping[str, Any]) -> str:
    """The name with the parameters as given: `rouge1(tokenizer=chars)`."""
    shown = ", ".join(f"{key}={value}" for key, value in params.items())
    return f"{name}({shown})" if shown else name


def _checked(name: str, key: str, value: Any, hint: Any) -> Any:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(hint).validate_python(value, strict=True)
    except ValidationError as errors:
        problem = errors.errors(include_url=False)[0]["msg"]
        raise ConfigError(f"metric {name!r}: bad {key} {value!r}: {problem}") from None
