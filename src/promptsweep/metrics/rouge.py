"""ROUGE for any script (Lin 2004): F measures, for the target that fits best.

On ASCII text they equal the `rouge-score` package without stemming. That package drops every other letter,
so that two Korean texts which share one number would be the same to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from promptsweep.metrics.define import metric
from promptsweep.metrics.tokens import Tokenizer, sentences, signed, tokenize
from promptsweep.types import Sample


def _signature(tokenizer: Tokenizer = "words") -> str:
    return f"{signed(tokenizer)}|case:lower|stem:no"


@metric(kind="graded", signature=_signature)
def rouge1(answer: str, sample: Sample, *, tokenizer: Tokenizer = "words") -> float | None:
    """ROUGE-1: overlap of single words with the target (F, 0–1)."""
    return _best(answer, sample, lambda given, target: _ngram_f(given, target, 1, tokenizer))


@metric(kind="graded", signature=_signature)
def rouge2(answer: str, sample: Sample, *, tokenizer: Tokenizer = "words") -> float | None:
    """ROUGE-2: overlap of pairs of words with the target (F, 0–1)."""
    return _best(answer, sample, lambda given, target: _ngram_f(given, target, 2, tokenizer))


@metric(kind="graded", signature=_signature)
def rougeL(answer: str, sample: Sample, *, tokenizer: Tokenizer = "words") -> float | None:  # noqa: N802
    """ROUGE-L: longest common subsequence of words of the two whole texts (F, 0–1)."""
    return _best(answer, sample, lambda given, target: _longest_f(given, target, tokenizer))


@metric(kind="graded", signature=_signature)
def rougeLsum(answer: str, sample: Sample, *, tokenizer: Tokenizer = "words") -> float | None:  # noqa: N802
    """ROUGE-Lsum: longest common subsequences, sentence by sentence (F, 0–1).

    Sentences are lines, or end with their punctuation in a text of one line.
    """
    return _best(answer, sample, lambda given, target: _union_f(given, target, tokenizer))


def _best(answer: str, sample: Sample, measure: Callable[[str, str], float]) -> float | None:
    return max((measure(answer, target) for target in sample.targets), default=None)


def _f(hits: int, given: int, wanted: int) -> float:
    """F1 of precision hits/given and recall hits/wanted; 0 where nothing is shared."""
    return 2 * hits / (given + wanted) if hits else 0.0


def _ngram_f(answer: str, target: str, size: int, tokenizer: Tokenizer) -> float:
    given = _ngrams(tokenize(answer, tokenizer), size)
    wanted = _ngrams(tokenize(target, tokenizer), size)
    return _f((given & wanted).total(), given.total(), wanted.total())


def _ngrams(tokens: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(tokens[start:] for start in range(size)), strict=False))


def _longest_f(answer: str, target: str, tokenizer: Tokenizer) -> float:
    given, wanted = tokenize(answer, tokenizer), tokenize(target, tokenizer)
    return _f(lcs_length(wanted, given), len(given), len(wanted))


def lcs_length(left: Sequence[str], right: Sequence[str]) -> int:
    """Length of the longest common subsequence; each token of `right` costs a few operations on bits.

    Hyyrö 2004: a cleared bit of `row` is a place in `left` where the subsequence grows.
    """
    places: dict[str, int] = {}
    for place, token in enumerate(left):
        places[token] = places.get(token, 0) | 1 << place
    everywhere = (1 << len(left)) - 1
    row = everywhere
    for token in right:
        matched = row & places.get(token, 0)
        row = ((row + matched) | (row - matched)) & everywhere
    return len(left) - row.bit_count()


def _union_f(answer: str, target: str, tokenizer: Tokenizer) -> float:
    """Each token of either text is a hit at most once, as in ROUGE 1.5.5."""
    given = [tokenize(sentence, tokenizer) for sentence in sentences(answer)]
    wanted = [tokenize(sentence, tokenizer) for sentence in sentences(target)]
    left_given = Counter(token for sentence in given for token in sentence)
    left_wanted = Counter(token for sentence in wanted for token in sentence)
    sizes = left_given.total(), left_wanted.total()
    hits = 0
    for sentence in wanted:
        covered = set().union(*(lcs_places(sentence, other) for other in given))
        for place in sorted(covered):
            token = sentence[place]
            if left_given[token] and left_wanted[token]:
                hits += 1
                left_given[token] -= 1
                left_wanted[token] -= 1
    return _f(hits, *sizes)


def lcs_places(left: Sequence[str], right: Sequence[str]) -> set[int]:
    """Places in `left` of one longest common subsequence; of several the one that `rouge-score` takes."""
    if not set(left) & set(right):
        return set()
    table = _lcs_table(left, right)
    row, column, places = len(left), len(right), set()
    while row and column:
        if left[row - 1] == right[column - 1]:
            row, column = row - 1, column - 1
            places.add(row)
        elif table[row][column - 1] > table[row - 1][column]:
            column -= 1
        else:
            row -= 1
    return places


def _lcs_table(left: Sequence[str], right: Sequence[str]) -> list[list[int]]:
    """Length of the longest common subsequence of every pair of beginnings."""
    table = [[0] * (len(right) + 1)]
    for token in left:
        above, row = table[-1], [0]
        for column, other in enumerate(right, 1):
            row.append(above[column - 1] + 1 if token == other else max(above[column], row[-1]))
        table.append(row)
    return table
