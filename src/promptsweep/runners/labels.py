"""Names of arms, short and unique in their run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from promptsweep.runners.plan import PlannedArm
from promptsweep.types import digest


def distinct(arms: Sequence[PlannedArm]) -> list[PlannedArm]:
    """Each arm once: two entries of a sweep may mean the same."""
    return list({planned.arm.key: planned for planned in arms}.values())


def labelled(arms: Sequence[PlannedArm]) -> tuple[PlannedArm, ...]:
    """Arms with readable names that are unique: parameters that vary on their dataset are in them."""
    values: dict[tuple[str, str], set[str]] = {}
    for planned in arms:
        for name in {name for one in arms for name in one.arm.params}:
            value = planned.arm.params.get(name)
            values.setdefault((planned.arm.dataset, name), set()).add(digest(value))
    named = []
    for planned in arms:
        arm = planned.arm
        varying = [name for name in arm.params if len(values[arm.dataset, name]) > 1]
        shown = [f"{name}={json.dumps(arm.params[name], ensure_ascii=False)}" for name in varying]
        label = " | ".join([arm.variant, *shown, arm.model, arm.dataset])
        named.append(replace(planned, arm=replace(arm, label=label)))
    return tuple(named)
