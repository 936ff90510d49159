"""The arms that somebody wants to see, in the order in which they want them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from promptsweep.reports.summary import ArmSummary

COSTS: Final[Mapping[str, Callable[[ArmSummary], float | None]]] = {
    "cost": lambda arm: arm.cost_usd,
    "tokens": lambda arm: sum(arm.tokens.values()),
    "p50": lambda arm: arm.p50_seconds,
    "p95": lambda arm: arm.p95_seconds,
}
"""What arms can be ordered by besides their metrics; the least is best. None where it is unknown."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What arms must have to be shown; empty is no demand."""

    dataset: Sequence[str] = ()
    model: Sequence[str] = ()
    strategy: Sequence[str] = ()
    setting: Sequence[str] = ()
    """Parameters with their values, such as `k=4`: one of those given for each parameter that is named."""

    def fits(self, arm: ArmSummary) -> bool:
        """Whether the arm has all that is demanded."""
        demands = ((self.dataset, arm.dataset), (self.model, arm.model), (self.strategy, arm.strategy))
        own, named = settings_of(arm), {_parameter(one) for one in self.setting}
        return all(not allowed or one in allowed for allowed, one in demands) and all(
            any(one in own for one in self.setting if _parameter(one) == name) for name in named
        )


def settings_of(arm: ArmSummary) -> frozenset[str]:
    """The arm's parameters with their values, `k=4`; the persona is `system=expert`."""
    given = dict(arm.params) | ({"system": arm.system} if arm.system else {})
    return frozenset(f"{name}={value}" for name, value in given.items())


def telling_settings(arms: Sequence[ArmSummary]) -> list[str]:
    """The parameters with their values that some of the arms have and others lack, by name and size."""
    own = [settings_of(arm) for arm in arms]
    found = frozenset().union(*own) - frozenset.intersection(*own) if own else frozenset()
    return sorted(found, key=_natural)


def ordered(arms: Sequence[ArmSummary], by: str, higher_is_better: bool | None = None) -> list[ArmSummary]:
    """The arms by a metric, or else by one of `COSTS`: the best first, those without a value last.

    A metric that is neither good nor bad puts the highest first; equals keep the order they had.
    """
    measured = any(by in arm.metrics for arm in arms)
    descends = measured and higher_is_better is not False

    def rank(arm: ArmSummary) -> tuple[bool, float]:
        found = arm.metrics.get(by)
        value = COSTS[by](arm) if not measured else found.value if found else None
        return value is None, 0.0 if value is None else -value if descends else value

    return sorted(arms, key=rank)


def _parameter(setting: str) -> str:
    return setting.partition("=")[0]


def _natural(setting: str) -> tuple[str, bool, float, str]:
    """By parameter, then numbers by size before texts."""
    name, _, given = setting.partition("=")
    try:
        return name, False, float(given), given
    except ValueError:
        return name, True, 0.0, given
