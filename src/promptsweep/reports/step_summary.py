"""A check as Markdown: GitHub's step summary, a comment of a pull request, a file to keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptsweep.reports.escape import label, literal, table
from promptsweep.reports.flips import Flip
from promptsweep.reports.verdict_text import BROKEN, cells, counted, many_broken, standing
from promptsweep.reports.verdicts import Check, GateResult, Verdict

MOST_BYTES = 1_000_000
"""GitHub takes a summary of at most 1 MiB a step and shows none of one that is longer."""
_MARKS = {"PASS": "✅", "INCONCLUSIVE": "⚠️"}
_CUT = "\n*Cut here: the rest would be longer than GitHub shows.*\n"


def check_markdown(check: Check, broken: int = BROKEN, most_bytes: int = MOST_BYTES) -> str:
    """The verdict, a table of the gates, why, what changed, and the broken samples in folds.

    Texts of models and datasets are escaped. Where it would be longer than `most_bytes`, whole sections are
    left out from the end, and it says so.
    """
    sections = [_head(check), _table(check.results), _reasons(check), _changes(check)]
    unsound = [result for result in check.results if result.verdict is not Verdict.PASS]
    sections += [_fold(result, broken) for result in unsound if result.broken and broken]
    return _joined(["\n".join([*section, ""]) for section in map(list, sections) if section], most_bytes)


def _joined(sections: Sequence[str], most: int) -> str:
    """Sections, each ending in a new line, with an empty line between; as many as fit."""
    room = most - len(_CUT.encode())
    kept: list[str] = []
    for section in sections:
        size = len(section.encode()) + 1
        if size > room:
            return "\n".join(kept) + _CUT
        kept.append(section)
        room -= size
    return "\n".join(kept)


def _head(check: Check) -> Iterator[str]:
    word = standing(check)
    baseline = "" if check.baseline is None else f" against {literal(check.baseline, 200)}"
    yield f"## {_MARKS.get(word, '❌')} {word}: {label(check.sweep)}"
    yield ""
    yield f"{counted(check)}; run `{check.run}`{baseline}."
    for one in check.judges:
        yield ""
        yield label(str(one))
    if check.incomplete is not None:
        yield ""
        yield f"> The run is incomplete: {literal(check.incomplete, 500)}"


def _table(results: Sequence[GateResult]) -> list[str]:
    """Failures first, then what is inconclusive."""
    order = [Verdict.REGRESSED, Verdict.INCONCLUSIVE, Verdict.PASS]
    rows = []
    for result in sorted(results, key=lambda one: order.index(one.verdict)):
        gate, value, before, difference, n, verdict = cells(result)
        shown = f"{_MARKS.get(verdict, '❌')} {verdict}"
        rows.append([shown, *map(label, (result.arm, gate, value, before, difference)), n])
    header = ["verdict", "arm", "gate", "value", "baseline", "difference", "samples"]
    return table(header, rows, right=frozenset({6})) if rows else []


def _reasons(check: Check) -> list[str]:
    """Why, for all that did not pass."""
    return [
        f"- **{label(' × '.join(filter(None, (one.arm, one.metric, one.slice))))}**: {label(one.reason)}"
        for one in check.results
        if one.verdict is not Verdict.PASS
    ]


def _changes(check: Check) -> list[str]:
    """Each change once, with the arms that it is in."""
    arms: dict[str, list[str]] = {}
    for arm, lines in check.changes.items():
        for line in lines:
            arms.setdefault(line, []).append(label(arm))
    everywhere = len(check.changes) if len(check.changes) > 1 else 0
    rows = [
        f"- {literal(line, 300)} in {'all arms' if len(found) == everywhere else _listed(found)}"
        for line, found in arms.items()
    ]
    return ["### What changed", "", *rows] if rows else []


def _listed(arms: Sequence[str]) -> str:
    return ", ".join(arms[:3]) + (f" and {len(arms) - 3} more" if len(arms) > 3 else "")


def _fold(result: GateResult, most: int) -> Iterator[str]:
    cut = most < len(result.broken)
    many = f"{most} of {many_broken(result)}" if cut else many_broken(result)
    noun = "sample" if len(result.broken) == 1 else "samples"
    yield f"<details><summary>{many} broken {noun}: {literal(result.id, 300)}</summary>"
    yield ""
    yield from table(["sample", "input", "target", "before", "now"], map(_row, result.broken[:most]))
    yield ""
    yield "</details>"


def _row(flip: Flip) -> list[str]:
    before = "–" if flip.answer_a is None else literal(flip.answer_a, 80)
    now = "no answer" if flip.answer_b is None else literal(flip.answer_b, 80)
    return [
        literal(flip.sample_id, 60),
        literal(flip.input),
        literal(" / ".join(flip.targets), 60),
        before,
        now,
    ]
