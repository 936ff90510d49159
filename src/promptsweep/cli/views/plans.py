"""A plan: its arms, what they would send at most, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypeVar, cast

from promptsweep.api import enter
from promptsweep.cli.output import console, emit
from promptsweep.cli.views.counts import clock, compact
from promptsweep.cli.views.pilots import forecast_json
from promptsweep.cli.views.tables import Column, fitting
from promptsweep.models.batches import BatchModel
from promptsweep.models.quotes import Quote, quote
from promptsweep.reports import figures
from promptsweep.reports.pilot import Forecast
from promptsweep.runners import Plan
from promptsweep.runners.estimate import ArmEstimate, JudgeEstimate, estimate, seconds_at_limits
from promptsweep.runners.waves import least_waves
from promptsweep.types import JSON
from promptsweep.workspace import Workspace

N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True)
class Costing:
    """A plan with its estimates and prices."""

    plan: Plan
    arms: Sequence[ArmEstimate]
    quotes: Mapping[str, Quote]
    """By the name of the model; those without a published price are absent."""
    seconds: float
    """The least the run can take by the configured rates; 0.0 where no rate is configured."""
    waves: int | None = None
    """Of batches, at least; None for live calls."""

    @classmethod
    def of(cls, plan: Plan, workspace: Workspace) -> Costing:
        """Renders some samples of each arm; sends nothing."""
        arms = enter(estimate(plan))
        names = plan.named_models
        batch = any(isinstance(model, BatchModel) for model in plan.models)
        quotes = {name: found for name in names if (found := quote(name, workspace, batch=batch)) is not None}
        waves = enter(least_waves(plan)) if batch else None
        return cls(plan, arms, quotes, seconds_at_limits(arms), waves)

    @property
    def calls(self) -> int | None:
        """At most; None where an arm does not say."""
        return _sum([one.calls for one in self.arms] + [one.calls for one in self.judges])

    @property
    def tokens(self) -> int | None:
        """At most; None where nothing limits an arm's."""
        return _sum([one.tokens for one in self.arms] + [one.tokens for one in self.judges])

    @property
    def usd(self) -> float | None:
        """At most; None where an arm's is unknown."""
        return _sum([one.usd for one in self.arms] + [one.usd for one in self.judges])

    @property
    def judges(self) -> list[JudgeEstimate]:
        """What the judges of each arm would take, which the sums include."""
        return [one.judges for one in self.arms if one.judges is not None]


def plan_json(costing: Costing, forecast: Forecast | None) -> dict[str, JSON]:
    """The document that `plan --json` prints."""
    plan = costing.plan
    return {
        "sweep": plan.name,
        "repeats": plan.repeats,
        "records": plan.total,
        "arms": [_arm_json(one) for one in costing.arms],
        "calls": costing.calls,
        "tokens": costing.tokens,
        "usd": costing.usd,
        "least_seconds": costing.seconds,
        "embedders": [model.name for model in plan.embedders],
        "waves": costing.waves,
        "prices": {name: _quote_json(found) for name, found in costing.quotes.items()},
        "budget": None if plan.budget is None else asdict(plan.budget),
        "warnings": list(plan.warnings),
        "pilot": None if forecast is None else forecast_json(forecast),
    }


def _arm_json(estimate: ArmEstimate) -> dict[str, JSON]:
    arm = estimate.planned.arm
    return {
        "arm": arm.label,
        "strategy": arm.strategy,
        "model": arm.model,
        "dataset": arm.dataset,
        "split": arm.split,
        "params": {**arm.strategy_params, **arm.params},
        "samples": estimate.planned.selection.count,
        "calls": estimate.calls,
        "calls_exact": estimate.exact,
        "first_call_tokens": round(estimate.prompt_tokens, 1),
        "vocabulary": estimate.vocabulary,
        "max_tokens": estimate.reply_cap,
        "tokens": estimate.tokens,
        "usd": estimate.usd,
        "judges": None if estimate.judges is None else asdict(estimate.judges),
    }


def _quote_json(found: Quote) -> dict[str, JSON]:
    return {
        "input_usd_per_million": round(found.input, 9),
        "output_usd_per_million": round(found.output, 9),
        "source": found.source,
        "date": None if found.date is None else found.date.isoformat(),
    }


def print_plan(costing: Costing) -> None:
    """Prints the arms as a table, the sums, and what they rest on."""
    for table in fitting(console().width, *_columns(costing.arms)):
        emit(table, "")
    plan = costing.plan
    models = list(dict.fromkeys(one.planned.arm.model for one in costing.arms))
    arms = figures.plural(len(costing.arms), "arm") + (f" on {models[0]}" if len(models) == 1 else "")
    repeats = f", {plan.repeats} attempts at each sample" if plan.repeats > 1 else ""
    emit(f"{arms}, {figures.plural(plan.total, 'record')}{repeats}.")
    emit(*_sums(costing), *_embedders(plan), *_vocabularies(costing.arms), *_prices(costing))
    if costing.waves is not None:
        window = max(model.concurrency for model in plan.models)
        waves = figures.plural(costing.waves, "wave")
        emit(f"Batches: at least {waves} of up to 24 hours, {window:,} samples open at once.")
    if costing.seconds:
        emit(f"Time: at least {clock(costing.seconds)} at the configured rates.")
    if plan.budget is not None:
        emit(_budget(costing))


def _sums(costing: Costing) -> Iterator[str]:
    if costing.calls is None:
        silent = sorted({one.planned.arm.strategy for one in costing.arms if one.calls is None})
        yield f"≥: {', '.join(silent)} does not declare its most calls: @strategy(calls=lambda **_: 3)."
    elif not all(one.exact for one in costing.arms):
        yield "≤: how many calls are made depends on the strategy and the replies."
    calls = "an unknown number of calls" if costing.calls is None else f"{costing.calls:,} calls"
    if costing.tokens is None:
        why = "" if costing.calls is None else ": without max_tokens nothing limits the replies"
        yield f"At most {calls}; tokens and cost have no known limit{why}."
    else:
        cost = "at an unknown price" if costing.usd is None else figures.dollars(costing.usd)
        yield f"At most {calls}, about {compact(costing.tokens)} tokens, {cost}."
    if costing.judges:
        yield _judges(costing)


def _judges(costing: Costing) -> str:
    calls = sum(one.calls for one in costing.judges)
    usd = _sum([one.usd for one in costing.judges])
    price = "at a cost without a known limit" if usd is None else figures.dollars(usd)
    names = sorted({name for one in costing.arms for panel in one.planned.panels for name, _ in panel.models})
    return f"Of these, {', '.join(names)} would make {calls:,} calls at most as judge, {price}."


def _embedders(plan: Plan) -> Iterator[str]:
    if plan.embedders:
        yield f"Vectors of {', '.join(model.name for model in plan.embedders)} come on top of this."


def _vocabularies(arms: Sequence[ArmEstimate]) -> Iterator[str]:
    for name in sorted({one.vocabulary for one in arms if one.vocabulary is not None}):
        models = sorted({one.planned.arm.model for one in arms if one.vocabulary == name})
        yield f"Prompt tokens of {', '.join(models)} are counted in {name}."
    guessed = sorted({one.planned.arm.model for one in arms if one.vocabulary is None})
    if guessed:
        yield (
            f"Prompt tokens of {', '.join(guessed)} are estimated: one for 4 characters, "
            "one for each Korean, Chinese or Japanese character."
        )


def _prices(costing: Costing) -> Iterator[str]:
    for name, found in costing.quotes.items():
        day = "" if found.date is None else f", {found.date}"
        yield (
            f"Price of {name}: ${found.input:.6g} in, ${found.output:.6g} out per million tokens "
            f"({found.source}{day})."
        )


def _budget(costing: Costing) -> str:
    allowed = costing.plan.budget
    assert allowed is not None
    limits = {name: value for name, value in asdict(allowed).items() if value is not None}
    worst = {"usd": costing.usd, "tokens": costing.tokens, "requests": costing.calls}
    shown = ", ".join(f"{value:,} {name}" for name, value in limits.items())
    within = all((most := worst.get(name)) is not None and most <= value for name, value in limits.items())
    enough = within and not costing.plan.embedders
    return f"Budget: {shown}" + (
        ", enough for the worst case." if enough else "; the run stops where it is reached."
    )


def _columns(estimates: Sequence[ArmEstimate]) -> tuple[list[Column], list[Column]]:
    arms = [one.planned.arm for one in estimates]
    variants = [arm.label.removesuffix(f" | {arm.model} | {arm.dataset}") for arm in arms]
    keys = [
        Column("strategy", variants, wraps=True),
        Column("dataset", [f"{arm.dataset} ({arm.split})" for arm in arms], wraps=True),
    ]
    if len({arm.model for arm in arms}) > 1:
        keys.insert(1, Column("model", [arm.model for arm in arms], wraps=True))
    sizes = [
        Column("samples", [f"{one.planned.selection.count:,}" for one in estimates], "right"),
        Column("calls", [_calls(one) for one in estimates], "right"),
        Column("tokens/call", [f"{one.prompt_tokens:,.0f}" for one in estimates], "right"),
        Column("tokens ≤", [_most(one.tokens) for one in estimates], "right"),
        Column("cost ≤", [figures.dollars(one.usd) for one in estimates], "right"),
    ]
    return keys, sizes


def _calls(estimate: ArmEstimate) -> str:
    if estimate.calls is None:
        return f"≥ {estimate.records:,}"
    return f"{'' if estimate.exact else '≤ '}{estimate.calls:,}"


def _most(tokens: int | None) -> str:
    return "?" if tokens is None else compact(tokens)


def _sum(numbers: Sequence[N | None]) -> N | None:
    """The sum; None where one is unknown."""
    known = [number for number in numbers if number is not None]
    return cast("N", sum(known)) if len(known) == len(numbers) else None
