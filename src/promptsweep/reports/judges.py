"""What a run's judges said: their scores of each arm, duels, agreement with people, and what they cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from sqlalchemy import Connection, func, select

from promptsweep.datasets.card import Human
from promptsweep.reports import counts, figures, schema
from promptsweep.reports.agreement import GraderAgreement, RatingAgreement, agreement
from promptsweep.reports.arms import StoredMetric, within
from promptsweep.reports.calls import by_judges, origin, version_of
from promptsweep.reports.duels import DuelSummary, duel_summaries
from promptsweep.reports.judged import judge_metrics
from promptsweep.reports.store import Store, loads
from promptsweep.reports.summary import metric_interval
from promptsweep.runners.judging import NOTES, spread
from promptsweep.stats import Interval
from promptsweep.types import JSON, Outcome
from promptsweep.words import say

records, scores, calls = schema.records, schema.scores, schema.calls
responses, preambles = schema.responses, schema.preambles
Humans = Callable[[str], Human]
"""Dataset → its fields with people's verdicts."""


@dataclass(frozen=True, slots=True)
class JudgeScores:
    """What a judge says of an arm."""

    arm: str
    dataset: str
    judge: str
    models: tuple[str, ...]
    mean: Interval | None
    """Mean score; for `against: target` the net win rate. None without a score."""
    judged: int
    """Answers with a score."""
    answers: int
    """Of the arm, without those that ended in an error."""
    errors: int
    """Answers that the judge was asked about and gave no score."""
    spread: float | None
    """Mean standard deviation of a panel's scores of one answer; None for a single judge."""
    means: Mapping[str, float]
    """Mean score by each model of a panel; empty for a single judge."""
    consistent: float | None
    """Share of comparisons with the same verdict in both orders; None for ratings."""


@dataclass(frozen=True, slots=True)
class JudgeSpending:
    """What one judge was asked for a run, stored replies included."""

    model: str
    """As its endpoint knows it."""
    calls: int
    prompt_tokens: int
    completion_tokens: int
    usd: float | None
    """At the price when the replies were made; None where a price is unknown."""

    def __str__(self) -> str:
        """`Judge gpt-4o: 24 calls, 3,100 + 800 tokens, $0.0123; no part of the arms' own figures.`"""
        return say(
            "Judge {model}: {calls}, {prompt} + {completion} tokens, {cost};"
            " no part of the arms' own figures.",
            model=self.model,
            calls=counts.calls(self.calls),
            prompt=f"{self.prompt_tokens:,}",
            completion=f"{self.completion_tokens:,}",
            cost=say("at an unknown price") if self.usd is None else figures.dollars(self.usd),
        )


@dataclass(frozen=True, slots=True)
class JudgeReport:
    """All that there is to say of the judges of a run."""

    run: str
    scores: tuple[JudgeScores, ...]
    duels: tuple[DuelSummary, ...]
    ranks: tuple[tuple[str, RatingAgreement], ...]
    """Dataset, and how a judge orders answers that people rated."""
    agreement: tuple[tuple[str, GraderAgreement], ...]
    """Dataset, and a judge and a person, or two judges, who graded the same."""
    spending: tuple[JudgeSpending, ...]

    def as_json(self) -> dict[str, JSON]:
        """The documented form of `judge --json`."""
        return {
            "run": self.run,
            "scores": [dataclasses.asdict(one) for one in self.scores],
            "pairs": [dataclasses.asdict(one) for one in self.duels],
            "ranks": [{"dataset": name, **dataclasses.asdict(one)} for name, one in self.ranks],
            "agreement": [{"dataset": name, **dataclasses.asdict(one)} for name, one in self.agreement],
            "spending": [dataclasses.asdict(one) for one in self.spending],
        }


def judge_report(store: Store, reference: str, humans: Humans = lambda _: Human()) -> JudgeReport:
    """What the judges of a run said, as far as it is stored; nothing is sent."""
    run = store.find_run(reference)
    arms = store.arms(run.id)
    given = tuple(one for arm in arms for one in _scores(store, arm, run.repeats))
    names = {one.judge for one in given}
    found = {arm.dataset: agreement(store, run.id, arm.dataset, humans(arm.dataset)) for arm in arms}
    return JudgeReport(
        run=run.id,
        scores=given,
        duels=tuple(duel_summaries(store, run.id)),
        ranks=tuple(
            (name, one) for name, all_ in found.items() for one in all_.ratings if one.metric in names
        ),
        agreement=tuple(
            (name, one) for name, all_ in found.items() for one in all_.graders if _judge_in(one, names)
        ),
        spending=tuple(judge_spending(store, run, arms)),
    )


def judge_costs(store: Store, run: str) -> list[JudgeSpending]:
    """What stands below the leaderboard of a run: what its judges took; empty where no metric is a judge."""
    arms = store.arms(run)
    return judge_spending(store, store.find_run(run), arms) if any(map(judge_metrics, arms)) else []


def judge_spending(store: Store, run: Any, arms: Sequence[Any]) -> list[JudgeSpending]:
    """What the judges of arms (rows of `run`) took, by model; each call at the price of its reply."""
    used = (responses.c.key == calls.c.key) & (responses.c.version == version_of(origin(store, run)))
    joined = calls.join(responses, used).join(preambles, preambles.c.id == responses.c.preamble)
    query = select(
        preambles.c.model,
        func.count().label("calls"),
        func.coalesce(func.sum(responses.c.prompt_tokens), 0).label("prompt"),
        func.coalesce(func.sum(responses.c.completion_tokens), 0).label("completion"),
        func.sum(responses.c.cost).label("cost"),
        func.count().filter(responses.c.cost.is_(None)).label("unpriced"),
    ).select_from(joined)
    query = query.where(within(calls.c.record, arms), by_judges()).group_by(preambles.c.model)
    with store.engine.connect() as connection:
        rows = connection.execute(query.order_by(preambles.c.model)).all()
    return [
        JudgeSpending(row.model, row.calls, row.prompt, row.completion, None if row.unpriced else row.cost)
        for row in rows
    ]


def _judge_in(found: GraderAgreement, names: set[str]) -> bool:
    return any(side in names or side.startswith("judge(") for side in (found.one, found.other))


def _scores(store: Store, arm: Any, repeats: int) -> Iterator[JudgeScores]:
    metrics = judge_metrics(arm)
    if not metrics:
        return
    with store.engine.connect() as connection:
        answered = within(records.c.id, [arm]) & (records.c.outcome != Outcome.ERROR.value)
        answers = connection.execute(select(func.count()).where(answered)).scalar_one()
        notes = list(_notes(connection, arm))
        counted = within(scores.c.record, [arm])
        query = select(scores.c.metric, func.count().label("number")).where(counted).group_by(scores.c.metric)
        judged = {row.metric: int(row.number) for row in connection.execute(query)}
    for metric, spec in metrics:
        mean = metric_interval(store, arm, metric.place, repeats)
        own = [one.get(metric.name, {}) for one in notes]
        yield _scores_of(arm, metric, spec, mean, (judged.get(metric.place, 0), answers), own)


def _scores_of(
    arm: Any,
    metric: StoredMetric,
    spec: Any,
    mean: Interval | None,
    counts: tuple[int, int],
    notes: Sequence[Mapping[str, Any]],
) -> JudgeScores:
    given = spec["judge"]["model"]
    models = (given,) if isinstance(given, str) else tuple(given)
    whole = [one["scores"] for one in notes if "scores" in one and "errors" not in one]
    votes = [pair for one in notes for pair in one.get("votes", {}).values()]
    return JudgeScores(
        arm=arm.label,
        dataset=arm.dataset,
        judge=metric.name,
        models=models,
        mean=mean,
        judged=counts[0],
        answers=counts[1],
        errors=sum("errors" in one for one in notes),
        spread=fmean(spread(list(one.values())) for one in whole) if whole else None,
        means={name: fmean(one[name] for one in whole) for name in models} if whole else {},
        consistent=fmean(float(one == other) for one, other in votes) if votes else None,
    )


def _notes(connection: Connection, arm: Any) -> Iterator[Mapping[str, Any]]:
    query = select(records.c.details).where(within(records.c.id, [arm]), records.c.details.is_not(None))
    for details in connection.execution_options(yield_per=1_000).scalars(query):
        if notes := loads(details).get(NOTES):
            yield notes
