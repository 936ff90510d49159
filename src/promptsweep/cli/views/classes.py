"""How each class is recognised, and for what it is mistaken."""

from __future__ import annotations

from promptsweep.api import Run
from promptsweep.cli.output import emit, emit_json
from promptsweep.cli.views.tables import Column, table
from promptsweep.reports.classes import ClassTable, class_tables


def print_classes(run: Run, arm: str | None, *, json: bool) -> None:
    """Prints per-class scores and the confusion matrix of each classification arm."""
    tables = class_tables(run.store, run.id, arm)
    if json:
        emit_json({"run": run.id, "arms": [one.as_json() for one in tables]})
        return
    for one in tables:
        emit(one.arm, "")
        _print_scores(one)
        _print_matrix(one)
        if one.calibration_error is not None:
            emit(f"Calibration error (ECE) of its confidence: {one.calibration_error:.3f}", "")


def _print_scores(found: ClassTable) -> None:
    classes = found.classes
    figures = [
        Column(name, [f"{getattr(one, name):.2f}" for one in classes], "right")
        for name in ("precision", "recall", "f1")
    ]
    labels = Column("class", [one.label for one in classes], wraps=True)
    emit(table([labels, *figures, Column("samples", [str(one.support) for one in classes], "right")]), "")


def _print_matrix(found: ClassTable) -> None:
    """Small matrices whole; of large ones the mistakes, the most frequent first."""
    if len(found.labels) <= 10:
        columns = [
            Column(label, [str(row[place]) for row in found.matrix], "right")
            for place, label in enumerate(found.labels)
        ]
        emit(table([Column("target \\ answer", found.labels), *columns]), "")
        return
    mistakes = [
        (count, target, found.labels[place])
        for target, row in zip(found.labels, found.matrix, strict=True)
        for place, count in enumerate(row)
        if count and found.labels[place] != target
    ]
    most = sorted(mistakes, key=lambda one: -one[0])[:20]
    columns = [Column("target", [one[1] for one in most]), Column("answer", [one[2] for one in most])]
    emit(table([*columns, Column("times", [str(one[0]) for one in most], "right")]), "")
