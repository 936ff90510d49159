"""What an answer of an arm takes: tokens, calls and money, on average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from promptsweep.reports import schema
from promptsweep.reports.arms import of_their_arms, within
from promptsweep.reports.calls import apart, origin, version_of
from promptsweep.reports.store import Store
from promptsweep.types import Outcome

arms, records, calls, responses = schema.arms, schema.records, schema.calls, schema.responses


@dataclass(frozen=True, slots=True)
class Usage:
    """Means over an arm's answers, all calls of each included, stored replies too."""

    arm: str
    """The arm's label, unique in its run."""
    model: str
    dataset: str
    answers: int
    """Records that ended without an error; with repeats more than there are samples. At least 1."""
    usd: float | None
    """US dollars for an answer; None where a price is unknown."""
    unpriced: int
    """Answers of which a price is unknown."""
    prompt: float
    """Tokens sent for an answer."""
    completion: float
    """Tokens that came back, reasoning among them."""
    reasoning: float
    """Of these, tokens of reasoning; 0 where the endpoint counts none."""
    calls: float
    """Model calls for an answer."""

    @property
    def tokens(self) -> float:
        """Sent and received."""
        return self.prompt + self.completion


def usages(store: Store, run: str) -> list[Usage]:
    """The arms of a run that have answers, in the sweep's order. Raises ConfigError for an unknown run."""
    row = store.find_run(run)
    maker = origin(store, row)
    known = {arm.id: arm for arm in store.arms(row.id)}
    with store.engine.connect() as connection:
        rows = connection.execute(_means(row.id)).all()
        return [_usage(known[one.id], one, _reasoning(connection, known[one.id], maker)) for one in rows]


def _means(run: str) -> Select[Any]:
    names = ("prompt_tokens", "completion_tokens", "requests", "cost")
    return (
        select(
            arms.c.id,
            func.count().label("answers"),
            func.count().filter(records.c.cost.is_(None)).label("unpriced"),
            *(func.avg(records.c[name]).label(name) for name in names),
        )
        .select_from(arms.join(records, of_their_arms()))
        .where(arms.c.run == run, records.c.outcome != Outcome.ERROR.value)
        .group_by(arms.c.id)
        .order_by(arms.c.id)
    )


def _usage(arm: Any, means: Any, reasoning: int) -> Usage:
    return Usage(
        arm=arm.label,
        model=arm.model,
        dataset=arm.dataset,
        answers=means.answers,
        usd=None if means.unpriced else float(means.cost),
        unpriced=means.unpriced,
        prompt=float(means.prompt_tokens),
        completion=float(means.completion_tokens),
        reasoning=min(reasoning / means.answers, float(means.completion_tokens)),
        calls=float(means.requests),
    )


def _reasoning(connection: Connection, arm: Any, maker: str) -> int:
    """Tokens of reasoning in all calls of the arm's answers; replies that were pruned count for nothing."""
    read = (responses.c.key == calls.c.key) & (responses.c.version == version_of(maker))
    answered = (records.c.id == calls.c.record) & (records.c.outcome != Outcome.ERROR.value)
    answered &= ~apart()
    joined = calls.join(records, answered).join(responses, read)
    query = select(func.coalesce(func.sum(responses.c.reasoning_tokens), 0)).select_from(joined)
    return int(connection.execute(query.where(within(calls.c.record, [arm]))).scalar_one())
