"""Which of a run's records a user asked for, and in which order: decided by the database."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from sqlalchemy import (
    JSON,
    ColumnElement,
    Engine,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
)

from promptsweep.errors import ConfigError, unknown
from promptsweep.metrics.classification import UNPARSED
from promptsweep.reports import schema
from promptsweep.reports.arms import match_arm, sample_metrics, within
from promptsweep.reports.calls import origin, reply_text
from promptsweep.reports.rows import dumps
from promptsweep.reports.store import Store
from promptsweep.types import Outcome, nfc

records, samples, scores, calls, responses = (
    schema.records,
    schema.samples,
    schema.scores,
    schema.calls,
    schema.responses,
)
Order: TypeAlias = Literal["failures", "planned", "slowest", "tokens", "cost"]
"""Failures and the worst answers first; as the run takes them; most seconds, tokens or dollars first."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records of a run are wanted; None and False leave all in."""

    arm: str | None = None
    """As `match_arm` understands it."""
    outcome: str | None = None
    metric: str | None = None
    """What `wrong` and the order go by; None: each arm's first that scores single samples."""
    wrong: bool = False
    """Only errors, and records on which the metric is not perfect."""
    search: str | None = None
    """A part of the input, the answer, the reply or the sample's id; ASCII letters in either case."""
    target: str | None = None
    """The sample's first target, exactly."""
    answer: str | None = None
    """The answer as read, exactly; `(unparsed)` where none could be read."""
    field: str | None = None
    """A field of the sample that has the value `value`."""
    value: str | None = None
    """A text, or the JSON text of another value: `3`, `true`, `["a"]`."""
    order: Order = "failures"


def matching(store: Store, run: str, wanted: Filter, limit: int | None = None) -> array[int]:
    """The numbers of the records that fit, in order, at most `limit`: eight bytes each.

    Raises ConfigError for an unknown run, arm, outcome or metric.
    """
    query = _Query(store, run, wanted)
    with store.engine.connect() as connection:
        found = connection.execution_options(yield_per=10_000).scalars(query.numbers().limit(limit))
        return array("q", found)


def count(store: Store, run: str, wanted: Filter) -> int:
    """How many records fit. Raises like `matching`."""
    with store.engine.connect() as connection:
        return connection.scalar(_Query(store, run, wanted).count()) or 0


class _Query:
    """A filter against the arms of a run."""

    def __init__(self, store: Store, run: str, wanted: Filter):
        row = store.find_run(run)
        arms = store.arms(row.id)
        self._arms = arms if wanted.arm is None else [match_arm(arms, wanted.arm)]
        self._wanted, self._engine = wanted, store.engine
        self._place, self._merit = _judged(self._arms, wanted.metric)
        self._conditions = [within(records.c.id, self._arms), *self._filters()]
        if wanted.search:
            self._conditions.append(self._holds(nfc(wanted.search), origin(store, row)))

    def numbers(self) -> Select[Any]:
        """The records' numbers in order."""
        found = select(records.c.id).where(*self._conditions)
        if self._wanted.order == "failures" or self._wanted.wrong:
            found = found.select_from(self._scored())
        return found.order_by(*self._ordered(), records.c.id)

    def count(self) -> Select[Any]:
        """How many there are."""
        source = self._scored() if self._wanted.wrong else records
        return select(func.count()).select_from(source).where(*self._conditions)

    def _scored(self) -> FromClause:
        return records.outerjoin(
            scores, and_(scores.c.record == records.c.id, scores.c.metric == self._place)
        )

    def _ordered(self) -> list[ColumnElement[Any]]:
        if self._wanted.order == "failures":
            return [_rank(self._merit), func.coalesce(self._merit, 1.0)]
        columns: dict[str, list[ColumnElement[Any]]] = {
            "planned": [],
            "slowest": [records.c.seconds.desc()],
            "tokens": [(records.c.prompt_tokens + records.c.completion_tokens).desc()],
            "cost": [func.coalesce(records.c.cost, -1.0).desc()],
        }
        if self._wanted.order not in columns:
            raise ConfigError(unknown("order", self._wanted.order, get_args(Order)))
        return columns[self._wanted.order]

    def _filters(self) -> list[ColumnElement[bool]]:
        wanted, found = self._wanted, list[ColumnElement[bool]]()
        if wanted.outcome is not None:
            found.append(records.c.outcome == _outcome(wanted.outcome))
        if wanted.wrong:
            found.append(or_(records.c.outcome == Outcome.ERROR.value, self._merit < 1))
        if wanted.answer == UNPARSED:
            found += [records.c.answer.is_(None), records.c.outcome != Outcome.ERROR.value]
        elif wanted.answer is not None:
            found.append(records.c.answer == wanted.answer)
        if wanted.target is not None:
            found.append(_of_sample(_begins(samples.c.targets, f"[{dumps(wanted.target)}")))
        if wanted.field is not None and wanted.value is not None:
            found.append(_of_sample(_has(self._engine, wanted.field, wanted.value)))
        return found

    def _holds(self, text: str, maker: str) -> ColumnElement[bool]:
        """Each text is read once, however many records share it; then a record's own reply is looked at."""
        replied = select(responses.c.key).where(_contains(responses.c.text, text))
        called = select(calls.c.record).where(within(calls.c.record, self._arms), calls.c.key.in_(replied))
        return or_(
            *(_contains(records.c[name], text) for name in ("sample_id", "answer", "reply")),
            _of_sample(_contains(samples.c.input, text)),
            and_(records.c.id.in_(called), _contains(reply_text(maker), text)),
        )


def _judged(arms: Sequence[Any], metric: str | None) -> tuple[ColumnElement[int], ColumnElement[float]]:
    """The metric's place in each arm's list, and how good a score is by it: 1 is perfect, null is unknown."""
    measured = sample_metrics(arms, metric)
    alike: dict[tuple[int, bool | None], list[Any]] = {}
    for arm in arms:
        one = measured.get(arm.id)
        alike.setdefault((one.place, one.higher_is_better) if one else (-1, None), []).append(arm)
    merits = {True: scores.c.value, False: 1 - scores.c.value, None: literal(1.0)}
    places = [(some, literal(place)) for (place, _), some in alike.items()]
    return _by_arm(places), _by_arm([(some, merits[higher]) for (_, higher), some in alike.items()])


def _by_arm(values: Sequence[tuple[Sequence[Any], ColumnElement[Any]]]) -> ColumnElement[Any]:
    """The value of a record's arm; where all have the same, a plain one, which is quick to compute."""
    if len(values) < 2:
        return values[0][1] if values else null()
    return case(*((within(records.c.id, arms), value) for arms, value in values), else_=null())


def _rank(merit: ColumnElement[float]) -> ColumnElement[int]:
    return case(
        (records.c.outcome == Outcome.ERROR.value, 0),
        (records.c.outcome != Outcome.OK.value, 1),
        (merit < 1, 2),
        else_=3,
    )


def _of_sample(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition on a record's sample, asked once of each sample."""
    return records.c.sample.in_(select(samples.c.digest).where(condition))


def _contains(column: Any, text: str) -> ColumnElement[bool]:
    return column.icontains(text, autoescape=True)  # type: ignore[no-any-return]


def _begins(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Case counts, as it does not for LIKE in SQLite."""
    return func.substr(column, 1, len(text)) == text


def _has(engine: Engine, field: str, value: str) -> ColumnElement[bool]:
    """Whether a sample's field has a value, given as text or as JSON."""
    if '"' in field:  # cannot be written in a path of SQLite's
        return false()
    if engine.dialect.name == "postgresql":
        found: ColumnElement[Any] = cast(cast(samples.c.fields, JSON)[field], Text)
    else:
        found = samples.c.fields.op("->")(f'$."{field}"')
    return found.in_([dumps(value), value])


def _outcome(name: str) -> str:
    known = [outcome.value for outcome in Outcome]
    if name not in known:
        raise ConfigError(unknown("outcome", name, known))
    return name
