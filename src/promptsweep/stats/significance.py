"""Exact and permutation tests of "A and B are equally good" on the same samples."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from promptsweep.stats.units import Units

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from promptsweep.stats.units import Floats

FLIPS = 9_999
CHUNK = 2**20
"""Random signs held in memory at a time."""
EXACT_UNITS = 16
"""Up to so many units every one of the 2¹⁶ patterns of signs is tried: fewer steps than their sampling."""
NORMAL_UNITS = 200_000
"""From so many units on, the flipped sum is taken for normal, which by then it is."""
ROUNDING = 1e-10
"""Sums this close, in parts of Σ|d|, are ties."""


def mcnemar(b: int, c: int) -> float:
    """Two-sided exact p of McNemar's test, in (0, 1]; 1 without discordant pairs.

    p = min(1, 2·P(Bin(b+c, ½) ≤ min(b, c))), where b samples only A solved and c only B.
    """
    from scipy import special

    return min(1.0, 2 * float(special.bdtr(min(b, c), b + c, 0.5)))


def sign_flip(differences: ArrayLike, clusters: ArrayLike | None = None, seed: int = 0) -> float:
    """Two-sided p of the sign-flip permutation test of a mean difference of zero, in (0, 1].

    If A and B are alike, each difference (each whole cluster's sum) may as well have the other sign; p is
    the share of sign patterns with |T*| ≥ |T|, T = Σd. Units with d = 0 change nothing and are left out.
    All patterns are tried for up to 16 units; then (1 + #{|T*| ≥ |T|})/(1 + R) of R = 9,999 seeded patterns
    (Phipson and Smyth 2010), so p ≥ 0.0001; from 200,000 units on, the normal limit erfc(|T|/√(2Σd²)).
    """
    totals = Units.of(differences, clusters).totals
    totals = totals[totals != 0]
    if len(totals) <= EXACT_UNITS:
        return _exact(totals)
    if len(totals) < NORMAL_UNITS:
        return _sampled(totals, seed)
    observed, spread = float(totals.sum()), math.sqrt(float((totals**2).sum()))
    return max(sys.float_info.min, math.erfc(abs(observed) / spread / math.sqrt(2)))


def _exact(totals: Floats) -> float:
    import numpy as np

    sums = np.zeros(1)
    for total in totals:
        sums = np.concatenate([sums + total, sums - total])
    return float((np.abs(sums) >= _threshold(totals)).mean())


def _sampled(totals: Floats, seed: int) -> float:
    """Seeded flips, one random bit each, in chunks so that memory stays flat."""
    import numpy as np

    random, count = np.random.default_rng(seed), len(totals)
    rows, threshold, extreme = max(1, CHUNK // count), _threshold(totals), 0
    for start in range(0, FLIPS, rows):
        size = (min(rows, FLIPS - start), -(-count // 8))
        flips = np.unpackbits(random.integers(0, 256, size, dtype=np.uint8), axis=1, count=count)
        sums = totals.sum() - 2 * (flips @ totals)
        extreme += int((np.abs(sums) >= threshold).sum())
    return (1 + extreme) / (1 + FLIPS)


def _threshold(totals: Floats) -> float:
    """|T|, less what rounding may take from an equal sum."""
    import numpy as np

    return float(abs(totals.sum()) - ROUNDING * np.abs(totals).sum())
