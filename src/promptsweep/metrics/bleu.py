"""BLEU and chrF through sacrebleu, from 0 to 1 (sacrebleu itself prints them from 0 to 100)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from promptsweep.metrics.define import aggregate, metric
from promptsweep.metrics.resampling import Resampling
from promptsweep.types import Sample, nfc

if TYPE_CHECKING:
    from numpy.typing import NDArray

BleuTokenizer: TypeAlias = Literal["auto", "13a", "intl", "char"]
"""`auto` is `char` where a quarter of the targets' letters are Hangul, Han or Kana, and `13a` elsewhere."""

_EAST_ASIAN = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3]")
_LETTER = re.compile(r"[^\W\d_]")


def _bleu_signature(tokenizer: BleuTokenizer = "auto") -> str:
    shown = "13a/char-by-script" if tokenizer == "auto" else tokenizer
    return f"case:mixed|tok:{shown}|smooth:exp|sacrebleu:{_version()}"


def _chrf_signature() -> str:
    return f"case:mixed|nc:6|nw:0|beta:2|space:no|sacrebleu:{_version()}"


@metric(kind="graded", signature=_bleu_signature)
def sentence_bleu(answer: str, sample: Sample, *, tokenizer: BleuTokenizer = "auto") -> float | None:
    """BLEU of one answer against all its targets (0–1); the mean over sentences is not corpus BLEU."""
    if not sample.targets:
        return None
    scorer = _bleu(_script_tokenizer(sample.targets, tokenizer), effective_order=True)
    return float(scorer.sentence_score(nfc(answer), list(map(nfc, sample.targets))).score) / 100


@metric(kind="graded", signature=_chrf_signature)
def chrf(answer: str, sample: Sample) -> float | None:
    """chrF2 of one answer, overlap of up to six characters in a row, with the target that fits best (0–1)."""
    if not sample.targets:
        return None
    return float(_chrf().sentence_score(nfc(answer), list(map(nfc, sample.targets))).score) / 100


def _bleu_resampling(
    answers: Sequence[str | None], samples: Sequence[Sample], *, tokenizer: BleuTokenizer = "auto"
) -> Resampling:
    return _resampling(_corpus_bleu_scorer(samples, tokenizer), answers, samples)


@aggregate(_bleu_resampling, signature=_bleu_signature)
def corpus_bleu(
    answers: Sequence[str | None], samples: Sequence[Sample], *, tokenizer: BleuTokenizer = "auto"
) -> float:
    """BLEU over all answers together (0–1; Papineni 2002), as sacrebleu computes it."""
    scorer = _corpus_bleu_scorer(samples, tokenizer)
    return float(scorer.corpus_score(_hypotheses(answers), _references(samples)).score) / 100


def _chrf_resampling(answers: Sequence[str | None], samples: Sequence[Sample]) -> Resampling:
    return _resampling(_chrf(), answers, samples)


@aggregate(_chrf_resampling, signature=_chrf_signature)
def corpus_chrf(answers: Sequence[str | None], samples: Sequence[Sample]) -> float:
    """chrF2 over all answers together (0–1; Popović 2015), as sacrebleu computes it."""
    return float(_chrf().corpus_score(_hypotheses(answers), _references(samples)).score) / 100


def _resampling(scorer: Any, answers: Sequence[str | None], samples: Sequence[Sample]) -> Resampling:
    """Resamples sacrebleu's sentence statistics, by the two methods that its own significance tests use."""
    import numpy as np

    statistics = np.asarray(
        scorer._extract_corpus_statistics(_hypotheses(answers), _references(samples)), float
    )

    def values(sums: NDArray[Any]) -> NDArray[Any]:
        return np.asarray([scorer._compute_score_from_stats(row.tolist()).score / 100 for row in sums])

    return Resampling(statistics, values)


def _hypotheses(answers: Iterable[str | None]) -> list[str]:
    """An unparsed answer says nothing."""
    return [nfc(answer or "") for answer in answers]


def _references(samples: Iterable[Sample]) -> list[list[str | None]]:
    """The streams of sacrebleu: all samples' first targets, their second ones, …; None for the absent."""
    return [list(stream) for stream in zip_longest(*([nfc(target) for target in s.targets] for s in samples))]


def _corpus_bleu_scorer(samples: Sequence[Sample], tokenizer: BleuTokenizer) -> Any:
    targets = (target for sample in samples for target in sample.targets)
    return _bleu(_script_tokenizer(targets, tokenizer), effective_order=False)


def _script_tokenizer(targets: Iterable[str], tokenizer: BleuTokenizer) -> str:
    if tokenizer != "auto":
        return tokenizer
    text = " ".join(targets)
    east_asian = 0 if text.isascii() else len(_EAST_ASIAN.findall(text))
    return "char" if east_asian and 4 * east_asian >= len(_LETTER.findall(text)) else "13a"


@lru_cache
def _bleu(tokenizer: str, *, effective_order: bool) -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(tokenize=tokenizer, effective_order=effective_order)


@lru_cache
def _chrf() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()


def _version() -> str:
    from importlib.metadata import version

    return version("sacrebleu")
