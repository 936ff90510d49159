"""Which arms are compared with which: those of one run with a baseline, or those of two runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from promptsweep.errors import NotComparableError
from promptsweep.reports.arms import match_arm
from promptsweep.reports.store import Store

Opponents: TypeAlias = Sequence[tuple[Any, Any]]
"""Pairs of arms as stored: the baseline, and what is compared with it."""


def within_run(store: Store, run: str, baseline: str | None = None) -> Opponents:
    """Every arm of a run against the baseline arm of its dataset (default: the first).

    `baseline` may fit one arm of each of several datasets; datasets without a fit are left out. Raises
    ConfigError for an unknown run or arm, NotComparableError where no dataset has two arms.
    """
    row = store.find_run(run)
    arms = store.arms(row.id)
    firsts = _baselines(arms, baseline)
    pairs = [(firsts[arm.dataset], arm) for arm in arms if arm.dataset in firsts]
    others = [(a, b) for a, b in pairs if a.id != b.id]
    if not others:
        raise NotComparableError(f"run {row.id} has no two arms over one dataset to compare")
    return others


def between_runs(store: Store, run_a: str, run_b: str, baseline: str | None = None) -> Opponents:
    """The arms of run B against those of run A with the same label, or else the same identity.

    With `baseline`, every arm of run B against that one arm of run A. Raises NotComparableError when the runs
    share no arm, ConfigError for an unknown run or arm.
    """
    first, second = store.find_run(run_a), store.find_run(run_b)
    before, after = store.arms(first.id), store.arms(second.id)
    if baseline is not None:
        one = match_arm(before, baseline)
        return [(one, arm) for arm in after]
    labels, keys = {arm.label: arm for arm in before}, {arm.key: arm for arm in before}
    matches = [(labels.get(arm.label, keys.get(arm.key)), arm) for arm in after]
    pairs = [(a, b) for a, b in matches if a is not None]
    if not pairs:
        raise NotComparableError(
            f"runs {first.id} and {second.id} share no arm: {'; '.join(labels)} against "
            + "; ".join(arm.label for arm in after)
        )
    return pairs


def _baselines(arms: Sequence[Any], text: str | None) -> dict[str, Any]:
    """Dataset → the arm that the others are compared with."""
    if text is None:
        return {arm.dataset: arm for arm in reversed(arms)}
    fitting = {arm.dataset for arm in arms if text in arm.label}
    if not fitting:
        match_arm(arms, text)
    return {name: match_arm([arm for arm in arms if arm.dataset == name], text) for name in fitting}
