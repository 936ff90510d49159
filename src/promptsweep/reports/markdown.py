"""A run as Markdown, good to read in a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promptsweep.errors import NotComparableError
from promptsweep.reports import figures
from promptsweep.reports.arms import StoredMetric, stored_metrics
from promptsweep.reports.best import BestArm, best_arms
from promptsweep.reports.browse import RunInfo, run_info
from promptsweep.reports.compare import Comparison, compare_arms
from promptsweep.reports.comparison_columns import best_lines
from promptsweep.reports.escape import label, literal, table
from promptsweep.reports.missing import missing
from promptsweep.reports.pages import RecordRow, page
from promptsweep.reports.rows import dumps
from promptsweep.reports.store import Store
from promptsweep.reports.summary import ArmSummary, metric_names, summarise
from promptsweep.types import Outcome

WORST = 5
"""Samples shown of those that failed or scored lowest."""


def markdown_report(store: Store, run: str) -> str:
    """The report of a run: leaderboards with intervals, comparisons, what is missing, the worst samples.

    Text of models and datasets is escaped. Raises ConfigError for an unknown run.
    """
    info = run_info(store, run)
    summaries = summarise(store, info.id, info.repeats)
    metrics = {one.name: one for arm in store.arms(info.id) for one in stored_metrics(arm)}
    comparisons = _comparisons(store, info.id)
    best = best_arms(store, info.id)
    lines = [*_head(info, summaries)]
    for dataset in dict.fromkeys(one.dataset for one in summaries):
        arms = [one for one in summaries if one.dataset == dataset]
        lines += _dataset(arms, [one for one in comparisons if one.dataset == dataset], info.repeats)
        lines += _best([one for one in best if one.dataset == dataset])
    lines += _section("What is missing", [f"- {label(str(one))}" for one in missing(store, info.id)])
    lines += _section("The worst samples", _worst(*page(store, info.id, wrong=True, limit=WORST)))
    lines += _section("Warnings", [f"- {literal(one, 300)}" for one in info.warnings])
    lines += _section("How it was measured", _measured(info, metrics))
    return "\n".join(lines)


def _comparisons(store: Store, run: str) -> list[Comparison]:
    try:
        return compare_arms(store, run, flips=0)
    except NotComparableError:
        return []


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"## {title}", "", *lines] if lines else []


def _head(info: RunInfo, summaries: Sequence[ArmSummary]) -> Iterator[str]:
    count = f"{info.done:,} of {info.planned:,} records"
    models = ", ".join(dict.fromkeys(label(one.model) for one in summaries))
    yield f"# {label(info.name)}"
    yield ""
    errors = figures.plural(info.errors, "error")
    yield f"**{info.status.value}** · {count} · {errors} · {figures.dollars(info.cost)}"
    if info.error:
        yield f"\n> {literal(info.error, 300)}"
    yield ""
    arms, began = figures.plural(info.arms, "arm"), f"{info.created:%Y-%m-%d %H:%M} UTC"
    yield f"{arms} on {models}; run `{info.id}` of {began}."


def _dataset(arms: Sequence[ArmSummary], comparisons: Sequence[Comparison], repeats: int) -> list[str]:
    first = arms[0]
    samples = figures.plural(max(one.samples for one in arms), "sample")
    each = f", {repeats} attempts each" if repeats > 1 else ""
    lines = ["", f"## {label(first.dataset)}", "", f"Split {label(first.split)}, {samples}{each}.", ""]
    lines += [*_leaderboard(arms), "", "In brackets: 95 % intervals."]
    if comparisons:
        names = _names(arms)
        lines += ["", f"Against {names[comparisons[0].a]}, paired by sample:", ""]
        lines += [_comparison(one, names[one.b]) for one in comparisons]
    return lines


def _best(found: Sequence[BestArm]) -> list[str]:
    """Who is best, corrected for having been picked; a paragraph each."""
    return [line for one in found for line in ("", label(" ".join(best_lines(one))))]


def _names(arms: Sequence[ArmSummary]) -> dict[str, str]:
    """Arm → what tells it from the others over its dataset: the model only where there are several."""
    several = len({one.model for one in arms}) > 1
    return {one.arm: label(f"{one.variant} | {one.model}" if several else one.variant) for one in arms}


def _leaderboard(arms: Sequence[ArmSummary]) -> list[str]:
    metrics, several = metric_names(arms), len({one.model for one in arms}) > 1
    failed = [one for one in Outcome if one is not Outcome.OK and any(arm.outcomes.get(one) for arm in arms)]
    header = ["strategy", *(["model"] if several else []), *map(label, metrics), "scored"]
    header += [*(one.value for one in failed), "tokens in + out", "cost", "p50", "p95"]
    rows = [
        [
            label(arm.variant),
            *([label(arm.model)] if several else []),
            *(figures.interval(arm.metrics.get(name)) for name in metrics),
            f"{arm.scored:,} of {arm.samples:,}",
            *(f"{arm.outcomes.get(one, 0):,}" for one in failed),
            f"{arm.tokens['prompt']:,} + {arm.tokens['completion']:,}",
            figures.dollars(arm.cost_usd),
            figures.duration(arm.p50_seconds),
            figures.duration(arm.p95_seconds),
        ]
        for arm in arms
    ]
    texts = 2 if several else 1
    return table(header, rows, right=frozenset(range(texts + len(metrics), len(header))))


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
