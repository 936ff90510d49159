"""Log-probabilities of tokens, as OpenAI-compatible endpoints write them and as they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promptsweep.types import JSON, Logprobs

LEAST = -9999.0
"""What is taken for a probability of 0: endpoints write it so, and JSON has no infinity."""


def logprobs(tokens: Iterable[Mapping[str, JSON]]) -> Logprobs | None:
    """Of the `content` of a choice's `logprobs`; None where no token has one.

    The first token is among its own alternatives also where it was drawn from beyond the likeliest.
    """
    found = [token for token in tokens if isinstance(token.get("logprob"), int | float)]
    if not found:
        return None
    total = sum(_finite(token["logprob"]) for token in found)
    return Logprobs(len(found), total, _alternatives(found[0]))


def as_json(given: Logprobs | None) -> JSON:
    """As stores and recordings keep them: `[tokens, total, first]`."""
    return None if given is None else [given.tokens, given.total, dict(given.first)]


def from_json(kept: JSON) -> Logprobs | None:
    """What `as_json` made."""
    return None if kept is None else Logprobs(*kept)


def is_kept(value: JSON) -> bool:
    """Whether a value is what `as_json` makes."""
    match value:
        case None:
            return True
        case [int() as tokens, int() | float(), dict() as first]:
            return tokens > 0 and all(isinstance(one, int | float) for one in first.values())
    return False


def _alternatives(token: Mapping[str, JSON]) -> dict[str, float]:
    """Text → log-probability, the likeliest first; of tokens that read the same, the likeliest."""
    listed = [token, *(token.get("top_logprobs") or ())]
    pairs = [(str(one["token"]), _finite(one["logprob"])) for one in listed]
    found: dict[str, float] = {}
    for text, value in sorted(pairs, key=lambda pair: -pair[1]):
        found.setdefault(text, value)
    return found


def _finite(value: float) -> float:
    return max(LEAST, float(value))
