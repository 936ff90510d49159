"""Intervals, tests and sample sizes: pure functions on scores, with no model or store in sight.

The unit is the sample, not the reply: average repeats within a sample first, or name its cluster.
"""

from promptsweep.stats.comparison import Paired, paired
from promptsweep.stats.intervals import Interval
from promptsweep.stats.means import mean_interval, mean_interval_from_sums
from promptsweep.stats.multiplicity import benjamini_hochberg, holm
from promptsweep.stats.power import (
    minimum_detectable,
    minimum_detectable_binary,
    sample_size,
    sample_size_binary,
)
from promptsweep.stats.proportions import wilson
from promptsweep.stats.significance import mcnemar, sign_flip

__all__ = [
    "Interval",
    "Paired",
    "benjamini_hochberg",
    "holm",
    "mcnemar",
    "mean_interval",
    "mean_interval_from_sums",
    "minimum_detectable",
    "minimum_detectable_binary",
    "paired",
    "sample_size",
    "sample_size_binary",
    "sign_flip",
    "wilson",
]
