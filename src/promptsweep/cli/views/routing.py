"""How well a trained router does on questions that it has not seen."""

from __future__ import annotations

from rich.table import Table

from promptsweep.cli.views.tables import Column, table
from promptsweep.prompts.router import FOLDS, Training


def confusion_table(found: Training) -> Table:
    """What was outlined and what not, by what suits."""
    right, wrong, missed, straight = found.confusion
    return table(
        [
            Column("what suits", ["outline", "straight answer"]),
            Column("outlined", [str(right), str(wrong)], "right"),
            Column("written straight", [str(missed), str(straight)], "right"),
        ]
    )


def figures(found: Training) -> str:
    """Precision, recall and threshold."""
    questions = f"{len(found.suited)} questions, each judged by a router that did not see it ({FOLDS} folds)"
    return (
        f"{questions}: precision {found.precision:.2f}, recall {found.recall:.2f}, "
        f"threshold {found.router.threshold}"
    )
