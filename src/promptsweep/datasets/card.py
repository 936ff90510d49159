"""The card of a dataset: what it is about, what is asked, and where its rows are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from promptsweep import config
from promptsweep.datasets.read import rows
from promptsweep.datasets.schemas import checked, read_schema
from promptsweep.datasets.source import Source, read_source, sources_beside
from promptsweep.datasets.text import text_of
from promptsweep.errors import ConfigError, unknown
from promptsweep.types import Task

FORMS: Mapping[str, Mapping[Task, str]] = {
    "en": {
        "classification": "Answer with one label and nothing else.",
        "extraction": "Answer with one JSON object and nothing else.",
        "qa": "Answer with the shortest phrase that answers the question.",
        "math": "Finish with a line `Answer:` and the number alone.",
        "summarisation": "Answer with the summary alone.",
        "open": "",
    },
    "ko": {
        "classification": "라벨 하나만 쓰고 다른 말은 덧붙이지 마세요.",
        "extraction": "JSON 객체 하나만 쓰고 다른 말은 덧붙이지 마세요.",
        "qa": "질문의 답이 되는 가장 짧은 말만 쓰세요.",
        "math": "마지막 줄에 `답:`과 숫자만 쓰세요.",
        "summarisation": "요약문만 쓰세요.",
        "open": "",
    },
}
"""Language → the form of the answer where the card does not say it; English for any other language."""


@dataclass(frozen=True, slots=True)
class Human:
    """Fields that hold people's verdicts on answers that are imported, not made by a run."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    score: str | None = None
    """Field with a number for the answer; more is better."""
    scale: tuple[float, float] = (1.0, 5.0)
    """Least and best score."""
    preference: str | None = None
    """Field that names, by the `model` column of the import, whose answer is better; or `tie`."""

    def __post_init__(self) -> None:
        if self.scale[0] >= self.scale[1]:
            raise ValueError("scale is the least and the best score: [1, 5]")


@dataclass(frozen=True, slots=True)
class Card:
    """What `datasets/<name>.yaml` says. Only `task` is required."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    task: Task
    description: str = ""
    instruction: str = ""
    """What the model is asked to do; prompts show it as the task."""
    form: str | None = None
    """The form of the answer; None for that of the task and the language (`FORMS`)."""
    labels: tuple[str, ...] = ()
    """Every label there is. In YAML a list, or a file: one label a line (.txt) or a column `label`."""
    schema: Mapping[str, Any] | None = None
    """JSON Schema (Draft 2020-12) of the answers. In YAML a mapping, or a JSON or YAML file."""
    language: str = "en"
    """Of the rows, as a tag: `ko`, `en-GB`."""
    licence: str = ""
    author: str = ""
    version: int | float | str = 1
    fields: Mapping[str, str] = field(default_factory=dict)
    """`id`, `input`, `target` or any template variable → the column that holds it."""
    splits: Mapping[str, Source] = field(default_factory=dict)
    """In YAML a file, `hf:owner/name`, or a mapping; without any, the files beside the card."""
    metrics: tuple[str | Mapping[str, Any], ...] = ()
    """Metrics by name or with parameters; empty for the task's own."""
    answer_pattern: tuple[str, ...] = ()
    """Regular expressions that find the answer in a reply; empty for the task's own rules."""
    cluster: str | None = None
    """Field whose equal values mark samples that are not independent (one article, many questions)."""
    primary: str | None = None
    """The metric to rank by; None for the first."""
    human: Human = Human()
    """What people said of answers that come with the dataset; judges are compared with it."""

    @property
    def answer_form(self) -> str:
        """The form of the answer in words: the card's own, else that of its task in its language."""
        if self.form is not None:
            return self.form
        return FORMS.get(self.language.partition("-")[0], FORMS["en"])[self.task]


def read_card(path: Path) -> Card:
    """The validated card with its splits resolved. Raises ConfigError with the line of the first mistake."""
    data = config.read_yaml(path)
    assert isinstance(data, MutableMapping)
    _expand_labels(data, path)
    _expand_patterns(data, path)
    _expand_schema(data, path)
    if isinstance(data.get("splits"), MutableMapping):
        data["splits"].update({name: read_source(data["splits"], name, path) for name in data["splits"]})
    card = config.validate(data, Card, path)
    return card if card.splits else replace(card, splits=sources_beside(path))


def _expand_labels(data: MutableMapping[str, Any], path: Path) -> None:
    labels = data.get("labels")
    if isinstance(labels, str):
        data["labels"] = labels = list(_labels_in(path.parent / labels))
    if not isinstance(labels, list):
        return
    for index, label in enumerate(labels):
        labels[index] = text_of(config.plain(label))
        if labels[index] in labels[:index]:
            line = config.line_of(data, ("labels", index))
            raise ConfigError(f"label {labels[index]!r} is there twice", path=path, line=line)


def _labels_in(path: Path) -> Iterator[str]:
    if path.suffix.lower() == ".txt":
        yield from (line.strip() for line in config.read_text(path).splitlines() if line.strip())
        return
    for line, row in rows(path):
        if "label" not in row:
            raise ConfigError(unknown("column", "label", row), path=path, line=line)
        yield text_of(row["label"])


def _expand_patterns(data: MutableMapping[str, Any], path: Path) -> None:
    patterns = data.get("answer_pattern")
    if isinstance(patterns, str):
        data["answer_pattern"] = patterns = [patterns]
    for index, pattern in enumerate(patterns if isinstance(patterns, list) else []):
        try:
            re.compile(str(pattern))
        except re.error as error:
            line = config.line_of(data, ("answer_pattern", index))
            message = f"not a regular expression: {error}: {pattern}"
            raise ConfigError(message, path=path, line=line) from None


def _expand_schema(data: MutableMapping[str, Any], path: Path) -> None:
    schema = data.get("schema")
    if isinstance(schema, Mapping):
        data["schema"] = checked(schema, path)
    elif isinstance(schema, str):
        file = path.parent / schema
        if not file.is_file():
            line = config.line_of(data, ("schema",))
            raise ConfigError(f"schema: no file {file}", path=path, line=line)
        data["schema"] = read_schema(file)
