"""Votes over fewer draws than were made: what a run of n draws says of every smaller number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from functools import lru_cache
from math import comb
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

ABSTAINS = -1


def expected_by_draws(answers: Sequence[Hashable | None], scores: Sequence[float]) -> list[float]:
    """The expected score of a vote over m of the n draws, for m = 1 … n: exact, over all subsets.

    `answers` are the draws' answers in order, None where there is none, and `scores` what each draw alone
    would score. A vote returns the earliest draw with the answer that most draws give; ties go to the
    answer that came first; draws without an answer abstain; where all do, the first draw is returned.
    """
    import numpy as np

    chances = _chances(_coded(answers))
    return [float(value) for value in chances @ np.asarray(scores, dtype=np.float64)]


def _coded(answers: Sequence[Hashable | None]) -> tuple[int, ...]:
    """The answers as numbers in order of appearance: votes of the same form share one computation."""
    codes: dict[Hashable, int] = {}
    return tuple(ABSTAINS if answer is None else codes.setdefault(answer, len(codes)) for answer in answers)


@lru_cache(maxsize=4_096)
def _chances(codes: tuple[int, ...]) -> Floats:
    """Chance that a vote returns each draw (column), by the number of draws that vote (row, from 1).

    Draw i with answer a is returned by the subsets in which it is a's earliest of c votes, and every other
    answer has fewer than c, or c that all come after i. Counting those is a product of polynomials whose
    power of x is the size of the subset, one for each answer.
    """
    import numpy as np

    n = len(codes)
    ways = np.zeros((n + 1, n))
    for place, code in enumerate(codes):
        later = Counter(codes[place + 1 :])
        if code == ABSTAINS:
            ways[1:, place] = [comb(later[ABSTAINS], size - 1) for size in range(1, n + 1)]
            continue
        for votes in range(1, later[code] + 2):
            rest = _rest(codes, code, votes, later)
            ways[votes : votes + len(rest), place] += comb(later[code], votes - 1) * rest
    return np.asarray(ways[1:] / np.array([[comb(n, size)] for size in range(1, n + 1)], dtype=np.float64))


def _rest(codes: Sequence[int], winner: int, votes: int, later: Counter[int]) -> Floats:
    """Ways to pick 0, 1, 2, … draws of the other answers so that none of them beats `votes` votes."""
    import numpy as np

    ways = np.ones(1)
    for code, count in Counter(codes).items():
        if code == ABSTAINS:
            ways = np.convolve(ways, [comb(count, size) for size in range(count + 1)])
        elif code != winner:
            fewer = [comb(count, size) for size in range(min(votes, count + 1))]
            tied = [comb(later[code], votes)] if votes <= count else []
            ways = np.convolve(ways, fewer + tied)
    return ways
