"""What the playground tries: strategy, dataset, sample and persona, all from the URL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from promptsweep.api.chatting import personas
from promptsweep.api.trying import OWN, Stored, some_samples, stored
from promptsweep.dashboard import address, asking, kept, knobs, plain, source
from promptsweep.dashboard.words import say
from promptsweep.datasets import Dataset
from promptsweep.datasets import load as load_dataset
from promptsweep.errors import ConfigError, unknown
from promptsweep.prompts import names
from promptsweep.reports.arms import match_arm
from promptsweep.reports.store import loads
from promptsweep.types import JSON, Sample
from promptsweep.workspace import Workspace

MOST_SAMPLES = 200
"""Samples that are offered, the first of the split; another one opens by its id in the URL."""
NOBODY = "none"
"""A sweep's word for no persona."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is on the bench."""

    strategy: str
    stored: Stored
    dataset: str
    split: str
    sample: Sample
    model: str


def take_arm() -> None:
    """Puts the arm that a link from a trace names, and all that it was made of, into the URL in its place."""
    label = address.get("arm")
    if label is None:
        return
    store = source.store()
    arm = match_arm(store.arms(source.current().id), label)
    address.put("arm", None)
    for name in ("strategy", "dataset", "split", "model", "system"):
        address.put(name, getattr(arm, name))
    knobs.put("params", loads(arm.strategy_params), {})
    knobs.put("sampling", loads(arm.params), asking.USUAL)


def choose(place: Workspace) -> Chosen:
    """Draws the choices. Raises ConfigError for a name that the URL has and nothing else does."""
    one, two, three, four, five = st.columns([2, 2, 1.2, 3, 2])
    with one:
        label = say("Strategy")
        strategy = _pick(label, "strategy", names(place), "zero_shot", "params")
    with two:
        dataset = _dataset(place)
    with three:
        split = _split(dataset)
    with four:
        sample = _sample(dataset, split)
    with five:
        model = asking.model(place)
    return Chosen(strategy, stored(strategy, place), dataset.name, split, sample, model)


def persona(place: Workspace) -> str:
    """Draws the choice of a system message."""
    return address.pick(say("System message"), "system", [NOBODY, *personas(place)], format_func=_named)


def sample(chosen: Chosen) -> Sample:
    """Draws what the sample's answer should be, or areas to write another; returns the sample that counts."""
    sample = chosen.sample
    own = st.toggle(say("Write my own"), **address.bound("own", address.get("own") is not None, False))
    if not own:
        if sample.targets:
            plain.labelled(say("Accepted answers"), "\n".join(sample.targets), "targets")
        return sample
    at = f"{chosen.dataset}/{sample.id}"
    text = kept.area(say("Input"), f"{at}/input", sample.input, height=120)
    given = "\n".join(sample.targets)
    targets = kept.area(say("Accepted answers, one a line"), f"{at}/targets", given, height=68)
    fields: Mapping[str, JSON] = {}
    if sample.fields:
        given = plain.json_text(dict(sample.fields))
        fields = _fields(kept.area(say("Other fields, as JSON"), f"{at}/fields", given, height=120))
    return Sample(OWN, text, tuple(line for line in targets.splitlines() if line.strip()), fields)


def _fields(text: str) -> Mapping[str, JSON]:
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"the fields are no JSON: {error}") from None
    if not isinstance(fields, dict):
        raise ConfigError("the fields must be one JSON object: {…}")
    return fields


def _pick(label: str, name: str, options: list[str], usual: str, *clears: str) -> str:
    """A choice of which the URL may name nothing that is not there."""
    wanted = address.get(name)
    if wanted is not None and wanted not in options:
        address.put(name, None)
        raise ConfigError(unknown(name, wanted, options))
    ordered = [usual, *(option for option in options if option != usual)] if usual in options else options
    return address.pick(label, name, ordered, *clears, format_func=plain.line)


def _dataset(place: Workspace) -> Dataset:
    options = place.names("datasets", ".yaml")
    name = _pick(say("Dataset"), "dataset", options, "reviews_en", "sample", "split")
    return load_dataset(name, place)


def _split(dataset: Dataset) -> str:
    usual = dataset.split()
    others = [split for split in dataset.card.splits if split != usual]
    return address.pick(say("Split"), "split", [usual, *others], "sample", format_func=plain.line)


def _sample(dataset: Dataset, split: str) -> Sample:
    wanted = address.get("sample")
    found = {sample.id: sample for sample in _samples(dataset, split, wanted)}
    if not found:
        raise ConfigError(f"split {split!r} has no rows", path=dataset.path)
    if wanted is not None and wanted not in found:
        address.put("sample", None)
        raise ConfigError(unknown(f"sample of {dataset.name}", wanted, found))
    label = say("Sample")
    return found[address.pick(label, "sample", list(found), format_func=lambda name: _excerpt(found[name]))]


def _samples(dataset: Dataset, split: str, wanted: str | None) -> list[Sample]:
    file = dataset.card.splits[split].file
    return _read(dataset, split, wanted, str(dataset.path), file and file.stat().st_mtime_ns)


@st.cache_data(show_spinner=False, ttl=60, max_entries=32)
def _read(_dataset: Dataset, split: str, wanted: str | None, path: str, changed: Any) -> list[Sample]:  # noqa: ARG001
    return some_samples(_dataset, split, MOST_SAMPLES, wanted)


def _excerpt(sample: Sample) -> str:
    return plain.cell(f"{sample.id} · {sample.input[:80]}")


def _named(name: str) -> str:
    return say("none") if name == NOBODY else plain.line(name)
