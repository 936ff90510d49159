"""Training examples as files, and the checks that a vendor makes before it takes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from promptsweep.errors import ConfigError, unknown
from promptsweep.models import tokens
from promptsweep.types import JSON, Message

LEAST = 10
"""Examples that OpenAI asks for at least."""
MOST_TOKENS = 65_536
"""Tokens of an example that OpenAI's current models are trained on; what is longer is cut there."""
VOCABULARY = "gpt-4.1"
"""Whose vocabulary (o200k) tokens are counted in."""
ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_INSTRUCTION, _RESPONSE = "### Instruction:", "### Response:"


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to train on."""

    examples: int
    tokens: int
    longest: int


def check_messages(messages: JSON) -> list[dict[str, JSON]]:
    """The messages of an example; ConfigError for what a vendor would refuse to train on."""
    if not isinstance(messages, list) or not all(isinstance(one, Mapping) for one in messages):
        raise ConfigError("`messages` must be a list of objects with `role` and `content`")
    for one in messages:
        if one.get("role") not in ROLES:
            raise ConfigError(unknown("role", str(one.get("role")), ROLES))
        calls = one.get("tool_calls") or one.get("function_call")
        if not calls and (not isinstance(one.get("content"), str | list) or not one["content"]):
            raise ConfigError(f"a message of {one['role']!r} has no content")
    roles = [one["role"] for one in messages]
    if "user" not in roles:
        raise ConfigError("no message of 'user'")
    if roles[-1] != "assistant":
        raise ConfigError(f"the last message must be of 'assistant', not {roles[-1]!r}")
    return messages


def counted_tokens(messages: Sequence[Mapping[str, JSON]], most: int = MOST_TOKENS) -> int:
    """About the tokens of an example: its texts, and four for each message as OpenAI's chats take.

    Raises ConfigError for more than `most`.
    """
    found = sum(4 + tokens.count(str(one.get("content") or ""), VOCABULARY) for one in messages)
    if found > most:
        raise ConfigError(f"{found:,} tokens; {most:,} is the most that is trained on")
    return found


def check_file(path: Path, least: int = LEAST) -> Size:
    """The size of a file of chats; ConfigError with the line of the first that a vendor would refuse."""
    counts = []
    for line, text in _lines(path):
        try:
            row = orjson.loads(text)
            counts.append(
                counted_tokens(check_messages(row.get("messages") if isinstance(row, dict) else None))
            )
        except orjson.JSONDecodeError as error:
            raise ConfigError(f"not JSON: {error.msg}", path=path, line=line) from None
        except ConfigError as error:
            raise ConfigError(error.message, path=path, line=line) from None
    if len(counts) < least:
        raise ConfigError(f"{len(counts)} examples; at least {least} are asked for", path=path)
    return Size(len(counts), sum(counts), max(counts))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            yield from ((place, text) for place, text in enumerate(file, 1) if text.strip())
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=path) from None


@dataclass(frozen=True, slots=True)
class Form:
    """A format of training files."""

    suffixes: tuple[str, ...]
    encode: Callable[[Sequence[Message], str], bytes]
    """Prompt and reply → the example, without what parts it from the next."""


def joined(examples: Sequence[bytes], suffix: str) -> bytes:
    """The file of encoded examples: lines, or one JSON array where the suffix is `.json`."""
    if suffix == ".json":
        return b"[\n" + b",\n".join(examples) + b"\n]\n"
    return b"".join(one + b"\n" for one in examples)


def turns(prompt: Sequence[Message], reply: str) -> list[dict[str, str]]:
    """A prompt and its reply as the messages of a chat."""
    asked = [{"role": str(one.role), "content": one.content} for one in prompt]
    return [*asked, {"role": "assistant", "content": reply}]


def _chat(prompt: Sequence[Message], reply: str) -> bytes:
    return orjson.dumps({"messages": check_messages(turns(prompt, reply))})


def _alpaca(prompt: Sequence[Message], reply: str) -> bytes:
    system, user = _one_turn(prompt, "alpaca")
    instruction, given = (system, user) if system else (user, "")
    return orjson.dumps({"instruction": instruction, "input": given, "output": reply})


def _instruction(prompt: Sequence[Message], reply: str) -> bytes:
    parts = [text for text in _one_turn(prompt, "instruction") if text]
    text = "\n\n".join(parts)
    for heading in (_INSTRUCTION, _RESPONSE):
        if any(heading == line.strip() for line in f"{text}\n{reply}".splitlines()):
            raise ConfigError(f"its text has the line {heading!r}, which this format marks turns with")
    return f"{_INSTRUCTION}\n{text}\n\n{_RESPONSE}\n{reply}\n".encode()


def _one_turn(prompt: Sequence[Message], form: str) -> tuple[str, str]:
    """System and user text; ConfigError for a prompt of several turns."""
    roles = [one.role for one in prompt]
    if roles not in (["user"], ["system", "user"]):
        shown = ", ".join(roles)
        raise ConfigError(f"{form} holds one turn, and the prompt has several ({shown}): use --format chat")
    return (prompt[0].content if len(prompt) > 1 else ""), prompt[-1].content


FORMS: Mapping[str, Form] = {
    "chat": Form((".jsonl",), _chat),
    "alpaca": Form((".json", ".jsonl"), _alpaca),
    "instruction": Form((".txt",), _instruction),
}


def form_of(name: str, path: Path) -> Form:
    """The format of this name; ConfigError for an unknown one, or a file whose name does not fit it."""
    form = FORMS.get(name)
    if form is None:
        raise ConfigError(unknown("format", name, FORMS))
    if path.suffix not in form.suffixes:
        raise ConfigError(f"a file of format {name} is named *{' or *'.join(form.suffixes)}", path=path)
    return form
