"""The JSON Schema of a dataset's answers: in its card, or in a file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import orjson

from promptsweep import config
from promptsweep.answers.schemas import normal, problem
from promptsweep.errors import ConfigError
from promptsweep.types import JSON


def read_schema(path: Path) -> dict[str, JSON]:
    """The schema in a JSON or YAML file. ConfigError with the line of what is wrong."""
    if not path.is_file():
        raise ConfigError("no such file with a schema", path=path)
    if path.suffix.lower() != ".json":
        return checked(config.read_yaml(path), path)
    try:
        schema = orjson.loads(config.read_text(path))
    except orjson.JSONDecodeError as error:
        message = f"bad JSON: {error.msg} (column {error.colno})"
        raise ConfigError(message, path=path, line=error.lineno) from None
    if not isinstance(schema, dict):
        raise ConfigError("a schema is one JSON object", path=path, line=1)
    # JSON is YAML, whose reader alone knows the lines; it is asked only where something is wrong.
    return normal(schema) if problem(schema) is None else checked(config.read_yaml(path), path)


def checked(schema: Mapping[str, JSON], path: Path) -> dict[str, JSON]:
    """A schema as `config.read_yaml` gives it, plain and in NFC. ConfigError with the faulty line."""
    plain: dict[str, JSON] = normal(config.plain(schema))
    found = problem(plain)
    if found is None:
        return plain
    place, message = found
    raise ConfigError(message, path=path, line=config.line_of(schema, place))
