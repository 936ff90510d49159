"""A run as Markdown, good to read in a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promptsweep.reports import figures
from promptsweep.reports import leaderboard_columns as columns
from promptsweep.reports.arms import StoredMetric
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.compare import Comparison
from promptsweep.reports.comparison_columns import best_lines
from promptsweep.reports.document import Chapter, Document, document
from promptsweep.reports.escape import label, literal, table
from promptsweep.reports.pages import RecordRow, page
from promptsweep.reports.rows import dumps
from promptsweep.reports.store import Store
from promptsweep.reports.summary import ArmSummary
from promptsweep.reports.tuned import tuned_lines

WORST = 5
"""Samples shown of those that failed or scored lowest."""


def markdown_report(store: Store, run: str) -> str:
    """The report of a run: leaderboards with intervals, comparisons, what is missing, the worst samples.

    Text of models and datasets is escaped. Raises ConfigError for an unknown run.
    """
    found = document(store, run)
    info = found.info
    lines = [*_head(found)]
    for chapter in found.chapters:
        lines += _dataset(chapter)
    lines += _section("Tuned models", [f"- {label(line)}" for line in tuned_lines(found.tuned)])
    lines += _section("What is missing", [f"- {label(str(one))}" for one in found.missing])
    lines += _section("What judges took", [f"- {label(str(one))}" for one in found.judges])
    lines += _section("The worst samples", _worst(*page(store, info.id, wrong=True, limit=WORST)))
    lines += _section("Warnings", [f"- {literal(one, 300)}" for one in info.warnings])
    lines += _section("How it was measured", _measured(info, found.metrics))
    return "\n".join(lines)


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"## {title}", "", *lines] if lines else []


def _head(found: Document) -> Iterator[str]:
    info = found.info
    count = f"{info.done:,} of {info.planned:,} records"
    models = dict.fromkeys(label(arm.model) for chapter in found.chapters for arm in chapter.arms)
    yield f"# {label(info.name)}"
    yield ""
    errors = figures.plural(info.errors, "error")
    yield f"**{info.status.value}** · {count} · {errors} · {figures.dollars(info.cost)}"
    if info.error:
        yield f"\n> {literal(info.error, 300)}"
    yield ""
    arms, began = figures.plural(info.arms, "arm"), f"{info.created:%Y-%m-%d %H:%M} UTC"
    yield f"{arms} on {', '.join(models)}; run `{info.id}` of {began}."


def _dataset(chapter: Chapter) -> list[str]:
    lines = ["", f"## {label(chapter.dataset)}", "", f"{label(chapter.size)}.", ""]
    lines += [*_leaderboard(chapter.arms), "", columns.intervals()]
    if chapter.comparisons:
        names = {arm: label(name) for arm, name in chapter.names.items()}
        lines += ["", f"Against {names[chapter.comparisons[0].a]}, paired by sample:", ""]
        lines += [_comparison(one, names[one.b]) for one in chapter.comparisons]
    if chapter.best is not None:
        lines += ["", label(" ".join(best_lines(chapter.best)))]
    return lines


def _leaderboard(arms: Sequence[ArmSummary]) -> list[str]:
    keys, metrics, counts = columns.keys(arms), columns.metrics(arms), columns.counts(arms)
    whole = [*keys, *metrics, *counts]
    cells = [*([*map(label, one.cells)] for one in keys), *(one.cells for one in (*metrics, *counts))]
    right = frozenset(place for place, one in enumerate(whole) if one.right)
    return table([label(one.header) for one in whole], zip(*cells, strict=True), right)


def _comparison(one: Comparison, arm: str) -> str:
    """One sentence: the verdict, the difference, and what it rests on."""
    found = one.paired
    verdict = {"better": "**better**", "worse": "**worse**"}.get(one.verdict, one.verdict)
    size = figures.difference(found.difference, found.low, found.high)
    p, samples = figures.probability(one.p_adjusted), figures.plural(one.shared, "sample")
    facts = f"{label(one.metric)} {size}, {p}, {samples}"
    if max(one.n_a, one.n_b) > one.shared:
        facts += f" scored in both ({one.n_a:,} and {one.n_b:,} in each)"
    return f"- {arm}: {verdict}: {facts}.{_power(one)}"


def _power(one: Comparison) -> str:
    """Where nothing is shown: what so many samples could have shown, and how many it would take."""
    found = one.paired
    if one.verdict != "no difference shown" or found.minimum_detectable is None:
        return ""
    needed = f"; this one would take about {found.needed:,}" if found.needed else ""
    return f" So many samples show differences from {found.minimum_detectable:.2f}{needed}."


def _worst(rows: Sequence[RecordRow], total: int) -> list[str]:
    if not rows:
        return []
    cells = [
        [
            literal(row.sample_id, 40),
            label(row.arm),
            literal(row.input),
            literal(" / ".join(row.targets), 60),
            literal(row.error or row.answer or "", 60),
            row.outcome.value,
            ", ".join(f"{label(name)} {value:.2f}" for name, value in list(row.scores.items())[:1]),
        ]
        for row in rows
    ]
    header = ["sample", "arm", "input", "target", "answer or error", "outcome", "score"]
    return [
        f"{len(rows)} of {figures.plural(total, 'record')} that failed or are not fully right.",
        "",
        *table(header, cells),
    ]


def _measured(info: RunInfo, metrics: Mapping[str, StoredMetric]) -> list[str]:
    """Versions, and the signatures that make figures comparable."""
    lines = [f"- {label(name)}: {label(str(version))}" for name, version in info.versions.items()]
    lines += [f"- {label(one.name)}: {label(one.signature)}" for one in metrics.values() if one.signature]
    lines.append(f"- sweep: {literal(dumps(info.sweep), 2_000)}")
    return [*lines, "- p-values: two-sided, adjusted for all comparisons of this report (Holm)"]
