"""What is special to a strategy, read from a run's stored replies without a new call: a module for each."""

from __future__ import annotations

from typing import Final

STRATEGIES: Final = (
    "skeleton_of_thought",
    "chain_of_density",
    "self_consistency",
    "few_shot",
    "chain_of_thought",
)
"""The strategies that have an anatomy."""
