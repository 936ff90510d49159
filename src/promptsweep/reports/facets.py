"""What a run's records can be filtered by: values that occur among its first samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from promptsweep.reports import schema
from promptsweep.reports.rows import dumps
from promptsweep.reports.slices import natural
from promptsweep.reports.store import Store, loads
from promptsweep.types import JSON

records, samples = schema.records, schema.samples
LOOKED_AT = 1_000
"""Samples of each dataset that are looked at, so that a choice is offered at once however big the run is."""
MOST = 50
"""Values offered of each kind: the most frequent."""
LONGEST = 60
"""Characters of a value that is offered; a longer one is a text rather than a label."""


@dataclass(frozen=True, slots=True)
class Facets:
    """Values to choose from, each kind in the order in which people count."""

    targets: tuple[str, ...]
    """First targets."""
    answers: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    """Field → its values: texts, or the JSON text of others."""


def facets(store: Store, run: str) -> Facets:
    """What occurs in the first 1,000 samples of each dataset, answers as the first arm over it gave them.

    Raises ConfigError for an unknown run.
    """
    targets, answers = Counter[str](), Counter[str]()
    fields: dict[str, Counter[str]] = {}
    first = {arm.dataset: arm.id for arm in reversed(store.arms(store.find_run(run).id))}
    query = select(records.c.answer, samples.c.targets, samples.c.fields).join(
        samples, samples.c.digest == records.c.sample
    )
    with store.engine.connect() as connection:
        for arm in reversed(first.values()):
            own = records.c.id.between(schema.record_id(arm, 0, 0), schema.record_id(arm, 0, LOOKED_AT - 1))
            for answer, given, others in connection.execute(query.where(own)):
                targets.update(loads(given)[:1])
                answers.update([answer] if answer is not None else [])
                for name, value in loads(others).items():
                    fields.setdefault(name, Counter())[_text(value)] += 1
    offered = {name: _offered(values) for name, values in fields.items()}
    return Facets(
        _offered(targets), _offered(answers), {name: some for name, some in offered.items() if some}
    )


def _text(value: JSON) -> str:
    return value if isinstance(value, str) else dumps(value)


def _offered(values: Counter[str]) -> tuple[str, ...]:
    short = Counter({value: number for value, number in values.items() if 0 < len(value) <= LONGEST})
    return tuple(sorted((value for value, _ in short.most_common(MOST)), key=natural))
