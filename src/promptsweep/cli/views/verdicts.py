"""A check in the terminal: the verdicts, why, what changed, and which samples broke."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import orjson

from promptsweep.cli.output import console, emit
from promptsweep.cli.views.tables import Column, fitting
from promptsweep.reports.figures import plural
from promptsweep.reports.verdict_text import cells, counted, short, standing
from promptsweep.reports.verdicts import Check, GateResult, Verdict
from promptsweep.types import JSON

NOTHING = "nothing that promptsweep knows of: the replies themselves are others"


def print_check(check: Check, broken: int) -> None:
    """Prints the verdicts, the reasons of what did not pass, what changed, and `broken` samples a gate."""
    against = f" against {check.baseline}" if check.baseline else ""
    emit(f"{check.sweep} · run {check.run}{against}", "")
    for arm in dict.fromkeys(one.arm for one in check.results):
        emit(arm, "")
        gates, columns = _columns([one for one in check.results if one.arm == arm])
        for table in fitting(console().width, [gates], columns):
            emit(table, "")
    for block in (_reasons(check), _changes(check), _broken(check, broken)):
        lines = list(block)
        emit(*lines, *([""] if lines else []))
    emit(*map(str, check.judges))
    rest = "; they rest on an incomplete run" if check.incomplete is not None else ""
    emit(f"{standing(check)}: {counted(check)}{rest}.")


def check_text(check: Check) -> str:
    """The documented form of `check --json`; what is not a number is null."""
    return orjson.dumps(check_json(check), option=orjson.OPT_INDENT_2).decode() + "\n"


def check_json(check: Check) -> dict[str, JSON]:
    """A check as plain data."""
    found = asdict(check)
    return {"verdict": standing(check), "exit_code": int(check.exit_code), **found}


def _columns(results: Sequence[GateResult]) -> tuple[Column, list[Column]]:
    """The gates of one arm, and what is known of each."""
    rows = [cells(one) for one in results]
    gate, value, before, difference, samples, verdict = (list(column) for column in zip(*rows, strict=True))
    compared = [Column("baseline", before, "right"), Column("difference", difference)] if any(before) else []
    columns = [Column("verdict", verdict), Column("value", value), *compared]
    return Column("gate", gate, wraps=True), [*columns, Column("samples", samples, "right")]


def _name(result: GateResult) -> str:
    return f"{result.arm}: {' × '.join(part for part in (result.metric, result.slice, result.rule) if part)}"


def _reasons(check: Check) -> Iterator[str]:
    for result in check.results:
        if result.verdict is not Verdict.PASS:
            yield f"{result.verdict} {_name(result)}"
            yield f"  {result.reason}"


def _changes(check: Check) -> Iterator[str]:
    """What changed in all arms once, then what did in each."""
    if not check.changes:
        return
    yield "Changed since the baseline:"
    arms = list(check.changes.values())
    shared = [line for line in arms[0] if len(arms) > 1 and all(line in lines for lines in arms)]
    if shared:
        yield "  in all arms"
        yield from (f"    {line}" for line in shared)
    for label, lines in check.changes.items():
        own = [line for line in lines if line not in shared]
        if own:
            yield f"  {label}"
            yield from (f"    {line}" for line in own)
    if not any(arms):
        yield f"  {NOTHING if any(one.difference for one in check.results) else 'nothing'}"


def _broken(check: Check, most: int) -> Iterator[str]:
    for result in check.results:
        if result.verdict is Verdict.PASS or not result.broken or not most:
            continue
        count = len(result.broken)
        shown = f"the {most} worst" if count > most else plural(count, "sample")
        yield f"Right in the baseline and wrong now, {_name(result)} ({shown}):"
        for flip in result.broken[:most]:
            before = "" if flip.answer_a is None else f" · before {short(flip.answer_a)}"
            target = short(" | ".join(flip.targets)) or "–"
            yield f"  {short(flip.sample_id)}: {short(flip.input, 100)}"
            yield f"    target {target}{before} · now {short(flip.answer_b or '') or 'no answer'}"
