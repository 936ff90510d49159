"""Answers made elsewhere, scored as a run like any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptsweep import metrics as metric_room
from promptsweep.answers import parser
from promptsweep.datasets import Dataset
from promptsweep.datasets.read import rows
from promptsweep.errors import ConfigError, unknown
from promptsweep.metrics import Scorer
from promptsweep.runners.plan import ScoredArm
from promptsweep.runners.scoring import judge
from promptsweep.runners.selection import Selection
from promptsweep.types import JSON, Arm, Record, Sample, digest


@dataclass(frozen=True, slots=True)
class ImportedAnswers:
    """A file of answers, matched to a dataset's samples; what a store notes as a run's plan."""

    name: str
    sweep: Mapping[str, JSON]
    path: str
    arms: tuple[ScoredArm, ...]
    repeats: int
    warnings: tuple[str, ...]
    _answers: tuple[tuple[int, str, int, str], ...]
    """(arm's place, sample id, repeat, text)"""

    def records(self) -> Iterator[Record]:
        """A scored record for each answer."""
        samples = {sample.id: (place, sample) for place, sample in enumerate(self.arms[0].selection)}
        for arm, sample_id, repeat, text in self._answers:
            position, sample = samples[sample_id]
            yield scored(self.arms[arm], sample, position, repeat, text)


def scored(planned: ScoredArm, sample: Sample, position: int, repeat: int, reply: str) -> Record:
    """The record of a reply that is already there."""
    task = planned.dataset.card.task
    verdict = judge(reply, "stop", sample, task=task, parse=planned.parse, metrics=planned.metrics)
    return Record(
        arm=planned.arm.key,
        sample=sample,
        position=position,
        repeat=repeat,
        outcome=verdict.outcome,
        reply=reply,
        answer=verdict.answer,
        scores=verdict.scores,
    )


def read_answers(
    path: Path,
    dataset: Dataset,
    name: str,
    *,
    split: str | None,
    metrics: Sequence[str] | None,
    root: Path,
) -> ImportedAnswers:
    """Reads `{"id", "answer"}` rows (JSONL, CSV, TSV, Parquet).

    An id that comes again is another repeat of that sample; a column `model` makes an arm of each model.
    Raises ConfigError with the line for a row without id or answer and for an id the split does not have.
    """
    if not name.strip():
        raise ConfigError("the answers need a name")
    selection = Selection.of(dataset, dataset.split(split), None, 0)
    known = {sample.id for sample in selection}
    arms: dict[str, int] = {}
    seen: Counter[tuple[int, str]] = Counter()
    answers = []
    for line, row in rows(path):
        sample_id, text = _id_and_answer(row, path, line)
        if sample_id not in known:
            raise ConfigError(unknown(f"sample of {dataset.name}", sample_id, known), path=path, line=line)
        arm = arms.setdefault(str(row.get("model") or name), len(arms))
        answers.append((arm, sample_id, seen[arm, sample_id], text))
        seen[arm, sample_id] += 1
    if not answers:
        raise ConfigError("holds no answers", path=path)
    content = digest(answers)
    specs = metrics or dataset.card.metrics or metric_room.defaults(dataset.card.task)
    scorers = metric_room.resolve(specs, dataset.card.task, root, dataset.card.schema)
    planned = [answer_arm(name, model, dataset, selection, specs, scorers, content) for model in arms]
    return ImportedAnswers(
        name=name,
        sweep={"import": str(path), "dataset": dataset.name, "name": name},
        path=str(path),
        arms=tuple(planned),
        repeats=max(seen.values()),
        warnings=(*selection.warnings, *_unanswered(planned, seen, selection.count)),
        _answers=tuple(answers),
    )


def _id_and_answer(row: Mapping[str, Any], path: Path, line: int) -> tuple[str, str]:
    for column in ("id", "answer"):
        if row.get(column) is None:
            message = f"{column!r} is required" if column in row else unknown("column", column, row)
            raise ConfigError(message, path=path, line=line)
    return str(row["id"]), str(row["answer"])


def answer_arm(
    name: str,
    model: str,
    dataset: Dataset,
    selection: Selection,
    specs: Sequence[str | Mapping[str, Any]],
    scorers: tuple[Scorer, ...],
    content: str,
) -> ScoredArm:
    """The arm of answers that exist already; `content` is their content address."""
    arm = Arm(
        strategy=name,
        strategy_params={},
        model=model,
        params={},
        dataset=dataset.name,
        split=selection.split,
        metrics=tuple(scorer.name for scorer in scorers),
        digests={"answers": content, "dataset": dataset.digest(selection.split)},
        label=f"{name} | {model} | {dataset.name}",
    )
    card = dataset.card
    parse = parser(card.task, card.labels, card.answer_pattern)
    return ScoredArm(arm, dataset, selection, parse, tuple(specs), scorers)


def _unanswered(arms: Sequence[ScoredArm], seen: Counter[tuple[int, str]], count: int) -> list[str]:
    warnings = []
    for place, planned in enumerate(arms):
        answered = sum(1 for arm, _ in seen if arm == place)
        if answered < count:
            warnings.append(
                f"{planned.arm.model}: {count - answered} of {count} samples have no answer in the file"
            )
    return warnings
