"""Duels: which of two arms' answers judges prefer, asked in both orders; stored, and summed up."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean
from typing import Final, NamedTuple

from sqlalchemy import select

from promptsweep.reports import schema
from promptsweep.reports.inserting import insert_into
from promptsweep.reports.judged import append_calls
from promptsweep.reports.store import Store, writing
from promptsweep.reports.tables import Kind, Table
from promptsweep.runners.judging import SAME
from promptsweep.stats import Interval, Preferred, mean_interval, preferred
from promptsweep.types import Call

table = schema.duels
KEY = [column.name for column in table.primary_key]


class Duel(NamedTuple):
    """What one model says of two arms' answers to one sample, from the view of `arm`."""

    rubric: str
    model: str
    arm: int
    """The arm's number in the store; of the two the smaller."""
    other: int
    sample_id: str
    repeat: int
    signature: str
    unit: str
    straight: int | None
    """With `arm` shown first: 1 it is better, −1 the other is, 0 a tie; None: no verdict."""
    turned: int | None
    """The same with the other shown first."""
    reason: str

    @property
    def value(self) -> int | None:
        """What it said twice; 0, a tie, where it changed its mind with the order; None without a verdict."""
        if self.straight is None or self.turned is None:
            return None
        return self.straight if self.straight == self.turned else 0


@dataclass(frozen=True, slots=True)
class DuelSummary:
    """What a judge, or a panel of several, says of two arms."""

    arm: str
    other: str
    dataset: str
    rubric: str
    judge: str
    """The model; of a panel `panel of 3`: the means of those verdicts that all models gave."""
    preferred: Preferred
    """From the view of `arm`: it wins where its answer is preferred in both orders."""
    consistent: Interval | None
    """Share of pairs with the same verdict in both orders, of different answers; None for a panel."""
    first: Interval | None
    """Share of verdicts, ties aside, for the answer shown first: .5 without position bias. None as above."""
    pairs: int
    """With a verdict."""
    errors: int
    """Without one: outside of everything else."""


def write_duels(
    store: Store, run: str, duels: Sequence[Duel], calls: Sequence[tuple[int, Sequence[Call]]]
) -> None:
    """Stores duels, in place of what was stored of them, and the calls with the records of the first arms."""
    with writing(store.engine) as connection:
        for duel in duels:
            values = {"run": run, **duel._asdict(), "created": time.time()}
            insert = insert_into(connection.dialect.name, table).values(values)
            changed = {name: value for name, value in values.items() if name not in KEY}
            connection.execute(insert.on_conflict_do_update(index_elements=KEY, set_=changed))
        append_calls(connection, calls)


def read_duels(store: Store, run: str) -> list[Duel]:
    """All duels of the run with this id."""
    columns = [table.c[name] for name in Duel._fields]
    query = select(*columns).where(table.c.run == run)
    order = (table.c.rubric, table.c.arm, table.c.other, table.c.model, table.c.sample_id, table.c.repeat)
    with store.engine.connect() as connection:
        return [Duel(*row) for row in connection.execute(query.order_by(*order))]


COLUMNS: Final[Mapping[str, Kind]] = {
    "run": "text",
    "rubric": "text",
    "model": "text",
    "arm": "text",
    "other": "text",
    "sample_id": "text",
    "repeat": "integer",
    "straight": "integer",
    "turned": "integer",
    "value": "integer",
    "reason": "text",
}


def duel_table(store: Store, run: str) -> Table:
    """One row a duel; `arm` and `other` are labels, `value` is the verdict of both orders together."""
    identity = store.find_run(run).id
    labels = {arm.id: arm.label for arm in store.arms(identity)}
    rows = [
        {
            **{name: getattr(duel, name) for name in COLUMNS if name != "run"},
            "run": identity,
            "arm": labels[duel.arm],
            "other": labels[duel.other],
        }
        for duel in read_duels(store, identity)
    ]
    return Table("duels", COLUMNS, rows)


def duel_summaries(store: Store, run: str) -> list[DuelSummary]:
    """What the stored duels of a run say, each judge's, then the panel's; intervals at 0.95, over samples."""
    arms = {arm.id: arm for arm in store.arms(run)}
    found: list[DuelSummary] = []
    for (rubric, arm, other), some in groupby(read_duels(store, run), lambda one: one[:1] + one[2:4]):
        duels = list(some)
        models = [list(own) for _, own in groupby(duels, lambda one: one.model)]
        names = arms[arm].label, arms[other].label, arms[arm].dataset, rubric
        found += [_of_model(names, own) for own in models]
        if len(models) > 1:
            found.append(_of_panel(names, duels, len(models)))
    return found


def _of_model(names: tuple[str, str, str, str], duels: Sequence[Duel]) -> DuelSummary:
    given = [one for one in duels if one.value is not None]
    units = [one.unit for one in given]
    asked = [one for one in given if one.reason != SAME]
    same = [float(one.straight == one.turned) for one in asked]
    shown = list(_first_shown(given))
    return DuelSummary(
        *names,
        judge=duels[0].model,
        preferred=preferred(_values(given), units),
        consistent=mean_interval(same, [one.unit for one in asked], bounds=(0.0, 1.0)),
        first=mean_interval([won for won, _ in shown], [unit for _, unit in shown], bounds=(0.0, 1.0)),
        pairs=len(given),
        errors=len(duels) - len(given),
    )


def _first_shown(duels: Sequence[Duel]) -> Iterator[tuple[float, str]]:
    """Of each verdict that is no tie, whether it is for the answer shown first, and its unit."""
    for one in duels:
        for won in (one.straight, None if one.turned is None else -one.turned):
            if won:
                yield float(won == 1), one.unit


def _of_panel(names: tuple[str, str, str, str], duels: Sequence[Duel], size: int) -> DuelSummary:
    by: dict[tuple[str, int], list[Duel]] = {}
    for one in duels:
        by.setdefault((one.sample_id, one.repeat), []).append(one)
    whole = {place: given for place, some in by.items() if len(given := _values(some)) == size}
    units = [by[place][0].unit for place in whole]
    return DuelSummary(
        *names,
        judge=f"panel of {size}",
        preferred=preferred([fmean(given) for given in whole.values()], units),
        consistent=None,
        first=None,
        pairs=len(whole),
        errors=len(by) - len(whole),
    )


def _values(duels: Sequence[Duel]) -> list[int]:
    return [one.value for one in duels if one.value is not None]
