"""Slices of a dataset: samples that share a field's value, a label, or a length."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection
from typing import Any

from promptsweep.datasets.text import text_of
from promptsweep.errors import ConfigError, unknown
from promptsweep.reports.rows import dumps
from promptsweep.types import JSON, Sample, nfc

LABEL, LENGTH, EVIDENCE = "label", "length", "evidence_position"
"""Slices that datasets have, unless there is a field of that name: then the field is meant. The last is for
rows with a `context`."""
COMPUTED = (LABEL, LENGTH, EVIDENCE)
CONTEXT = "context"
THIRDS = ("start", "middle", "end")
SEVERAL = "several"
"""Where the evidence stands in more than one third of the document, so that no one place is known."""
NONE = "(none)"
"""The slice of samples that lack the field, or have no target."""
LENGTH_EDGES = tuple(50 * 2**step for step in range(13))
"""Characters at which a slice of lengths begins: 50, 100, 200, … 204,800. Fixed, so that two runs agree."""
FEW = 20
"""A slice of fewer samples than this is marked: its figures say little."""

_NUMBERS = re.compile(r"(\d+)")


def slice_of(sample: Sample, name: str) -> str:
    """The sample's value of `name`: a field, `label` (its first target) or `length` (of its input).

    Texts are in NFC; a truth value is `true` or `false`, a list or mapping its JSON text; `(none)` where the
    sample lacks the field.
    """
    if name in sample.fields:
        return _text(sample.fields[name])
    if name == LABEL:
        return nfc(sample.targets[0]) if sample.targets else NONE
    if name == EVIDENCE:
        return evidence_position(sample)
    return length_slice(sample.input) if name == LENGTH else NONE


def evidence_position(sample: Sample) -> str:
    """The third of the document (`context`) in which a target stands: `start`, `middle` or `end`.

    Known by the text alone, case and Unicode form aside: `(none)` where the document has no target in these
    words, `several` where the places found are in different thirds (Liu et al. 2024, "Lost in the Middle",
    measures how accuracy depends on it).
    """
    text = nfc(text_of(sample.fields.get(CONTEXT, ""))).casefold()
    wanted = [nfc(target).casefold() for target in sample.targets]
    found = {
        THIRDS[min(2, 3 * (match.start() + len(target) // 2) // len(text))]
        for target in wanted
        for match in re.finditer(rf"(?<!\w){re.escape(target)}", text)
    }
    return NONE if not found else found.pop() if len(found) == 1 else SEVERAL


def slicings_of(fields: Collection[str]) -> set[str]:
    """All that samples with these fields can be sliced by."""
    return {LABEL, LENGTH, *([EVIDENCE] if CONTEXT in fields else []), *fields}


def length_slice(text: str) -> str:
    """The range of lengths, in characters of NFC, that holds the text: `<50`, `50–99`, … `≥204800`."""
    place = bisect_right(LENGTH_EDGES, len(nfc(text)))
    if place == 0:
        return f"<{LENGTH_EDGES[0]}"
    if place == len(LENGTH_EDGES):
        return f"≥{LENGTH_EDGES[-1]}"
    return f"{LENGTH_EDGES[place - 1]}–{LENGTH_EDGES[place] - 1}"


def check_slice(name: str, fields: Collection[str]) -> None:
    """ConfigError, with the nearest name, where `name` is no slicing of samples with these `fields`."""
    if name not in slicings_of(fields):
        raise ConfigError(unknown("slice", name, slicings_of(fields)))


def natural(value: str) -> tuple[Any, ...]:
    """A key that sorts values as people count: `2` before `10`, `<50` before `50–99`, `(none)` last.

    `start`, `middle`, `end` are in this order.
    """
    parts = _NUMBERS.split(value.lstrip("<≥"))
    if value in THIRDS:
        parts = [str(THIRDS.index(value))]
    shown = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)
    return value == NONE, shown, not value.startswith("<"), value


def _text(value: JSON) -> str:
    if isinstance(value, str):
        return nfc(value) or NONE
    return NONE if value is None else dumps(value)
