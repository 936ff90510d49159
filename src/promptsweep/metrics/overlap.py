"""How much of an answer and its target is the same: F1 over words or characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from promptsweep.metrics import tokens
from promptsweep.metrics.define import metric
from promptsweep.metrics.tokens import Tokenizer
from promptsweep.types import Sample


def _signature(tokenizer: Tokenizer = "words") -> str:
    return "norm:squad-unicode" + ("" if tokenizer == "words" else f"|{tokens.signed(tokenizer)}")


@metric(kind="graded", signature=_signature)
def token_f1(answer: str, sample: Sample, *, tokenizer: Tokenizer = "words") -> float | None:
    """Overlap of words, counted with repeats, with the target that fits best (SQuAD F1, 0–1)."""
    given = _tokens(answer, tokenizer)
    return max((overlap_f1(given, _tokens(target, tokenizer)) for target in sample.targets), default=None)


@metric(kind="graded", signature=lambda: "norm:korquad")
def char_f1(answer: str, sample: Sample) -> float | None:
    """Overlap of characters, counted with repeats, with the target that fits best (KorQuAD F1, 0–1).

    Lim et al. 2019: without case, spaces and punctuation; brackets and quotes are punctuation.
    """
    given = _characters(answer)
    return max((overlap_f1(given, _characters(target)) for target in sample.targets), default=None)


def overlap_f1(given: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of two bags of tokens, 0–1; two empty bags agree."""
    if not given or not wanted:
        return float(not given and not wanted)
    shared = sum((Counter(given) & Counter(wanted)).values())
    return 2 * shared / (len(given) + len(wanted))


def _tokens(text: str, tokenizer: Tokenizer) -> list[str]:
    bare = tokens.normalised(text, articles=False)
    return bare.split() if tokenizer == "words" else tokens.tokenize(bare, tokenizer)


def _characters(text: str) -> str:
    return tokens.normalised(text).replace(" ", "")
