"""What differs between an arm and the baseline's: which arm is its own, and what was edited since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from promptsweep.reports import counts
from promptsweep.reports.baselines import Baseline, BaselineArm
from promptsweep.reports.grown import grown
from promptsweep.reports.measured import asked
from promptsweep.reports.rows import FILES
from promptsweep.reports.slices import natural
from promptsweep.reports.store import loads
from promptsweep.types import JSON
from promptsweep.words import say

NAMED = 5
"""Rows and arms that a line names; it counts the others."""


class Match(NamedTuple):
    """The baseline's arm that an arm is compared with."""

    arm: BaselineArm | None
    why: str = ""
    """Why there is none."""


def match_arms(arms: Sequence[Any], baseline: Baseline) -> dict[str, Match]:
    """Label → the baseline's arm: of the same label or identity, else the nearest over the same dataset.

    The nearest is the one that differs in the fewest of strategy, model, system message and parameters. It
    must be the only one so near, and no other new arm's nearest.
    """
    labels = {arm.label: arm for arm in baseline.arms}
    keys = {arm.key: arm for arm in baseline.arms}
    same = {arm.label: labels.get(arm.label) or keys.get(arm.key) for arm in arms}
    taken = {one.label for one in same.values() if one is not None}
    left = [arm for arm in baseline.arms if arm.label not in taken]
    nearest = {arm.label: _nearest(arm, left) for arm in arms if same[arm.label] is None}
    found = {}
    for arm in arms:
        one = same[arm.label] or nearest[arm.label]
        rivals = [name for name, other in nearest.items() if other is not None and other == one]
        if one is None or (same[arm.label] is None and len(rivals) > 1):
            found[arm.label] = Match(None, _unmatched(arm, baseline))
        else:
            found[arm.label] = Match(one)
    return found


def _nearest(arm: Any, others: Sequence[BaselineArm]) -> BaselineArm | None:
    """The one over the same dataset with the fewest differences; None where two are equally near."""
    near = sorted(
        ((len(list(_settings(other, arm))), place) for place, other in enumerate(others)
         if other.dataset == arm.dataset),
    )  # fmt: skip
    if not near or (len(near) > 1 and near[0][0] == near[1][0]):
        return None
    return others[near[0][1]]


def _unmatched(arm: Any, baseline: Baseline) -> str:
    known = [one.label for one in baseline.arms if one.dataset == arm.dataset]
    if not known:
        return f"the baseline has no arm over {arm.dataset}"
    more = f" and {len(known) - NAMED} more" if len(known) > NAMED else ""
    return f"the baseline has no such arm; it has {'; '.join(known[:NAMED])}{more}"


def what_changed(
    connection: Connection,
    arm: Any,
    before: BaselineArm,
    run: Any,
    baseline: Baseline,
    called: str | None = None,
) -> tuple[str, ...]:
    """What differs, a line each: name, model, parameters, templates, code, rows, metrics, versions.

    `called` is what the lines name the other side, where it is no baseline.
    """
    now, called = loads(arm.digests), called or say("the baseline")
    files = now.pop(FILES, {})
    return (
        *_name(before, arm, called),
        *_settings(before, arm),
        *_of_files(before.files, files),
        *_digests(before, now, bool(before.files and files)),
        *_rows(connection, arm, before, called),
        *_metrics(before, arm),
        *_of_run(run, baseline),
    )


def _name(before: BaselineArm, arm: Any, called: str) -> Iterator[str]:
    if arm.label != before.label:
        yield say("compared with {called}'s arm {arm}", called=called, arm=repr(before.label))


def _settings(before: BaselineArm, arm: Any) -> Iterator[str]:
    """Names and parameters as the sweep gives them."""
    names = {
        "strategy": say("strategy"),
        "model": say("model"),
        "system": say("system"),
        "split": say("split"),
    }
    for name, shown in names.items():
        old, new = getattr(before, name), getattr(arm, name)
        if old != new:
            yield f"{shown} {old or say('none')} → {new or say('none')}"
    yield from _parameters(before.strategy_params, loads(arm.strategy_params))
    yield from _parameters(before.params, loads(arm.params))


def _parameters(before: Mapping[str, JSON], now: Mapping[str, JSON]) -> Iterator[str]:
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            old, new = _shown(name, before), _shown(name, now)
            yield say("parameter {name}: {before} → {now}", name=name, before=old, now=new)


def _shown(name: str, given: Mapping[str, JSON]) -> str:
    return str(given[name]) if name in given else say("default")


def _of_files(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*before, *now}):
        if before.get(name) == now.get(name):
            continue
        kinds = {"j2": say("template"), "py": say("code"), "yaml": say("dataset card")}
        file = f"{kinds.get(name.rpartition('.')[2], say('file'))} {name}"
        if name not in before:
            yield say("{file} added", file=file)
        elif name not in now:
            yield say("{file} removed", file=file)
        else:
            yield file


def _digests(before: BaselineArm, now: Mapping[str, str], by_file: bool) -> Iterator[str]:
    """What is known as a whole only. The dataset's and the selection's rows are told one by one."""
    if not by_file and before.digests.get("strategy") != now.get("strategy"):
        yield say("templates or code of the strategy")
    if before.digests.get("examples") != now.get("examples"):
        yield say("examples: the train split of {dataset}", dataset=before.dataset)
    if before.digests.get("model") != now.get("model") and "model" in before.digests:
        yield say("model: its endpoint, file or defaults")
    if before.digests.get("answers") != now.get("answers"):
        yield say("imported answers")


def _rows(connection: Connection, arm: Any, before: BaselineArm, called: str) -> Iterator[str]:
    """Rows that are other than they were, and how many only one side has."""
    old = dict(key for key in {**before.values, **before.answers})
    now = dict(asked(connection, arm))
    edited = [name for name in old.keys() & now.keys() if old[name] != now[name]]
    words = {"dataset": arm.dataset, "called": called}
    if edited:
        rows = counts.rows(len(edited))
        yield say("{rows} of {dataset} changed: {names}", rows=rows, dataset=arm.dataset, names=_some(edited))
    if added := now.keys() - old.keys():
        rows = counts.rows(len(added))
        yield say("{rows} of {dataset} not in {called}: {names}", rows=rows, names=_some(added), **words)
    gone = old.keys() - now.keys()
    if gone and "selection" in loads(arm.digests):
        rows, asked_for = counts.rows(len(old)), f"{len(old) - len(gone):,}"
        yield say("asked {count} of {called}'s {rows} of {dataset}", count=asked_for, rows=rows, **words)
    elif gone:
        rows = counts.rows(len(gone))
        yield say("{rows} of {dataset} only in {called}: {names}", rows=rows, names=_some(gone), **words)


def _some(names: Iterable[str]) -> str:
    shown = sorted(names, key=natural)
    return ", ".join(shown[:NAMED]) + (", …" if len(shown) > NAMED else "")


def _metrics(before: BaselineArm, arm: Any) -> Iterator[str]:
    for one in loads(arm.metrics):
        old = before.metrics.get(one["name"])
        if old is not None and old != one["signature"]:
            new = one["signature"] or say("unsigned")
            yield say(
                "metric {name} ({before} → {now})", name=one["name"], before=old or say("unsigned"), now=new
            )


def _of_run(run: Any, baseline: Baseline) -> Iterator[str]:
    facts = grown(run)
    repeats = run.repeats if facts is None else facts.repeats
    if repeats != baseline.repeats:
        yield say("repeats {before} → {now}", before=baseline.repeats, now=repeats)
    versions = loads(run.versions)
    old, new = (one.get("promptsweep") for one in (baseline.versions, versions))
    if old != new:
        yield f"promptsweep {old} → {new}"
