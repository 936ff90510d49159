"""A comparison as Markdown, for a pull request or a page, and as CSV, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from promptsweep.errors import ConfigError
from promptsweep.reports import comparison_columns as columns
from promptsweep.reports.compare import Comparison, Flip, comparison_json
from promptsweep.reports.compared import Compared
from promptsweep.reports.comparison_columns import Figures, arm_name
from promptsweep.reports.efficiency import efficiency_json
from promptsweep.reports.escape import label, literal, table
from promptsweep.reports.flips import change_words
from promptsweep.reports.sliced import slices_json
from promptsweep.reports.tuned import tuned_lines
from promptsweep.types import JSON


def compared_markdown(found: Compared) -> str:
    """Everything that was asked for; texts of models and datasets are escaped."""
    lines: list[str] = []
    for title, group in columns.groups(found.comparisons, runs=found.runs).items():
        lines += [f"## {label(title[0].upper() + title[1:])}", "", *_group(group), ""]
    for best in found.best:
        lines += [*(f"- {label(line)}" for line in columns.best_lines(best)), ""]
    method = columns.methods(found.comparisons)
    lines += [f"- {label(line)}" for line in (*tuned_lines(found.tuned), *columns.DIFFERENCES, method)]
    for costs in found.costs:
        arms = Figures("arm", [arm_name(one.arm, costs.dataset) for one in costs.arms])
        lines += [
            "",
            f"## {label(costs.dataset)}: what a score costs",
            "",
            *_table(arms, columns.costs(costs)),
        ]
        lines += ["", *(f"- {label(line)}" for line in columns.cost_notes(costs))]
    if found.costs:
        lines += ["", *(f"- {label(line)}" for line in columns.COSTS)]
    for sliced in found.slices:
        lines += ["", f"## {label(columns.slices_title(sliced))}", "", *_table(*columns.slices(sliced))]
        lines += ["", f"- {label(columns.left_out(sliced))}"] if sliced.left else []
    if found.slices:
        lines += ["", *(f"- {label(line)}" for line in columns.slices_notes(found.slices))]
    return "\n".join(lines)


def compared_csv(found: Compared) -> str:
    """One table, a header and a row a line: slices or costs where asked for, else the comparisons.

    The columns are the keys of `--json`. Raises ConfigError where slices and costs are both asked for.
    """
    if found.slices and found.costs:
        raise ConfigError("CSV is one table: ask for --cost or for --slice, not for both")
    if found.slices:
        return _csv(slices_json(found.slices))
    return _csv(efficiency_json(found.costs) if found.costs else comparison_json(found.comparisons))


def _csv(rows: Sequence[Mapping[str, JSON]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return text.getvalue().rstrip("\n")


def _plain(value: JSON) -> JSON:
    return str(value).lower() if isinstance(value, bool) else value


def _group(group: Sequence[Comparison]) -> Iterator[str]:
    arms = Figures("arm", [arm_name(one.b, one.dataset) for one in group])
    yield from _table(arms, columns.differences(group))
    notes = [f"- {label(line)}" for one in group for line in columns.notes(one)]
    yield from ["", *notes] if notes else []
    for one in group:
        rows = [
            (word, flip)
            for word, flips in zip(change_words(one.higher_is_better), one.flips, strict=True)
            for flip in flips
        ]
        if rows:
            yield from ["", f"{label(arm_name(one.b, one.dataset))}: samples that differ", ""]
            header = ["change", "sample", "input", "target", "baseline", "this"]
            yield from table(header, [_flip(word, flip) for word, flip in rows])


def _flip(word: str, flip: Flip) -> list[str]:
    texts = [flip.sample_id, flip.input, " / ".join(flip.targets), flip.answer_a or "", flip.answer_b or ""]
    return [word, *map(literal, texts)]


def _table(key: Figures, figures: Sequence[Figures]) -> list[str]:
    whole = [key, *figures]
    rows = zip(*([label(cell) for cell in one.cells] for one in whole), strict=True)
    right = frozenset(place for place, one in enumerate(whole) if one.right)
    return table([label(one.header) for one in whole], rows, right)
