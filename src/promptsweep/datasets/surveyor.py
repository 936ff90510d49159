"""The pass over a split that makes its Survey, in about 50 bytes a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from promptsweep.datasets.card import Card
from promptsweep.datasets.seen import FirstSeen
from promptsweep.datasets.survey import Problem, Survey
from promptsweep.datasets.text import text_of
from promptsweep.errors import unknown
from promptsweep.types import JSON, Sample, nfc

SHOWN = 20
"""How many lines a problem lists; its count covers all."""

_ERRORS = frozenset({"duplicate id", "unknown label", "cluster", "no targets", "no rows"})
_NEED_TARGETS = frozenset({"classification", "extraction", "qa", "math"})


class Surveyor:
    """Looks at each sample of a split once."""

    def __init__(self, card: Card, place: str) -> None:
        self._card, self._place = card, place
        self._labels = frozenset(map(nfc, card.labels))
        self._ids, self._inputs = FirstSeen(), FirstSeen()
        self._messages: dict[str, str] = {}
        self._lines: dict[str, list[int]] = {}
        self._counts: Counter[str] = Counter()
        self._targets: Counter[str] = Counter()

    def survey(self, dataset: str, split: str, samples: Iterable[tuple[int, Sample]]) -> Survey:
        """What there is to say of these samples, which come with their lines."""
        count = 0
        fields: Mapping[str, JSON] = {}
        for line, sample in samples:
            self._look(line, sample)
            fields = sample.fields
            count += 1
        if not count:
            self._note("no rows", None, lambda: f"split {split!r} has no rows")
        elif self._counts["missing target"] == count and self._card.task in _NEED_TARGETS:
            wanted = unknown("column", self._card.fields.get("target", "target"), fields)
            self._note("no targets", None, lambda: f"no row has a target: {wanted}")
        return Survey(dataset, split, count, dict(self._targets.most_common()), tuple(self._problems()))

    def _look(self, line: int, sample: Sample) -> None:
        card = self._card
        if (first := self._ids.line(hash(sample.id), line)) != line:
            self._note("duplicate id", line, lambda: f"the id {sample.id!r} is also that of line {first}")
        self._look_at_input(line, sample)
        if not sample.targets and card.task != "open":
            self._note("missing target", line, lambda: "the row has no target")
        if card.task == "classification":
            self._targets.update(sample.targets)
        for target in sample.targets if self._labels else ():
            if nfc(target) not in self._labels:
                self._note("unknown label", line, partial(unknown, "label", target, card.labels))
        if card.cluster and card.cluster not in sample.fields:
            self._note("cluster", line, lambda: unknown("field", str(card.cluster), sample.fields))

    def _look_at_input(self, line: int, sample: Sample) -> None:
        """Two rows that ask the same of different contexts are no duplicates."""
        asked = hash((sample.input, text_of(sample.fields.get("context"))))
        if (first := self._inputs.line(asked, line)) != line:
            self._note("duplicate input", line, lambda: f"the input is also that of line {first}")
        if not sample.input.strip():
            self._note("empty input", line, lambda: "the input is empty")

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
        return sorted(problems, key=lambda problem: not problem.is_error)
