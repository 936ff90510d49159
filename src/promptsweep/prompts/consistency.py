"""Self-consistency: several chains of thought, and the answer that most of them reach."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from promptsweep.errors import ConfigError
from promptsweep.prompts.ask import Ask
from promptsweep.prompts.strategies import strategy
from promptsweep.types import JSON, Completion, Sample

STOPS = ("fixed", "adaptive")
WEIGHTS = ("votes", "logprob")
MEASURED: Mapping[str, JSON] = {"logprobs": True}
"""What a call says that wants the log-probabilities of its reply."""


@strategy(calls=lambda draws, **_: draws)
async def self_consistency(
    sample: Sample,  # noqa: ARG001  a strategy takes the sample, whether or not it reads it
    ask: Ask,
    *,
    draws: int = 5,
    stop: str = "fixed",
    sure: float = 0.95,
    weights: str = "votes",
) -> str:
    """Draw several chains of thought and return the answer most of them reach (Wang et al. 2023).

    Votes are counted over parsed answers; draws without an answer abstain; ties go to the earliest. The
    replies differ only where the temperature is above 0 (the paper uses 0.5–0.7). With `stop: adaptive`
    draws are made one after the other, and end when the leader stays ahead with a probability of `sure`
    (Adaptive-Consistency, Aggarwal et al. 2023): fewer calls, longer waiting. With `weights: logprob` a vote
    counts as much as the reply is probable, by the mean log-probability of its tokens (the paper's
    normalised weighted sum).
    """
    _check(draws, stop, weights)
    params = MEASURED if weights == "logprob" else {}
    replies = (
        await ask.completions("answer", [{"draw": draw, "call_params": params} for draw in range(draws)])
        if stop == "fixed"
        else await _until_sure(ask, draws, sure)
    )
    answers = [ask.parse(reply.text) for reply in replies]
    votes = Counter(answer for answer in answers if answer is not None)
    if not votes:
        return replies[0].text
    cast = [likelihood(reply) for reply in replies] if weights == "logprob" else [1.0] * len(replies)
    totals: dict[str | None, float] = dict.fromkeys(votes, 0.0)
    for answer, weight in zip(answers, cast, strict=True):
        totals[answer] = totals.get(answer, 0.0) + weight
    winner, whole = max(votes, key=totals.__getitem__), sum(totals.values())
    noted = {"weights": {answer: totals[answer] for answer in votes}} if weights == "logprob" else {}
    confidence = totals[winner] / whole if whole else 0.0
    ask.note(votes=dict(votes), abstained=answers.count(None), confidence=confidence, **noted)
    return replies[answers.index(winner)].text


def _check(draws: int, stop: str, weights: str) -> None:
    if draws < 1:
        raise ConfigError(f"self_consistency: draws must be at least 1, not {draws}")
    if stop not in STOPS:
        raise ConfigError(f"self_consistency: stop must be fixed or adaptive, not {stop!r}")
    if weights not in WEIGHTS:
        raise ConfigError(f"self_consistency: weights must be votes or logprob, not {weights!r}")
    if (stop, weights) == ("adaptive", "logprob"):
        raise ConfigError("self_consistency: stop: adaptive counts votes; weights: logprob needs stop: fixed")


def likelihood(reply: Completion) -> float:
    """The probability of a reply, normalised by its length: e to the mean log-probability of its tokens.

    ConfigError where the endpoint gave none.
    """
    if reply.logprobs is None:
        raise ConfigError("the endpoint gave no log-probabilities, which weights: logprob needs")
    return math.exp(reply.logprobs.mean)


async def _until_sure(ask: Ask, draws: int, sure: float) -> Sequence[Completion]:
    """Replies one after the other, until the leading answer is unlikely to be overtaken."""
    replies: list[Completion] = []
    votes: Counter[str] = Counter()
    while len(replies) < draws and leads(votes) < sure:
        replies.append(await ask.completion("answer", draw=len(replies)))
        answer = ask.parse(replies[-1].text)
        votes.update([answer] if answer is not None else [])
    return replies


def leads(votes: Mapping[str, int]) -> float:
    """How probable it is that the leading answer is really more frequent than the second (0–1).

    The posterior P(p > ½) of Beta(first + 1, second + 1), all other answers left aside; 0.5 without votes.
    For whole numbers it is a binomial sum: P(Bin(first + second + 1, ½) ≤ first).
    """
    first, second, *_ = [*sorted(votes.values(), reverse=True), 0, 0]
    n = first + second + 1
    return sum(math.comb(n, i) for i in range(first + 1)) / (1 << n)
