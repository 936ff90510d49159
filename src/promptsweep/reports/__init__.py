"""The store, and what is read from it: summaries, comparisons, tables. Its folder is `reports/`."""

from promptsweep.reports.opening import open_store
from promptsweep.reports.store import Store
from promptsweep.reports.summary import ArmSummary, metric_names, summarise

__all__ = ["ArmSummary", "Store", "metric_names", "open_store", "summarise"]
