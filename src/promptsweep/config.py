"""YAML 1.2 into validated dataclasses; every mistake becomes one line with the file and the line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from promptsweep.errors import ConfigError, unknown

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
_adapters: dict[type, TypeAdapter[Any]] = {}
"""Each type's, made once: that takes far longer than a validation."""


def read_text(path: Path) -> str:
    """The file as UTF-8 without its byte order mark; ConfigError where it is something else."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError("not UTF-8 text; save the file as UTF-8", path=path, line=line) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=path) from None


def read_yaml(path: Path) -> Mapping[str, Any]:
    """The mapping in a YAML file, each node knowing its line.

    Raises ConfigError for anything but one well-formed mapping with unique keys.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        data = YAML(typ="rt").load(read_text(path))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = (error.problem or error.context or "not YAML").splitlines()[0]
        raise ConfigError(f"bad YAML: {problem}", path=path, line=mark.line + 1 if mark else None) from None
    except YAMLError as error:
        raise ConfigError(f"bad YAML: {str(error).splitlines()[0]}", path=path) from None
    if not isinstance(data, Mapping):
        raise ConfigError("must hold keys and values at the top level", path=path, line=1)
    return data


def line_of(data: Any, location: Iterable[str | int]) -> int | None:
    """Line (1-based) of the deepest node on the way to `location` that exists; None where unknown."""
    line = None
    for step in location:
        position = getattr(data, "lc", None)
        try:
            at = position.key(step) if isinstance(data, Mapping) else position.item(step)  # type: ignore[union-attr]
            line, data = at[0] + 1, data[step]
        except (KeyError, TypeError, IndexError, AttributeError):
            break
    return line


def plain(data: Any) -> Any:
    """The same data in plain dicts, lists, strings and numbers, without YAML's line marks."""
    if isinstance(data, Mapping):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [plain(value) for value in data]
    for kind in (bool, int, float, str):
        if isinstance(data, kind):
            return kind(data)
    return data


def load(path: Path, into: type[T]) -> T:
    """A YAML file as the given dataclass. Unknown keys are errors that name the nearest known key."""
    return validate(read_yaml(path), into, path)


def validate(data: Any, into: type[T], path: Path | str) -> T:
    """`data` (as `read_yaml` gives it) as the given dataclass, or ConfigError for its first mistake."""
    from pydantic import TypeAdapter, ValidationError

    if into not in _adapters:
        _adapters[into] = TypeAdapter(into)
    try:
        found: T = _adapters[into].validate_python(plain(data))
    except ValidationError as errors:
        raise _mistake(errors.errors(include_url=False), data, into, path) from None
    return found


def _mistake(errors: Iterable[Any], data: Any, into: type, path: Path | str) -> ConfigError:
    """The first mistake, with the others. A key that is missing is no mistake beside one that is misspelt."""
    found: dict[tuple[str | int, ...], ConfigError] = {}
    unknown_keys = [error for error in errors if error["type"] in _UNKNOWN_KEY]
    misspelt = {tuple(error["loc"][:-1]) for error in unknown_keys}
    for error in errors:
        missing = error["type"] in _MISSING_KEY
        if missing and tuple(error["loc"][:-1]) in misspelt:
            continue
        location = tuple(error["loc"]) if missing else _within(data, error["loc"])
        message = _explain(dict(error), location, into)
        found.setdefault(location, ConfigError(message, path=path, line=line_of(data, location)))
    first, *others = found.values()
    first.others = tuple(others)
    return first


def _within(data: Any, location: Iterable[str | int]) -> tuple[str | int, ...]:
    """As much of the location as there is in the data: pydantic adds which kind of a union it tried."""
    steps: list[str | int] = []
    for step in location:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            break
        steps.append(step)
    return tuple(steps)


_UNKNOWN_KEY = ("unexpected_keyword_argument", "extra_forbidden")
_MISSING_KEY = ("missing", "missing_argument")


def _explain(error: dict[str, Any], location: tuple[str | int, ...], into: type) -> str:
    where = ".".join(str(step) for step in location)
    if error["type"] in _UNKNOWN_KEY:
        return unknown("key", str(location[-1]), _keys(into, location[:-1]))
    if error["type"] in _MISSING_KEY:
        return f"{where!r} is required"
    if error["type"] == "literal_error":
        return f"{where}: " + unknown(
            "value", str(error["input"]), re.findall("'([^']*)'", error["ctx"]["expected"])
        )
    if error["type"] == "dataclass_type":
        return f"{where} must hold keys and values. Known: {', '.join(sorted(_keys(into, location)))}"
    message = error["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def _keys(into: Any, location: tuple[str | int, ...]) -> list[str]:
    """Known keys of the dataclass found by following `location` through `into`'s annotations."""
    from dataclasses import fields, is_dataclass
    from typing import get_args, get_origin, get_type_hints

    if location and is_dataclass(into) and isinstance(into, type) and isinstance(location[0], str):
        return _keys(get_type_hints(into).get(location[0]), location[1:])
    if is_dataclass(into):
        return [field.name for field in fields(into)]
    if location and get_origin(into) in (dict, Mapping):
        return _keys(get_args(into)[1], location[1:])
    for option in get_args(into):
        rest = location[1:] if location and not is_dataclass(option) else location
        if found := _keys(option, rest):
            return found
    return []
