"""Intervals, tests and sample sizes: pure functions on scores, with no model or store in sight.

The unit is the sample, not the reply: average repeats within a sample first, or name its cluster.
"""

from promptsweep.stats.agreement import kappa, plain_kappa
from promptsweep.stats.anytime import Betting, Look, anytime, epoch_level
from promptsweep.stats.comparison import Paired, paired, paired_p
from promptsweep.stats.intervals import Interval
from promptsweep.stats.means import mean_interval, mean_interval_from_sums
from promptsweep.stats.multiplicity import benjamini_hochberg, holm
from promptsweep.stats.power import (
    minimum_detectable,
    minimum_detectable_binary,
    sample_size,
    sample_size_binary,
)
from promptsweep.stats.preferences import Preferred, preferred
from promptsweep.stats.proportions import proportion_interval, wilson
from promptsweep.stats.quantiles import nearest_rank, quantile_interval, quantile_ranks
from promptsweep.stats.ranks import kendall, spearman
from promptsweep.stats.selection import Best, corrected_best, indistinguishable
from promptsweep.stats.significance import mcnemar, sign_flip

__all__ = [
    "Best",
    "Betting",
    "Interval",
    "Look",
    "Paired",
    "Preferred",
    "anytime",
    "benjamini_hochberg",
    "corrected_best",
    "epoch_level",
    "holm",
    "indistinguishable",
    "kappa",
    "kendall",
    "mcnemar",
    "mean_interval",
    "mean_interval_from_sums",
    "minimum_detectable",
    "minimum_detectable_binary",
    "nearest_rank",
    "paired",
    "paired_p",
    "plain_kappa",
    "preferred",
    "proportion_interval",
    "quantile_interval",
    "quantile_ranks",
    "sample_size",
    "sample_size_binary",
    "sign_flip",
    "spearman",
    "wilson",
]
