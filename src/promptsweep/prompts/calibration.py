"""Contextual calibration: what a prompt prefers whatever is asked is taken out of its answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptsweep.errors import ConfigError
from promptsweep.prompts.ask import Ask
from promptsweep.prompts.strategies import strategy
from promptsweep.types import JSON, Logprobs, Sample, nfc

CONTENT_FREE = ("N/A", "", "[MASK]")
"""Inputs that say nothing, so that what the model answers to them is the prompt's own bias."""
MOST_ALTERNATIVES = 20
"""Of a token, that OpenAI's endpoints give."""
_AROUND = " \t\r\n▁Ġ\"'“”‘’*`([{"


def _calls(calibrate: bool, **_: JSON) -> int:
    return 1 + len(CONTENT_FREE) if calibrate else 1


def _shared(calibrate: bool, select: str, **_: JSON) -> int:
    """Content-free calls are the same for all samples, unless each has examples of its own."""
    return len(CONTENT_FREE) if calibrate and select not in ("nearest", "diverse") else 0


@strategy(calls=_calls, shared=_shared, plain=lambda calibrate, **_: not calibrate)
async def few_shot(
    sample: Sample, ask: Ask, *, calibrate: bool = False, alternatives: int = MOST_ALTERNATIVES
) -> str:
    """Show k worked examples as real turns, then ask the question.

    With `calibrate`, the answer is the label that is likeliest after contextual calibration (Zhao et al.
    2021): the probabilities of the labels' first tokens, divided by the mean of those that the same prompt
    gives to inputs without content. Needs log-probabilities: `alternatives` of each token, at most as many as
    the endpoint gives. Noted: the labels' probabilities raw, content-free and calibrated.
    """
    if not calibrate:
        return await ask("answer")
    labels = _labels(sample, ask)
    if alternatives < 2:
        raise ConfigError(f"calibrate: alternatives must be at least 2, not {alternatives}")
    asked: dict[str, JSON] = {"logprobs": True, "top_logprobs": alternatives}
    reply = await ask.completion("answer", call_params=asked)
    bare = [
        {"call_params": {**asked, "max_tokens": 1}, **_without_content(sample, text)} for text in CONTENT_FREE
    ]
    empty = [labelled(one.logprobs, labels) for one in await ask.completions("answer", bare)]
    ask.finish = reply.finish
    if all(len(one.floored) == len(labels) for one in empty):
        raise ConfigError(
            "calibrate: no label is among the likeliest first tokens of a reply; the prompt must make the "
            "model answer with the label alone"
        )
    free = {label: sum(one.shares[label] for one in empty) / len(empty) for label in labels}
    raw = labelled(reply.logprobs, labels)
    if len(raw.floored) == len(labels):
        ask.note(uncalibrated="no label is among the likeliest first tokens of the reply")
        return reply.text
    calibrated = normalised({label: raw.shares[label] / free[label] for label in labels})
    winner = max(calibrated, key=calibrated.__getitem__)
    ask.note(raw=_rounded(raw.shares), content_free=_rounded(free), calibrated=_rounded(calibrated))
    ask.note(confidence=calibrated[winner])
    for name, floored in (("floored", [raw]), ("floored_content_free", empty)):
        if beyond := [label for label in labels if any(label in one.floored for one in floored)]:
            ask.note(**{name: beyond})
    return reply.text if ask.parse(reply.text) == winner else winner


def _rounded(shares: Mapping[str, float]) -> dict[str, float]:
    return {label: round(share, 4) for label, share in shares.items()}


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labels by the first token of a reply."""

    shares: Mapping[str, float]
    """Label → probability, 1 together."""
    floored: frozenset[str]
    """Labels that were not among the alternatives: they are given the probability of the least likely one,
    which they have at most."""


def labelled(found: Logprobs | None, labels: Sequence[str]) -> Labelled:
    """The labels' probabilities among the alternatives for a first token.

    A token stands for the one label that begins with it, whatever its case, and white space and quotes
    before it; all that stand for a label are added up. Raises ConfigError where there are no alternatives,
    and where the labels' first token is the same, so that it tells nothing.
    """
    if found is None or len(found.first) < 2:
        raise ConfigError("calibrate: the endpoint gave no alternatives for the first token of the reply")
    sums: dict[str, float] = {}
    for token, logprob in found.first.items():
        text = nfc(token).strip(_AROUND).casefold()
        begun = [label for label in labels if text and nfc(label).casefold().startswith(text)]
        if len(begun) == 1:
            sums[begun[0]] = sums.get(begun[0], 0.0) + math.exp(logprob)
        elif begun and _tells(text) and sums.keys().isdisjoint(begun):
            raise ConfigError(f"calibrate: {' and '.join(begun)} share their first token, {text!r}")
    floor = math.exp(min(found.first.values()))
    floored = frozenset(label for label in labels if label not in sums)
    return Labelled(normalised({label: max(sums.get(label, 0.0), floor) for label in labels}), floored)


def normalised(weights: Mapping[str, float]) -> dict[str, float]:
    """The same shares, 1 together; equal ones where there is nothing."""
    whole = sum(weights.values())
    return {name: weight / whole if whole else 1 / len(weights) for name, weight in weights.items()}


def _tells(text: str) -> bool:
    """Whether a token is more than a lone letter, which vocabularies have beside those that are in use."""
    return len(text) > 1 or not text.isascii()


def _labels(sample: Sample, ask: Ask) -> list[str]:
    """What can be answered. Raises ConfigError where the first token of a reply cannot tell it."""
    choices = sample.fields.get("choices")
    if choices and not isinstance(choices, Mapping):
        raise ConfigError("calibrate: choices need letters: `{A: …, B: …}`")
    labels = [str(label) for label in choices or ask.context.get("labels") or ()]
    if ask.context.get("task") != "classification" or len(labels) < 2:
        raise ConfigError("calibrate needs a dataset of the task classification, with at least two labels")
    for index, label in enumerate(labels):
        for other in labels[:index]:
            one, two = sorted((_first_word(label), _first_word(other)), key=len)
            if two.startswith(one):
                raise ConfigError(f"calibrate: the labels {other!r} and {label!r} begin alike")
        if ask.parse(label) != label:
            raise ConfigError(f"calibrate: the answer pattern of the dataset does not read {label!r} alone")
    return labels


def _first_word(label: str) -> str:
    return nfc(label).casefold().split(maxsplit=1)[0]


def _without_content(sample: Sample, text: str) -> dict[str, JSON]:
    """What a sample's own variables are in a content-free question."""
    fields: dict[str, JSON] = {name: text for name in ("context",) if name in sample.fields}
    choices = sample.fields.get("choices")
    if choices:
        fields["choices"] = dict.fromkeys(choices, text)
    return {"input": text, **fields}
