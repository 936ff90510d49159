"""What judges said of a run: scores, pairs, agreement with people, cost."""

from __future__ import annotations

from collections.abc import Sequence

from promptsweep.cli.output import console, emit
from promptsweep.cli.views.tables import Column, fitting
from promptsweep.reports import figures
from promptsweep.reports.duels import DuelSummary
from promptsweep.reports.judges import JudgeReport, JudgeScores


def print_judges(report: JudgeReport) -> None:
    """Prints all that is stored; one line where there is nothing."""
    if not report.scores and not report.duels:
        emit(f"Run {report.run} has no judge: promptsweep judge {report.run} --model NAME --rubric NAME")
        return
    emit(f"Run {report.run} · judges", "")
    _print(_score_keys(report.scores), _score_figures(report.scores))
    _print(_duel_keys(report.duels), _duel_figures(report.duels))
    _print_agreement(report)
    emit(*map(str, report.spending))
    if report.duels:
        emit("Pairs were asked in both orders; another verdict in each order is a tie.")
        emit("`first` is the share of verdicts for the answer shown first: 0.50 without position bias.")
    emit("In brackets: 95 % intervals over samples.")


def _print(keys: Sequence[Column], columns: Sequence[Column]) -> None:
    if keys[0].cells:
        for table in fitting(console().width, keys, columns):
            emit(table, "")


def _score_keys(scores: Sequence[JudgeScores]) -> list[Column]:
    return [
        Column("judge", [one.judge for one in scores], wraps=True),
        Column("arm", _without_shared_ends([one.arm for one in scores]), wraps=True),
    ]


def _score_figures(scores: Sequence[JudgeScores]) -> list[Column]:
    scored = [f"{one.judged:,}/{one.answers:,}" for one in scores]
    columns = [
        Column("mean", [figures.interval(one.mean) for one in scores]),
        Column("judged", scored, "right"),
        Column("no verdict", [f"{one.errors:,}" for one in scores], "right"),
    ]
    if any(one.spread is not None for one in scores):
        columns.append(Column("spread", [_number(one.spread) for one in scores], "right"))
        columns.append(Column("means", [_means(one) for one in scores], wraps=True))
    if any(one.consistent is not None for one in scores):
        columns.append(Column("same in both orders", [_number(one.consistent) for one in scores], "right"))
    return columns


def _means(one: JudgeScores) -> str:
    return ", ".join(f"{name} {figures.number(value)}" for name, value in one.means.items()) or "–"


def _number(value: float | None) -> str:
    return "–" if value is None else figures.number(value)


def _duel_keys(duels: Sequence[DuelSummary]) -> list[Column]:
    shown = _without_shared_ends([label for one in duels for label in (one.arm, one.other)])
    return [
        Column("judge", [f"{one.judge}, {one.rubric}" for one in duels], wraps=True),
        Column("arm", shown[::2], wraps=True),
        Column("against", shown[1::2], wraps=True),
    ]


def _without_shared_ends(labels: Sequence[str]) -> list[str]:
    """Labels without the last parts, such as model and dataset, that all of them share."""
    parts = [label.split(" | ") for label in labels]
    while parts and min(map(len, parts)) > 1 and len({part[-1] for part in parts}) == 1:
        parts = [part[:-1] for part in parts]
    return [" | ".join(part) for part in parts]


def _duel_figures(duels: Sequence[DuelSummary]) -> list[Column]:
    found = [one.preferred for one in duels]
    return [
        Column("net win rate", [figures.interval(one.net) for one in found]),
        Column("wins–ties–losses", [f"{one.wins}–{one.ties}–{one.losses}" for one in found], "right"),
        Column("sign test", [figures.probability(one.p) for one in found]),
        Column("same in both orders", [figures.interval(one.consistent) for one in duels]),
        Column("first", [figures.interval(one.first) for one in duels]),
        Column("no verdict", [f"{one.errors:,}" for one in duels], "right"),
    ]


def _print_agreement(report: JudgeReport) -> None:
    pairs = [one for _, one in report.agreement]
    columns = [
        Column("same", [figures.interval(one.same) for one in pairs]),
        Column("κ", [figures.interval(one.plain) for one in pairs]),
        Column("weighted κ", [figures.interval(one.kappa) for one in pairs]),
        Column("answers", [f"{one.answers:,}" for one in pairs], "right"),
    ]
    names = [Column("grader", [one.one for one in pairs]), Column("and", [one.other for one in pairs])]
    _print(names, columns)
    ranks = [one for _, one in report.ranks]
    columns = [
        Column("Spearman's ρ", [figures.interval(one.spearman) for one in ranks]),
        Column("Kendall's τ", [figures.interval(one.kendall) for one in ranks]),
        Column("answers", [f"{one.answers:,}" for one in ranks], "right"),
    ]
    names = [Column("grader", [one.grader for one in ranks]), Column("and", [one.metric for one in ranks])]
    _print(names, columns)
