"""Baselines in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from promptsweep.cli.output import console, emit, emit_json
from promptsweep.cli.views.tables import Column, fitting, table
from promptsweep.reports.baselines import Baseline, BaselineArm
from promptsweep.reports.figures import plural
from promptsweep.reports.objects import Place
from promptsweep.reports.verdict_text import number
from promptsweep.types import JSON
from promptsweep.urls import is_url, shown


def print_saved(made: Baseline, place: Place, size: int) -> None:
    """Where a baseline is now, what it holds, its size in bytes, and what to do with it."""
    answers = ", with their answers" if any(arm.answers for arm in made.arms) else ""
    holds = f"{plural(len(made.arms), 'arm')}, {plural(made.samples, 'sample')}{answers}"
    emit(f"{shown(place)}: run {made.run}, {holds}")
    use = f"Commit it; promptsweep check {made.sweep} compares with it."
    if is_url(place):
        use = f"promptsweep check {made.sweep} --baseline {shown(place)} compares with it."
    emit(f"{size / 1000:,.1f} kB. {use}")


def print_baseline(found: Baseline, *, json: bool) -> None:
    """One baseline: its origin, and the mean of each figure of each arm."""
    if json:
        emit_json(_as_json(found))
        return
    made = found.versions
    commit = f" · commit {made['commit']}" if made.get("commit") else ""
    emit(f"{found.place}: run {found.run} of {found.sweep} · {found.created}")
    emit(f"promptsweep {made.get('promptsweep', '?')}{commit}", "")
    names = list(dict.fromkeys(name for arm in found.arms for name in arm.columns))
    columns = [
        Column("samples", [f"{len(arm.values):,}" for arm in found.arms], "right"),
        *(Column(name, [_mean(arm, name) for arm in found.arms], "right") for name in names),
    ]
    arms = Column("arm", [arm.label for arm in found.arms], wraps=True)
    for one in fitting(console().width, [arms], columns):
        emit(one)
    if any(arm.answers for arm in found.arms):
        emit("", "It holds the answers too.")


def print_baselines(found: Sequence[Baseline], *, json: bool) -> None:
    """All baselines of a workspace, a line each."""
    if json:
        emit_json([_as_json(one) for one in found])
        return
    if not found:
        emit("No baseline yet: promptsweep baseline save RUN makes one.")
        return
    emit(
        table(
            [
                Column("sweep", [one.sweep for one in found], wraps=True),
                Column("run", [one.run for one in found]),
                Column("created", [one.created for one in found]),
                Column("arms", [f"{len(one.arms):,}" for one in found], "right"),
                Column("samples", [f"{one.samples:,}" for one in found], "right"),
            ]
        )
    )


def _as_json(found: Baseline) -> dict[str, JSON]:
    return {
        "sweep": found.sweep,
        "run": found.run,
        "created": found.created,
        "path": found.place,
        "versions": dict(found.versions),
        "samples": found.samples,
        "arms": [
            {"arm": arm.label, "samples": len(arm.values), "answers": bool(arm.answers)}
            | {"figures": {name: _value(arm, name) for name in arm.columns}}
            for arm in found.arms
        ],
    }


def _value(arm: BaselineArm, name: str) -> float | None:
    values = arm.column(name).values()
    return fmean(values) if values else None


def _mean(arm: BaselineArm, name: str) -> str:
    value = _value(arm, name)
    return "–" if value is None else number(value)
