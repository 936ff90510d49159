"""Paying a call or renting a machine: from how many samples a month the machine is the cheaper of the two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from promptsweep.reports.usage import Usage

ROUNDING = 1e-9
"""$300 at $0.001 is 300,000 samples, whatever the floats say."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that serves a model of its own."""

    usd: float
    """US dollars a month, whether it is used or not."""
    calls: int
    """Model calls that it can take a month; at least 1."""


@dataclass(frozen=True, slots=True)
class BreakEven:
    """An arm, paid by the call, against a machine."""

    arm: str
    """The arm's label, unique in its run."""
    usd: float | None
    """US dollars for a sample, paid by the call; None where a price is unknown."""
    calls: float
    """Model calls for a sample."""
    samples: int | None
    """The fewest samples a month at which the machine costs no more; None: never, or nobody knows."""
    most: int
    """The most samples a month that one machine can take."""


def break_even(used: Sequence[Usage], machine: Machine) -> list[BreakEven]:
    """Every arm against the machine, in the given order.

    A sample of an arm costs c dollars in k calls. A machine costs M a month and takes C calls, so that one
    takes n ≤ C/k samples, for which the calls would cost n·c. It costs no more from n = M/c on. Where that is
    above C/k, the machine is full before it pays; and as m machines cost m·M and take m·C/k samples, that
    are worth m·c·C/k ≥ m·M only where one is worth it, more machines do not help.
    """
    return [_of_arm(one, machine) for one in used]


def _of_arm(one: Usage, machine: Machine) -> BreakEven:
    most = math.floor(machine.calls / one.calls * (1 + ROUNDING)) if one.calls else 0
    samples = None
    if one.usd:
        least = max(1, math.ceil(machine.usd / one.usd * (1 - ROUNDING)))
        samples = least if least <= most else None
    return BreakEven(one.arm, one.usd, one.calls, samples, most)
