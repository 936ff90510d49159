"""A hand-written file of recorded replies: JSONL of `{"messages": […], "completion": "…"}`.

`model`, `params` and `draw` may stand beside them; other keys are passed over. It may be compressed. What
`promptsweep record` writes has these lines too, with a header and more: `models.keyed` reads it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, get_args

import orjson

from promptsweep.errors import ConfigError
from promptsweep.models.archives import read_lines
from promptsweep.types import JSON, Message, Role, digest

ROLES = get_args(Role)


class Recorded(NamedTuple):
    """One recorded reply, without the messages it answers."""

    line: int
    completion: str
    model: str | None
    params: Mapping[str, JSON]
    draw: int | None


@dataclass(frozen=True, slots=True)
class Recording:
    """All replies of a file, by the content of the messages they answer."""

    path: Path
    digest: str
    replies: Mapping[str, Sequence[Recorded]] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Recording:
        """The file's replies, in its order. Raises ConfigError for the first malformed line."""
        running = hashlib.blake2b(digest_size=16)
        replies: dict[str, list[Recorded]] = {}
        for number, line in _lines(path):
            running.update(line)
            messages, recorded = _parse(line, path, number)
            replies.setdefault(address(messages), []).append(recorded)
        if not replies:
            raise ConfigError("holds no recorded reply", path=path)
        return cls(path, running.hexdigest(), replies)

    @property
    def models(self) -> list[str]:
        """The models that the file names, sorted."""
        every = (recorded.model for replies in self.replies.values() for recorded in replies)
        return sorted({model for model in every if model is not None})

    def prompts(self) -> Iterator[tuple[int, tuple[Message, ...]]]:
        """Line numbers and messages of all replies, read from the file again: they are not kept in memory."""
        for number, line in _lines(self.path):
            yield number, _parse(line, self.path, number)[0]


def address(messages: Sequence[Message]) -> str:
    """Content address of messages, character for character."""
    return digest([[message.role, message.content] for message in messages])


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    for number, line in read_lines(path):
        text = line.removeprefix(b"\xef\xbb\xbf").strip()
        if text:
            yield number, text


def _parse(line: bytes, path: Path, number: int) -> tuple[tuple[Message, ...], Recorded]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"not JSON: {error.msg}", path=path, line=number) from None
    problem = problem_of(row)
    if problem is not None:
        raise ConfigError(problem, path=path, line=number)
    messages = tuple(Message(turn["role"], turn["content"]) for turn in row["messages"])
    given = row.get("params") or {}
    draw = row["draw"] if isinstance(row.get("draw"), int) else None
    return messages, Recorded(number, row["completion"], row.get("model"), given, draw)


def problem_of(row: JSON) -> str | None:
    """What is wrong with a line; None for nothing."""
    if not isinstance(row, dict):
        return "must be a JSON object"
    if not isinstance(row.get("completion"), str):
        return "'completion' must be a text"
    if not isinstance(row.get("model"), str | None) or not isinstance(row.get("params"), dict | None):
        return "'model' must be a text and 'params' an object, where they are present"
    turns = row.get("messages")
    if not isinstance(turns, list) or not turns or not all(_is_turn(turn) for turn in turns):
        return '\'messages\' must be a list of {"role": …, "content": …}, the content a text'
    return None


def _is_turn(turn: JSON) -> bool:
    return isinstance(turn, dict) and turn.get("role") in ROLES and isinstance(turn.get("content"), str)
