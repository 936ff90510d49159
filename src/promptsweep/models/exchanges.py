"""Requests with their replies as lines of a recording, and the header that says whose they are.

A line keeps `messages`, `completion`, `model` and `params`, as hand-written recordings have them, and adds
all else that a request and a reply are made of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import ClassVar

import orjson

from promptsweep import config
from promptsweep.errors import ConfigError
from promptsweep.models.forms import RequestForm
from promptsweep.models.logprobs import as_json, from_json, is_kept
from promptsweep.models.recording import problem_of
from promptsweep.types import JSON, Completion, Message, Request, Usage

VERSION = 1
"""Of the format: raised when older readers would misread a newer file."""
_KEY = re.compile("[0-9a-f]{32}")
_COUNTS = {one.name for one in fields(Usage)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedIdentity:
    """A model as a run knew it."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    digest: str
    form: RequestForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first line of a recording that `promptsweep record` wrote."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    recording: int = VERSION
    sweep: str
    run: str
    replies: int
    """Lines that follow."""
    versions: dict[str, JSON] = field(default_factory=dict)
    """Of promptsweep and Python, and the commit of the workspace, when the run was made."""
    models: dict[str, RecordedIdentity]
    """By the names that the sweep uses."""

    def line(self) -> bytes:
        """As it stands in the file."""
        models = {
            name: {"digest": one.digest, "form": one.form.as_json()} for name, one in self.models.items()
        }
        return orjson.dumps(
            {**asdict(self), "models": models}, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
        )


def header_of(line: bytes, path: Path) -> Header | None:
    """The header, where a file's first line is one; ConfigError for a broken one or one of a later format."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(row, dict) or "recording" not in row:
        return None
    if row["recording"] != VERSION:
        message = f"a recording of format {row['recording']!r}; this promptsweep reads format {VERSION}"
        raise ConfigError(f"{message}. Update promptsweep, or record again", path=path, line=1)
    try:
        return config.validate(row, Header, path)
    except ConfigError as error:
        raise ConfigError(f"damaged header: {error.message}", path=path, line=1) from None


def encode(request: Request, completion: Completion) -> bytes:
    """A line of a recording."""
    usage = {name: count for name, count in asdict(completion.usage).items() if count is not None}
    row = {
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "completion": completion.text,
        "model": request.model,
        "params": dict(request.params),
        "draw": request.draw,
        "base_url": request.base_url,
        "key": request.key,
        "finish": completion.finish,
        "usage": usage,
        "seconds": completion.seconds,
        "cost": completion.cost,
        "reasoning": completion.reasoning,
        "attempts": completion.attempts,
    }
    if completion.logprobs is not None:
        row["logprobs"] = as_json(completion.logprobs)
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS)


KINDS: Mapping[str, tuple[type, ...]] = {
    "model": (str,),
    "params": (dict,),
    "draw": (int,),
    "base_url": (str,),
    "key": (str,),
    "finish": (str,),
    "usage": (dict,),
    "seconds": (int, float),
    "cost": (int, float, NoneType),
    "reasoning": (str, NoneType),
    "attempts": (int,),
}
"""What a line holds besides messages and completion; `logprobs` too, where they were asked for."""


def problem_in(row: JSON) -> str | None:
    """What is wrong with a line; None for nothing."""
    if isinstance(row, dict) and "recording" in row:
        return "a second header: recordings cannot be joined"
    problem = problem_of(row)
    if problem is not None:
        return problem
    wrong = [name for name, kinds in KINDS.items() if name not in row or not isinstance(row[name], kinds)]
    if not is_kept(row.get("logprobs")):
        wrong.append("logprobs")
    if wrong or not _KEY.fullmatch(row["key"]) or row["usage"].keys() - _COUNTS:
        what = ", ".join(wrong) or "key or usage"
        return f"not a line that promptsweep record wrote: {what} is missing or wrong"
    return None


def request_in(row: Mapping[str, JSON]) -> Request:
    """The request of a line; its key is made anew from what the line says."""
    return Request(
        model=row["model"],
        base_url=row["base_url"],
        messages=tuple(Message(turn["role"], turn["content"]) for turn in row["messages"]),
        params=row["params"],
        draw=row["draw"],
    )


def completion_in(row: Mapping[str, JSON]) -> Completion:
    """The reply of a line, marked as cached: nothing is sent for it."""
    return Completion(
        text=row["completion"],
        finish=row["finish"],
        usage=Usage(**row["usage"]),
        seconds=row["seconds"],
        cost=row["cost"],
        cached=True,
        attempts=row["attempts"],
        reasoning=row["reasoning"],
        logprobs=from_json(row.get("logprobs")),
    )
