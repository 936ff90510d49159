"""How many samples a difference needs, and how small a difference the samples can show.

Two arms on the same n samples, two-sided test at `alpha`, detected with probability `power` (Miller 2024):
n = (z_{α/2} + z_β)²·(ω² + σ_A²/K_A + σ_B²/K_B)/δ², where ω² is the variance over samples of the difference of
their true scores and σ²/K the variance of an arm's score within a sample, over K repeats. The variance of
observed differences already holds both: pass it as `omega2` and leave `noise` at 0.
"""

from __future__ import annotations

import math
from statistics import NormalDist


def sample_size(
    delta: float, omega2: float, *, noise: float = 0.0, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Samples needed to detect a mean difference `delta` (not 0; its sign is ignored), at least 2.

    `noise` is σ_A²/K_A + σ_B²/K_B, what finite repeats add.

    >>> sample_size(0.03, 1 / 9)
    969
    """
    return max(2, math.ceil(_leverage(alpha, power) * (omega2 + noise) / delta**2))


def minimum_detectable(
    n: float, omega2: float, *, noise: float = 0.0, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The smallest difference that `n` samples detect, in units of the score: `sample_size` inverted."""
    return math.sqrt(_leverage(alpha, power) * (omega2 + noise) / n)


def sample_size_binary(delta: float, discordant: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """`sample_size` for right-or-wrong scores: the variance is π − δ², π the share of `discordant` samples.

    π is the chance, 0 to 1, that exactly one of the two arms is right; it cannot be less than |delta|.
    """
    return sample_size(delta, discordant - delta**2, alpha=alpha, power=power)


def minimum_detectable_binary(
    n: float, discordant: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The smallest difference of proportions that `n` samples detect: `sample_size_binary` inverted."""
    return minimum_detectable(n + _leverage(alpha, power), discordant, alpha=alpha, power=power)


def _leverage(alpha: float, power: float) -> float:
    normal = NormalDist()
    return (normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)) ** 2
