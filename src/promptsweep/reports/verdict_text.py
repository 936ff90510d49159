"""Verdicts in words, for wherever text goes: a test report, the message of a failed test, an annotation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from promptsweep.reports import figures
from promptsweep.reports.broken import MOST
from promptsweep.reports.flips import Flip
from promptsweep.reports.verdicts import Check, GateResult, Verdict
from promptsweep.words import visible

BROKEN = 10
"""Broken samples shown of a gate where nobody says how many."""
_WIDTH = 160
"""Characters shown of an input or an answer."""
_HEADER = ("gate", "value", "baseline", "difference", "samples", "verdict")


def standing(check: Check, results: Sequence[GateResult] | None = None) -> str:
    """The check (or some results of it) in one word: PASS, REGRESSED, INCOMPLETE or INCONCLUSIVE.

    As its exit code says, but for a run that was interrupted.
    """
    verdicts = {result.verdict for result in (check.results if results is None else results)}
    if Verdict.REGRESSED in verdicts:
        return Verdict.REGRESSED.value
    if check.incomplete is not None:
        return "INCOMPLETE"
    return (Verdict.INCONCLUSIVE if Verdict.INCONCLUSIVE in verdicts else Verdict.PASS).value


def headline(check: Check) -> str:
    """`1 of 4 gates failed, 1 is inconclusive; the run is incomplete: 3 of 60 records …`"""
    why = "" if check.incomplete is None else f"; the run is incomplete: {check.incomplete}"
    return counted(check) + visible(why)


def counted(check: Check) -> str:
    """How many gates failed and are inconclusive, or that all passed: `4 gates passed`."""
    count = len(check.results)
    failed, unclear = (len(of(check, one)) for one in (Verdict.REGRESSED, Verdict.INCONCLUSIVE))
    parts = [f"{failed} of {figures.plural(count, 'gate')} failed"] if failed else []
    if unclear:
        parts.append(
            f"{unclear} {'is' if unclear == 1 else 'are'} inconclusive"
            if failed
            else f"{unclear} of {figures.plural(count, 'gate')} inconclusive"
        )
    return ", ".join(parts) or f"{figures.plural(count, 'gate')} passed"


def of(check: Check, verdict: Verdict) -> list[GateResult]:
    """The results with this verdict, in the order of the sweep."""
    return [result for result in check.results if result.verdict is verdict]


def cells(result: GateResult) -> tuple[str, str, str, str, str, str]:
    """A row of a verdict table: gate (without the arm), value, baseline, difference, samples, verdict."""
    gate = " × ".join(part for part in (result.metric, result.slice, result.rule) if part)
    if result.difference is None:
        value, change = _bounded(result), ""
    else:
        value, change = number(result.value), figures.difference(result.difference, result.low, result.high)
    before = "" if result.baseline is None else number(result.baseline)
    return gate, value, before, change, f"{result.n:,}", result.verdict.value


def number(value: float) -> str:
    """`0.83`, `12.4`, `1,204`; a dash where there is none."""
    return _alike([value])[0]


def _bounded(result: GateResult) -> str:
    if math.isnan(result.value) or math.isnan(result.low) or math.isnan(result.high):
        return number(result.value)
    value, low, high = _alike([result.value, result.low, result.high])
    return f"{value} [{low}, {high}]"


def _alike(values: Sequence[float]) -> list[str]:
    """The values with the same number of decimals: few for large ones, enough for a price of a reply."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    decimals = next((few for few, least in ((0, 1_000), (1, 10), (2, 0.02)) if largest >= least), 5)
    decimals = decimals if largest else 2
    shown = (f"{value:,.{decimals}f}".replace("inf", "∞") for value in values)
    return ["–" if math.isnan(value) else text for value, text in zip(values, shown, strict=True)]


def gate_text(check: Check, results: Sequence[GateResult], broken: int = BROKEN) -> str:
    """Results of one arm as plain text: the worst verdict, their table, why, what changed, what broke.

    At most `broken` samples are shown of each.
    """
    title = f"{standing(check, results)} {visible(results[0].arm)}"
    lines = [title, "", *_table([cells(result) for result in results]), ""]
    lines += [f"{result.verdict}: {visible(result.reason)}" for result in results]
    if changes := check.changes.get(results[0].arm):
        lines += ["", "changed since the baseline:", *(f"  {visible(line)}" for line in changes)]
    for result in results:
        lines += _broken(result, broken)
    return "\n".join(lines)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The rows under their header, columns that hold nothing left out; wide letters count as two."""
    from rich.cells import cell_len

    kept = [place for place in range(len(_HEADER)) if any(row[place] for row in rows)]
    lines = [[visible(row[place]) for place in kept] for row in (_HEADER, *rows)]
    widths = [max(cell_len(line[place]) for line in lines) for place in range(len(kept))]
    for line in lines:
        padded = [cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)]
        yield "  ".join(padded).rstrip()


def _broken(result: GateResult, most: int) -> Iterator[str]:
    if not result.broken or not most:
        return
    shown = "" if len(result.broken) <= most else f", {most} of {many_broken(result)}"
    yield ""
    yield f"right in the baseline and wrong now{shown}:"
    for flip in result.broken[:most]:
        yield from _flip(flip)


def _flip(flip: Flip) -> Iterator[str]:
    targets = short(" / ".join(flip.targets)) or "–"
    before = "" if flip.answer_a is None else f" · before: {short(flip.answer_a)}"
    yield f"  {short(flip.sample_id)}: {short(flip.input)}"
    yield f"    target: {targets}{before} · now: {short(flip.answer_b or '') or 'no answer'}"


def many_broken(result: GateResult) -> str:
    """How many samples broke: `12`, or `50 or more`, as no more are kept."""
    count = len(result.broken)
    return f"{count}" if count < MOST else f"{count} or more"


def short(text: str, width: int = _WIDTH) -> str:
    """A text of a model or a dataset on one line, at most `width` characters of it."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= width else line[: width - 1] + "…"
