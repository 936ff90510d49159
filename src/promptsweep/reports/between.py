"""What was edited between two runs of a sweep: the lines that a check says of its baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from promptsweep.reports.baselines import Baseline, baseline_of, outline
from promptsweep.reports.changes import match_arms, what_changed
from promptsweep.reports.measured import asked
from promptsweep.reports.store import Store, loads
from promptsweep.types import JSON
from promptsweep.words import say


@dataclass(frozen=True, slots=True)
class Edits:
    """What differs in a run from an earlier one, or from the baseline."""

    arms: Mapping[str, tuple[str, ...]]
    """Label of each arm that both have → what was edited, a line each; empty for nothing."""
    added: tuple[str, ...]
    """Labels of the arms that only the run has."""
    removed: tuple[str, ...]
    """Labels of those that only the other has."""
    commits: tuple[JSON, JSON]
    """Of the workspace, before and now; None where it was no git repository."""


def edits_between(store: Store, earlier: str, run: str) -> Edits:
    """What differs from another run. Raises ConfigError for an unknown one."""
    row = store.find_run(earlier)
    arms = {arm.label: arm for arm in store.arms(row.id)}
    before = baseline_of(row, [outline(arm) for arm in arms.values()])
    return _edits(store, run, before, arms, say("the earlier run"))


def edits_since(store: Store, baseline: Baseline, run: str) -> Edits:
    """What differs from the baseline. Raises ConfigError for an unknown run."""
    return _edits(store, run, baseline, {})


def _edits(
    store: Store, run: str, before: Baseline, stored: Mapping[str, Any], called: str | None = None
) -> Edits:
    """`stored` are the rows of the arms of `before` whose samples are still in the store."""
    row = store.find_run(run)
    arms = store.arms(row.id)
    matches = match_arms(arms, before)
    found: dict[str, tuple[str, ...]] = {}
    with store.engine.connect() as connection:
        for arm in arms:  # the samples of one arm in memory at a time
            old = matches[arm.label].arm
            if old is not None and old.label in stored:
                old = replace(old, values=dict.fromkeys(asked(connection, stored[old.label]), ()))
            if old is not None:
                found[arm.label] = what_changed(connection, arm, old, row, before, called)
    taken = {match.arm.label for match in matches.values() if match.arm is not None}
    return Edits(
        arms=found,
        added=tuple(arm.label for arm in arms if arm.label not in found),
        removed=tuple(old.label for old in before.arms if old.label not in taken),
        commits=(before.versions.get("commit"), loads(row.versions).get("commit")),
    )
