"""Replies of a chat that people judged, as samples of a dataset in the workspace."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import orjson

from promptsweep.api.naming import plain_name
from promptsweep.datasets.card import read_card
from promptsweep.errors import ConfigError
from promptsweep.types import JSON, Message, digest, nfc
from promptsweep.workspace import Workspace

RIGHT, WRONG = "right", "wrong"
CARD = """\
# Replies of a chat that people judged. The target is a reply that was liked, or the better answer to one that
# was not. `label` says whether the `reply` was right. Edit this card as you like.
task: open
description: Messages of a chat, with the replies that people judged.
language: {language}
splits: {{test: {file}}}
"""

_writing = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A reply and the judgement on it."""

    message: str
    """What the user wrote."""
    reply: str
    liked: bool
    before: Sequence[Message] = ()
    """The conversation up to the message."""
    better: str = ""
    """What the reply should have been, where it was not liked; empty where nobody says."""
    model: str = ""
    system: str = ""
    """The instructions."""


def keep(rated: Rated, name: str, workspace: Workspace) -> Path:
    """Appends the judged reply to `datasets/chat_<name>.jsonl`; returns the file.

    The line is written in one piece, so that a reader sees all of it or nothing. A card is made with the
    first. Raises ConfigError for a bad name, and where a card of this name is about another file.
    """
    stem = f"chat_{plain_name(name, 'dataset')}"
    folder = workspace.root / "datasets"
    file, card = folder / f"{stem}.jsonl", folder / f"{stem}.yaml"
    with _writing:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if card.exists():
                _check(card, file)
            _append(file, orjson.dumps(_row(rated)) + b"\n")
            _make(card, CARD.format(language=_language(rated.message), file=file.name))
        except OSError as error:
            raise ConfigError(f"cannot be written: {error.strerror}", path=file) from None
    return file


def _row(rated: Rated) -> dict[str, JSON]:
    now = datetime.now(UTC)
    target = rated.reply if rated.liked else nfc(rated.better.strip())
    row = {
        "input": nfc(rated.message),
        "target": target or None,
        "label": RIGHT if rated.liked else WRONG,
        "reply": rated.reply,
        "conversation": [asdict(message) for message in rated.before],
        "system": rated.system,
        "model": rated.model,
        "judged": now.isoformat(timespec="seconds"),
    }
    return {"id": digest(row, now.timestamp())[:12], **row}


def _append(file: Path, line: bytes) -> None:
    """Adds a line; where a crash left half of one, it begins a new one."""
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        if os.fstat(descriptor).st_size:
            os.lseek(descriptor, -1, os.SEEK_END)
            line = line if os.read(descriptor, 1) == b"\n" else b"\n" + line
        if os.write(descriptor, line) != len(line):
            raise OSError(0, "the disk is full")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(card: Path, text: str) -> None:
    """Writes the card unless there is one."""
    try:
        with card.open("x", encoding="utf-8", newline="\n") as written:
            written.write(text)
    except FileExistsError:
        return


def _check(card: Path, file: Path) -> None:
    sources = [source.file for source in read_card(card).splits.values()] if file.exists() else []
    if file.absolute() not in sources:
        raise ConfigError(f"is not about {file.name}; choose another name", path=card)


def _language(text: str) -> str:
    return "ko" if re.search("[가-힣]", text) else "en"
