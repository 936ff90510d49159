"""Models that are functions, for the demo: they know the answers, and get some of them wrong.

A reply depends on nothing but the request, so the demo is the same every time. A model is right more often
with worked examples, most with ones of the right label, and when it reasons; writing more takes longer.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Request, Usage

DATASETS = Path(__file__).parent.parent / "datasets"
KNOWN = ("tickets", "word_problems", "articles", "questions")
POINTS = {
    "Begin with the basics": "Write down what is known and what is not, and agree on the words.",
    "Compare the main options": "Two or three real choices side by side show more than a list of features.",
    "Count cost and time": "Include what it takes to keep it going, which is often more than the beginning.",
    "Learn from common mistakes": "Ask somebody who did it before; most errors are old ones in new clothes.",
    "Know when to stop": "Decide beforehand what result is good enough, and come back to it later.",
}


@dataclass(frozen=True)
class Student:
    """How good, quick and dear a model is."""

    skill: float
    """Share of the hard questions that it gets right unaided."""
    pace: float
    """Seconds for each token that it writes."""
    price: float
    """US dollars for a million tokens read; one that is written costs four times as much."""

    def model(self, name: str) -> FunctionModel:
        """The model of this name."""
        return FunctionModel(lambda request: self._reply(name, request), name=name)

    def _reply(self, name: str, request: Request) -> Completion:
        row = _row_of(request.messages[-1].content)
        prompt = "\n".join(message.content for message in request.messages)
        text = _WRITERS[row["dataset"]](self, row, prompt, request, name)
        read, written = len(prompt) // 4 + 8, len(text) // 4 + 1
        jitter = 0.8 + 0.4 * luck(name, request.key)
        return Completion(
            text,
            usage=Usage(read, written),
            seconds=(0.18 + read * 0.0002 + written * self.pace) * jitter,
            cost=(read + 4 * written) * self.price / 1e6,
        )

    def knows(self, row: Mapping[str, Any], prompt: str, request: Request, name: str) -> bool:
        """Whether it finds the answer to a row: hard rows are hard for all, help makes some easy."""
        shown = [one.content.splitlines()[-1] for one in request.messages if one.role == "assistant"]
        alike = sum(one.endswith(str(row["target"])) for one in shown)
        help_ = 0.018 * len(shown) + 0.05 * min(alike, 3) + 0.07 * prompt.count("step by step")
        help_ += 0.06 * prompt.count("asked for last") - 0.16 * prompt.count("in one breath")
        own = luck(name, row["id"], len(shown), prompt.count("step"))
        drawn = luck(name, request.key) if request.params.get("temperature") else own
        return 0.6 * luck(row["id"]) + 0.15 * own + 0.25 * drawn < self.skill + help_


def luck(*facts: object) -> float:
    """A number from 0 to 1 that looks random and always is the same."""
    return int.from_bytes(hashlib.blake2b(repr(facts).encode(), digest_size=6).digest()) / 2**48


def _label(student: Student, row: Mapping[str, Any], prompt: str, request: Request, name: str) -> str:
    reasons = "step by step" in prompt
    lead = (
        "The customer mentions several things, but only one of them is asked for.\nAnswer: "
        if reasons
        else ""
    )
    if student.knows(row, prompt, request, name):
        return f"{lead}{row['target']}"
    if luck("vague", name, row["id"]) < 0.12 and not reasons:
        return "That depends on what the customer meant."
    near = {
        "refund": "billing",
        "billing": "refund",
        "login": "bug",
        "bug": "login",
        "cancellation": "refund",
    }
    other = near.get(row["target"], "other")
    return f"{lead}{'feature_request' if other == row['target'] else other}"


def _number(student: Student, row: Mapping[str, Any], prompt: str, request: Request, name: str) -> str:
    right = student.knows(row, prompt, request, name)
    answer = row["target"] if right else str(float(row["target"]) + 1 + round(luck(request.key) * 8))
    answer = answer.removesuffix(".0")
    return f"{row['rationale']}\nAnswer: {answer}" if "step by step" in prompt else answer


def _summary(_: Student, row: Mapping[str, Any], prompt: str, *_rest: object) -> str:
    """Sentences of the article itself, in later rounds those with more of its entities."""
    drafts = list(_drafts(row))
    if "JSON list" in prompt:
        rounds = [{"missing_entities": new, "denser_summary": text} for text, new in drafts]
        return json.dumps(rounds, ensure_ascii=False)
    found = re.search(r"\(round (\d)\)|(\d)번째로", prompt)
    if found:
        return drafts[int(found[1] or found[2]) - 1][0]
    if "general" in prompt or "적게" in prompt:
        return drafts[0][0]
    return f"{row['target'].partition('. ')[0]}. {drafts[2][0].partition('. ')[0]}."


def _drafts(row: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Five summaries of about the same length, each with the entities that are new in it."""
    sentences = re.split(r"(?<=[.다]) ", row["input"])
    sparse = sorted(sentences, key=lambda one: sum(name in one for name in row["entities"]) / len(one))
    had: set[str] = set()
    for start in range(5):
        step = max(1, (len(sparse) - 3) // 4)
        chosen = sparse[min(start * step, len(sparse) - 3) :][:3]
        text = " ".join(one for one in sentences if one in chosen)
        here = [name for name in row["entities"] if name in text]
        yield text, [name for name in here if name not in had][:3]
        had.update(here)


def _essay(_: Student, row: Mapping[str, Any], prompt: str, request: Request, *_rest: object) -> str:
    count = 3 + round(2 * luck(row["id"]))
    points = list(POINTS.items())[:count]
    if "You plan answers" in prompt:
        return "\n".join(f"{place}. {point}" for place, (point, _) in enumerate(points, 1))
    found = re.search(r'Write point (\d+), "(.*)"\.\s*$', request.messages[-1].content)
    if found:
        return f"{found[1]}. {found[2]}: {POINTS[found[2]]}"
    return "\n\n".join(f"{point}. {text}" for point, text in points)


_WRITERS = {"tickets": _label, "word_problems": _number, "articles": _summary, "questions": _essay}


def _rows() -> Sequence[Mapping[str, Any]]:
    return [
        {"target": "", **json.loads(line), "dataset": name}
        for name in KNOWN
        for line in (DATASETS / f"{name}.test.jsonl").read_text(encoding="utf-8").splitlines()
    ]


_ROWS = _rows()
_EXACT = {row["input"]: row for row in _ROWS}


def _row_of(message: str) -> Mapping[str, Any]:
    """The row of a dataset that a message asks about."""
    return _EXACT.get(message.strip()) or next(row for row in _ROWS if row["input"] in message)
