"""Where a tuned model comes from: the entry in models.yaml, and the manifest of what it was trained on."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import ClassVar

import orjson

from promptsweep import config
from promptsweep.datasets.text import normalised
from promptsweep.errors import ConfigError
from promptsweep.types import JSON
from promptsweep.words import say

SUFFIX = ".lineage.json"
FORMAT = 1
"""Of manifests; raised with every change that older promptsweep could not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What models.yaml says of a tuned model. It tells people; it is no part of any identity."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    base: str
    """The model that was tuned, as a sweep names it."""
    data: str = ""
    """Digest of the training file, as its manifest has it."""
    method: str = "supervised"
    job: str = ""
    """Id of the job that made it."""
    manifest: str = ""
    """The manifest of the training file: a path, from the workspace's root where it is relative."""

    def __str__(self) -> str:
        tuned = say("{base} tuned ({method})", base=self.base, method=self.method)
        data = say(" on data {digest}", digest=self.data[:12]) if self.data else ""
        return tuned + data + (say(", job {id}", id=self.job) if self.job else "")

    def as_json(self) -> dict[str, JSON]:
        """The keys that say anything."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """One exported file."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str
    part: str
    """`training` or `validation`."""
    digest: str
    examples: int
    tokens: int
    """Of OpenAI's newest vocabulary (o200k), with what a chat adds to each message."""
    longest: int
    """Tokens of the longest example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an export was made from, and of which inputs: enough to say later that a model has seen a row."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    format: int = FORMAT
    promptsweep: str
    """Version that wrote it."""
    dataset: dict[str, str]
    """Its name, split and digest."""
    strategy: dict[str, JSON]
    """Its name, parameters, persona and digest."""
    completion: str
    """Template of the assistant's turn."""
    form: str
    validation: float
    seed: int
    limit: int | None
    leaked: list[str]
    """Ids of the rows that were left out because an evaluated split has their input as well."""
    files: list[ExportedFile]
    inputs: list[str] = field(default_factory=list)
    """Marks of the inputs of both files and of the worked examples shown, sorted: see `mark`."""


def mark(text: str) -> str:
    """16 hex digits that stand for an input: equal for inputs that count as the same."""
    return hashlib.blake2b(normalised(text).encode(), digest_size=8).hexdigest()


def content_digest(content: bytes) -> str:
    """Content address of a training file: 32 hex digits (BLAKE2b)."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def manifest_path(exported: Path) -> Path:
    """The manifest beside an exported file: `tickets.jsonl` → `tickets.lineage.json`."""
    return exported.with_suffix(SUFFIX)


def manifest_text(manifest: Manifest) -> bytes:
    """The manifest's file; the same export gives the same bytes."""
    return orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_manifest(path: Path) -> Manifest:
    """A manifest; ConfigError, in one line, for a file that is none, is damaged or is newer."""
    try:
        content = orjson.loads(config.read_text(path))
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"damaged: {error.msg}", path=path, line=error.lineno) from None
    if not isinstance(content, dict) or not isinstance(content.get("format"), int):
        raise ConfigError("no manifest: promptsweep export-finetune writes one", path=path)
    if content["format"] > FORMAT:
        raise ConfigError(
            f"written by a newer promptsweep (format {content['format']}, this one knows {FORMAT}): "
            "pip install -U promptsweep",
            path=path,
        )
    return config.validate(content, Manifest, path)
