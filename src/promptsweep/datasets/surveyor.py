"""The pass over a split that makes its Survey, in about 20 bytes a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from promptsweep.answers import json_value
from promptsweep.answers.schemas import misfits
from promptsweep.datasets.card import Card
from promptsweep.datasets.repeats import Repeats
from promptsweep.datasets.survey import Problem, Survey
from promptsweep.datasets.text import text_of
from promptsweep.errors import unknown
from promptsweep.types import JSON, Sample, nfc

SHOWN = 20
"""How many lines a problem lists; its count covers all."""

_ERRORS = frozenset({"duplicate id", "unknown label", "schema", "cluster", "no targets", "no rows"})
_NEED_TARGETS = frozenset({"classification", "extraction", "qa", "math"})


class Surveyor:
    """Looks at each sample of a split once."""

    def __init__(self, card: Card, place: str) -> None:
        self._card, self._place = card, place
        self._labels = frozenset(map(nfc, card.labels))
        self._ids, self._inputs = Repeats(), Repeats()
        self._messages: dict[str, str] = {}
        self._lines: dict[str, list[int]] = {}
        self._counts: Counter[str] = Counter()
        self._targets: Counter[str] = Counter()

    def survey(self, dataset: str, split: str, samples: Callable[[], Iterable[tuple[int, Sample]]]) -> Survey:
        """What there is to say of these samples, which come with their lines."""
        count = 0
        fields: Mapping[str, JSON] = {}
        for line, sample in samples():
            self._look(line, sample)
            fields = sample.fields
            count += 1
        self._note_repeats(samples)
        if not count:
            self._note("no rows", None, lambda: f"split {split!r} has no rows")
        elif self._counts["missing target"] == count and self._card.task in _NEED_TARGETS:
            wanted = unknown("column", self._card.fields.get("target", "target"), fields)
            self._note("no targets", None, lambda: f"no row has a target: {wanted}")
        return Survey(dataset, split, count, dict(self._targets.most_common()), tuple(self._problems()))

    def _look(self, line: int, sample: Sample) -> None:
        card, fields = self._card, sample.fields
        self._ids.add(hash(sample.id))
        self._inputs.add(_asked(sample))
        if not sample.input or sample.input.isspace():
            self._note("empty input", line, lambda: "the input is empty")
        if not sample.targets and card.task != "open":
            self._note("missing target", line, lambda: "the row has no target")
        for target in sample.targets if card.task == "classification" else ():
            self._targets[target] += 1
        for target in sample.targets if self._labels else ():
            if nfc(target) not in self._labels:
                self._note("unknown label", line, partial(unknown, "label", target, card.labels))
        if card.schema is not None and (faults := _schema_faults(sample, card.schema)):
            self._note("schema", line, f"a target breaks the schema: {faults[0]}".__str__)
        if card.cluster and card.cluster not in fields:
            self._note("cluster", line, partial(unknown, "field", card.cluster, fields))

    def _note_repeats(self, samples: Callable[[], Iterable[tuple[int, Sample]]]) -> None:
        """Looks once more at the samples where there are repeats: their lines and ids are not kept."""
        ids, inputs = self._ids.found(), self._inputs.found()
        first_ids: dict[int, int] = {}
        first_inputs: dict[int, int] = {}
        for line, sample in samples() if ids or inputs else ():
            key, asked = hash(sample.id), _asked(sample)
            if key in ids and (first := first_ids.setdefault(key, line)) != line:
                self._note("duplicate id", line, f"the id {sample.id!r} is also that of line {first}".__str__)
            if asked in inputs and (first := first_inputs.setdefault(asked, line)) != line:
                self._note("duplicate input", line, f"the input is also that of line {first}".__str__)

    def _note(self, kind: str, line: int | None, message: Callable[[], str]) -> None:
        self._counts[kind] += 1
        if kind not in self._messages:
            self._messages[kind], self._lines[kind] = message(), []
        if line is not None and len(self._lines[kind]) < SHOWN:
            self._lines[kind].append(line)

    def _problems(self) -> list[Problem]:
        problems = [
            Problem(kind, message, self._place, tuple(self._lines[kind]), self._counts[kind], kind in _ERRORS)
            for kind, message in self._messages.items()
        ]
        return sorted(problems, key=lambda problem: (not problem.is_error, problem.lines[:1], problem.kind))


def _schema_faults(sample: Sample, schema: Mapping[str, JSON]) -> list[str]:
    found = [json_value(target) for target in sample.targets]
    return [
        fault
        for one in found
        for fault in (["not JSON"] if one is None or not one.strict else misfits(one.value, schema))
    ]


def _asked(sample: Sample) -> int:
    """Two rows that ask the same of different contexts are no duplicates."""
    context = sample.fields.get("context")
    return hash(sample.input if context is None else (sample.input, text_of(context)))
