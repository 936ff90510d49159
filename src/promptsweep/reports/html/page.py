"""The HTML report put together: what was gathered, the templates, scripts and style in one file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from promptsweep.reports import comparison_columns, counts, figures, terms
from promptsweep.reports.document import Chapter, Document, document
from promptsweep.reports.drawings import Drawing, check_extra, drawings
from promptsweep.reports.efficiency import CostTable, worth
from promptsweep.reports.html import scripts, sheets
from promptsweep.reports.html.excerpts import tongue
from promptsweep.reports.html.methods import methods, number
from promptsweep.reports.html.samples import worst
from promptsweep.reports.html.sheets import Sheet
from promptsweep.reports.store import Store
from promptsweep.reports.tuned import tuned_lines
from promptsweep.reports.verdict_text import short
from promptsweep.types import JSON
from promptsweep.words import say, speaking, visible

MOST_LINES = 100
"""Warnings, and arms of which something is missing, that a report names."""
MOST_SWEEP = 20_000
"""Characters shown of a sweep."""


@dataclass(frozen=True, slots=True)
class Part:
    """A heading, its chart and its table."""

    title: str
    drawing: Drawing | None
    spec: JSON
    """The drawing as Vega-Lite."""
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Section:
    """One dataset."""

    title: str
    size: str
    best: Sequence[str]
    """Who is best, corrected, and who may be as good; empty for one arm."""
    parts: Sequence[Part]


def html_report(store: Store, run: str, language: str = "en") -> str:
    """The report of a run as one HTML page: charts, leaderboards, comparisons, costs, worst samples, methods.

    It loads nothing, and a policy in it forbids that it does. Texts of models and datasets are text. About
    1 MB, and no more than 3 for 20 arms however long the texts: samples and characters shown are bounded.
    Raises ConfigError for an unknown run or language, MissingExtraError without the extra `report`.
    """
    check_extra("the HTML report")
    with speaking(language):
        return _page(store, run, language)


def _page(store: Store, run: str, language: str) -> str:
    found, costs = document(store, run), {one.dataset: one for one in worth(store, run)}
    script, style = scripts.script(), scripts.style()
    template = _environment().get_template("report.html")
    return template.render(
        language=language,
        info=found.info,
        facts=_facts(found),
        sections=[_section(one, costs.get(one.dataset)) for one in found.chapters],
        missing=[short(str(one), 400) for one in found.missing],
        judges=[short(str(one), 400) for one in found.judges],
        worst=worst(store, found),
        warnings=[short(one, 400) for one in found.info.warnings],
        most_lines=MOST_LINES,
        methods=methods(),
        made=_made(found),
        sweep=_sweep(found.info.sweep),
        policy=scripts.policy(script, style),
        script=Markup(script),  # noqa: S704  Vega's and ours
        style=Markup(style),  # noqa: S704  ours
        written=version("promptsweep"),
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("promptsweep.reports.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"short": short, "visible": visible, "tongue": tongue}
    environment.globals |= {"say": say, "number": number, "terms": terms, "records": counts.records}
    return environment


def _facts(found: Document) -> list[tuple[str, str]]:
    """What the run is, at a glance."""
    info, arms = found.info, [arm for chapter in found.chapters for arm in chapter.arms]
    models = ", ".join(dict.fromkeys(arm.model for arm in arms))
    datasets = ", ".join(chapter.dataset for chapter in found.chapters)
    records = say("{done} of {planned}", done=f"{info.done:,}", planned=f"{info.planned:,}")
    records += f", {counts.errors(info.errors)}" if info.errors else ""
    tuned = [(say("Tuned"), short(line, 400)) for line in tuned_lines(found.tuned)]
    return [
        (say("Began"), f"{info.created:%Y-%m-%d %H:%M} UTC"),
        (say("Records"), records),
        (say("Cost"), figures.dollars(info.cost)),
        (say("Arms"), f"{info.arms:,}"),
        (say("Models"), short(models, 300)),
        (say("Datasets"), short(datasets, 300)),
        (say("Run"), info.id),
        *tuned,
    ]


def _section(chapter: Chapter, costs: CostTable | None) -> Section:
    drawn = {one.name: one for one in drawings(chapter, costs)}
    parts = [_part(say("Leaderboard"), drawn.get("scores"), sheets.leaderboard(chapter))]
    if chapter.comparisons:
        baseline = short(chapter.names[chapter.comparisons[0].a])
        title = say("Against {arm}, paired by sample", arm=baseline)
        parts.append(_part(title, drawn.get("differences"), sheets.differences(chapter)))
    if costs is not None:
        parts.append(_part(say("What a score costs"), drawn.get("cost"), sheets.costs(chapter, costs)))
    best = [] if chapter.best is None else comparison_columns.best_lines(chapter.best)
    return Section(short(chapter.dataset), short(chapter.size), [short(one, 2_000) for one in best], parts)


def _part(title: str, drawing: Drawing | None, sheet: Sheet) -> Part:
    return Part(title, drawing, None if drawing is None else _spec(drawing), sheet)


def _spec(drawing: Drawing) -> JSON:
    from promptsweep.reports.charts.themes import page_theme
    from promptsweep.reports.charts.vega import specification

    return specification(drawing.chart.properties(width="container"), page_theme())


def _made(found: Document) -> list[tuple[str, str]]:
    """Versions, and the signatures that make figures comparable."""
    versions = [(name, str(value)) for name, value in found.info.versions.items()]
    signatures = [(one.name, one.signature) for one in found.metrics.values() if one.signature]
    return [(short(name), short(value, 300)) for name, value in (*versions, *signatures)]


def _sweep(sweep: Any) -> str:
    """The sweep as YAML."""
    from ruamel.yaml import YAML

    text, yaml = io.StringIO(), YAML()
    yaml.width = 100
    yaml.dump(dict(sweep), text)
    whole = visible(text.getvalue())
    if len(whole) <= MOST_SWEEP:
        return whole
    return f"{whole[:MOST_SWEEP]}\n{say('… {count} characters in all', count=f'{len(whole):,}')}"
