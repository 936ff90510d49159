"""Judges: models that score answers by a rubric, asked through the same gateways as the candidates."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from promptsweep.answers import Verdict, preference, rating
from promptsweep.errors import ConfigError, ModelError, ReplayMissError, RunFatalError
from promptsweep.metrics import RANGES
from promptsweep.models import Model
from promptsweep.runners.gateway import Gateway
from promptsweep.runners.panels import Panel
from promptsweep.types import JSON, JUDGE, Call, Record, Request, Sample, Score

Gateways = Callable[[Model], Gateway]
"""The gateway of a model: one for all who ask it."""
TRIES = 2
"""How often a judge is asked for one verdict: a reply that holds none is sent back once."""
REASON = 600
"""Characters of a judge's reasons that a score keeps; the reply is in the trace as a whole."""
SAME = "the answers are the same"
"""Why two answers are tied that no judge was asked about."""
NOTES = "judges"
"""Where a record's details keep what judges said beyond the score."""


class Replying(Protocol):
    """Who brings the replies of judges."""

    async def reply(self, model: Model, request: Request, stage: str) -> str:
        """The reply's text; ModelError where there is none."""


@dataclass(slots=True)
class Hearing:
    """One answer before the judges: who is asked through what, and what was called."""

    gateways: Gateways
    arm: str
    """The arm's label, for messages."""
    began: float
    """When the record began, on the clock of `time.perf_counter`."""
    calls: list[Call] = field(default_factory=list)

    async def reply(self, model: Model, request: Request, stage: str) -> str:
        """The reply's text; ModelError like the gateway, with the call on record."""
        gateway, started = self.gateways(model), time.perf_counter() - self.began
        error = None
        try:
            completion = await gateway.send(request)
        except RunFatalError:
            raise
        except ReplayMissError as miss:
            error = gateway.missed(self.arm, miss)
        except ModelError as failure:
            error = str(failure)
        ended = time.perf_counter() - self.began
        if error is not None:
            self.calls.append(Call(stage, request.key, None, started, ended, error))
            raise ModelError(error)
        self.calls.append(Call(stage, request.key, completion, started, ended))
        return completion.text


class Opinion(NamedTuple):
    """What one model of a panel says of one answer, or why it says nothing."""

    value: float = 0.0
    reason: str = ""
    votes: tuple[int, ...] = ()
    """Of a preference: in the first order and in the other, both from the view of the first answer."""
    error: str | None = None
    failed: bool = False
    """Whether the call failed: asked again, it may have a verdict."""


async def judged(
    record: Record, label: str, panels: Sequence[Panel], gateways: Gateways, began: float
) -> Record:
    """The record with the scores of its judges.

    An answer that a judge gave no score is noted under `judges` in the details; where a call failed, the
    record also says so in `error`, so that a resumed run asks again. Raises RunFatalError.
    """
    hearing = Hearing(gateways, label, began)
    scores, notes, failures = dict(record.scores), dict[str, JSON](), list[str]()
    rulings = await together([rule(one, record.sample, record.reply, hearing) for one in panels])
    for panel, opinions in zip(panels, rulings, strict=True):
        if opinions is None:
            continue
        name = panel.metric.name
        found = score_of(opinions)
        if found is not None:
            scores[name] = found
        failures += [f"{name}: {one.error}" for one in opinions if one.failed]
        if note := note_of(panel, opinions):
            notes[name] = note
    asked = {panel.metric.name for panel in panels}
    before = record.details.get(NOTES, {})
    notes |= {name: note for name, note in before.items() if name not in asked}
    others = {name: value for name, value in record.details.items() if name != NOTES}
    details = {**others, NOTES: notes} if notes else others
    return replace(
        record,
        scores=scores,
        details=details,
        judging=(*record.judging, *hearing.calls),
        error="; ".join(failures) or None,
    )


async def rule(panel: Panel, sample: Sample, reply: str, hearing: Replying) -> list[Opinion] | None:
    """What each model of the panel says of a reply; None where the judge does not apply."""
    if not panel.applies(sample):
        return None
    if not reply.strip():
        return [Opinion(RANGES[panel.metric.kind][0], "the reply is empty")] * len(panel.models)
    if panel.metric.kind == "preference":
        return await compare(panel, sample, reply, sample.targets[0], hearing)
    places = range(len(panel.models))
    return await together([_rating(panel, place, sample, reply, hearing) for place in places])


async def compare(panel: Panel, sample: Sample, one: str, other: str, hearing: Replying) -> list[Opinion]:
    """Which of two answers each model of the panel prefers: 1 for the first, −1 for the other, 0 for a tie.

    Each is asked in both orders and never told whose answers they are; what it does not say twice is a tie.
    Answers that are the same are tied without a call.
    """
    if one.strip() == other.strip():
        return [Opinion(0, SAME, (0, 0))] * len(panel.models)
    places = range(len(panel.models))
    return await together([_preference(panel, place, sample, one, other, hearing) for place in places])


async def _rating(panel: Panel, place: int, sample: Sample, reply: str, hearing: Replying) -> Opinion:
    try:
        found = await _verdict(panel, place, sample, {"answer": reply}, rating, hearing)
    except (ModelError, ConfigError) as error:
        return _silent(error)
    return Opinion(found.value, found.reason) if found else Opinion(error="no score from 1 to 5 in the reply")


async def _preference(
    panel: Panel, place: int, sample: Sample, one: str, other: str, hearing: Replying
) -> Opinion:
    orders = ({"first": one, "second": other}, {"first": other, "second": one})
    try:
        asked = [_verdict(panel, place, sample, shown, preference, hearing) for shown in orders]
        straight, turned = await together(asked)
    except (ModelError, ConfigError) as error:
        return _silent(error)
    if straight is None or turned is None:
        return Opinion(error="no verdict A, B or tie in the reply")
    votes = straight.value, -turned.value
    agreed = votes[0] if votes[0] == votes[1] else 0
    return Opinion(
        agreed, straight.reason if votes[0] == votes[1] else "another verdict in each order", votes
    )


def _silent(error: Exception) -> Opinion:
    if isinstance(error, RunFatalError):
        raise error
    return Opinion(error=str(error), failed=isinstance(error, ModelError))


async def _verdict(
    panel: Panel,
    place: int,
    sample: Sample,
    shown: Mapping[str, JSON],
    read: Callable[[str], Verdict | None],
    hearing: Replying,
) -> Verdict | None:
    """The verdict in a model's reply; None where two replies hold none."""
    invalid, stage = None, f"{JUDGE}{panel.metric.rubric}"
    for _ in range(TRIES):
        text = await hearing.reply(panel.models[place][1], panel.ask(place, sample, shown, invalid), stage)
        found = read(text)
        if found is not None:
            return found
        invalid = text.strip() or "(empty)"
    return None


async def together(asked: Sequence[Any]) -> list[Any]:
    """The results in order. All are waited for before the first error is raised, so no paid reply is lost."""
    results = await asyncio.gather(*asked, return_exceptions=True)
    for one in sorted((one for one in results if isinstance(one, BaseException)), key=_mildness):
        raise one
    return results


def _mildness(error: BaseException) -> bool:
    """Errors that end the run come first."""
    return isinstance(error, ModelError) and not isinstance(error, RunFatalError)


def score_of(opinions: Sequence[Opinion]) -> Score | None:
    """The panel's mean; None where one of it says nothing, since the mean of the others is another figure."""
    if any(one.error is not None for one in opinions):
        return None
    values = [one.value for one in opinions]
    if len(values) == 1:
        return Score(float(values[0]), _short(opinions[0].reason))
    reasons = "; ".join(f"{one.value:g}: {_short(one.reason)}" for one in opinions)
    return Score(statistics.fmean(values), f"{_short(reasons)} (spread {spread(values):.2f})")


def spread(values: Sequence[float]) -> float:
    """Standard deviation of a panel's scores (n − 1); 0 of one."""
    return statistics.stdev(values) if len(values) > 1 else 0.0


def note_of(panel: Panel, opinions: Sequence[Opinion]) -> dict[str, JSON]:
    """What the score alone does not tell: each one's verdict in a panel, votes of both orders, errors."""
    names = [name for name, _ in panel.models]
    note: dict[str, JSON] = {}
    given = {name: one for name, one in zip(names, opinions, strict=True) if one.error is None}
    if len(names) > 1 and given:
        note["scores"] = {name: one.value for name, one in given.items()}
    if votes := {name: list(one.votes) for name, one in given.items() if one.votes}:
        note["votes"] = votes
    if errors := {name: one.error for name, one in zip(names, opinions, strict=True) if one.error}:
        note["errors"] = errors
    return note


def _short(text: str) -> str:
    tidy = " ".join(text.split())
    return tidy if len(tidy) <= REASON else f"{tidy[: REASON - 1]}…"
