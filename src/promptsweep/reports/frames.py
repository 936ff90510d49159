"""A run as pandas data frames, for notebooks and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from promptsweep.reports.compare import compare_arms, comparison_json
from promptsweep.reports.grades import grade_table
from promptsweep.reports.store import Store
from promptsweep.reports.summary import ArmSummary
from promptsweep.reports.tables import Table, arm_table, record_table

if TYPE_CHECKING:
    import pandas as pd


def arm_frame(summaries: Sequence[ArmSummary]) -> pd.DataFrame:
    """One row an arm; each metric with its 95 % limits in columns `name`, `name_low`, `name_high`."""
    return _frame(arm_table(summaries))


def record_frame(store: Store, run: str, arm: str | None = None) -> pd.DataFrame:
    """One row a record with its scores, of all arms or of the one that `arm` means; all in memory.

    Raises ConfigError for an unknown run or arm.
    """
    return _frame(record_table(store, run, arm))


def grade_frame(store: Store, run: str) -> pd.DataFrame:
    """One row a grade that somebody gave an answer. Raises ConfigError for an unknown run."""
    return _frame(grade_table(store, run))


def comparison_frame(
    store: Store, run: str, arm: str | None = None, metric: str | None = None
) -> pd.DataFrame:
    """One row for each arm against the baseline `arm` (default: the first of its dataset).

    The columns are those of `comparisons` in `compare --json`. Raises like `compare_arms`.
    """
    import pandas as pd

    return pd.DataFrame(comparison_json(compare_arms(store, run, arm, metric, flips=0)))


def _frame(table: Table) -> pd.DataFrame:
    """The table's columns in order, also where no row has them; numbers stay numbers where one is missing."""
    import pandas as pd

    frame = pd.DataFrame(list(table.rows), columns=list(table.columns))
    types = {"number": "float64", "integer": "Int64", "text": "str"}
    return frame.astype({name: types[kind] for name, kind in table.columns.items() if kind in types})
