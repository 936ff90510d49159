"""From a reply to an answer, an outcome and scores; the same for live, imported and re-scored answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from promptsweep.answers import Parser
from promptsweep.errors import ConfigError, PromptsweepError
from promptsweep.metrics import Metric
from promptsweep.types import JSON, Outcome, Sample, Score

FREE_TEXT = frozenset({"summarisation", "open"})
"""Tasks whose answer is the whole reply, so that a cut reply is a cut answer."""


NOTHING: Mapping[str, JSON] = MappingProxyType({})


class Verdict(NamedTuple):
    """What is known of a reply once it is read."""

    answer: str | None
    outcome: Outcome
    scores: Mapping[str, Score]


def judge(
    reply: str,
    finish: str,
    sample: Sample,
    *,
    task: str,
    parse: Parser,
    metrics: Sequence[Metric],
    details: Mapping[str, JSON] = NOTHING,
) -> Verdict:
    """Reads the answer and scores it. A reply without an answer counts as wrong in every graded metric.

    `details` is what the strategy noted. Raises ConfigError for what a metric raises, with the sample.
    """
    answer = parse(reply, sample)
    outcome = _outcome(answer, finish, task)
    scores = {}
    for metric in metrics:
        try:
            score = _score(metric, reply, answer, details, sample)
        except PromptsweepError:
            raise
        except Exception as failure:  # a user's metric may raise anything
            problem = f"{type(failure).__name__}: {failure}"
            raise ConfigError(f"metric {metric.name} failed on sample {sample.id!r}: {problem}") from failure
        if score is not None:
            scores[metric.name] = score
    return Verdict(answer, outcome, scores)


def _outcome(answer: str | None, finish: str, task: str) -> Outcome:
    if finish in ("content_filter", "refusal"):
        return Outcome.REFUSED
    if finish == "length" and (answer is None or task in FREE_TEXT):
        return Outcome.TRUNCATED
    return Outcome.UNPARSED if answer is None else Outcome.OK


def _score(
    metric: Metric, reply: str, answer: str | None, details: Mapping[str, JSON], sample: Sample
) -> Score | None:
    if metric.reads == "details":
        return metric.score(details, sample)
    if metric.reads == "reply":
        return metric.score(reply, sample)
    if answer is not None:
        return metric.score(answer, sample)
    if metric.kind == "descriptive":
        return None
    return Score(0.0 if metric.higher_is_better is not False else 1.0, "no answer in the reply")
