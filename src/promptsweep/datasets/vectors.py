"""Texts as TF-IDF vectors, to tell which are alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_WORD = re.compile(r"\w+|[^\w\s]")


class Vectors:
    """Words, and character n-grams (2–4, within words), of normalised texts, weighed by TF-IDF.

    The similarity of two texts is the mean of both cosines, 0–1. Character n-grams match inflected forms,
    which words alone miss; so Korean needs no tokeniser.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import FeatureUnion
        from sklearn.preprocessing import Normalizer

        kinds = {"words": _words, "characters": _character_ngrams}
        self._union = FeatureUnion([(name, TfidfVectorizer(analyzer=kinds[name])) for name in kinds])
        self._unit = Normalizer(copy=False).transform
        self._matrix = self._unit(self._union.fit_transform(texts))

    def alike(self, text: str, allowed: Sequence[int], count: int, relevance: float) -> list[int]:
        """Indices of up to `count` allowed texts by maximal marginal relevance, the best first.

        Each next one has the highest relevance x (similarity to `text`) - (1 - relevance) x (highest
        similarity to one already taken). With `relevance` 1 these are the nearest.
        """
        import numpy as np

        closeness = np.full(self._matrix.shape[0], -np.inf)
        closeness[allowed] = self._similarities(self._unit(self._union.transform([text])))[allowed]
        taken_closeness = np.zeros_like(closeness)
        taken: list[int] = []
        for _ in range(min(count, len(allowed))):
            best = int(np.argmax(relevance * closeness - (1 - relevance) * taken_closeness))
            taken.append(best)
            closeness[best] = -np.inf
            if relevance < 1:
                taken_closeness = np.maximum(taken_closeness, self._similarities(self._matrix[best]))
        return taken

    def _similarities(self, vector: Any) -> Any:
        return self._matrix @ vector.toarray().ravel()


def _words(text: str) -> list[str]:
    """Words and punctuation marks; a blank text is one empty word, so that some vocabulary always exists."""
    return _WORD.findall(text) or [""]


def _character_ngrams(text: str) -> list[str]:
    """Every run of 2–4 characters of each word with a space on both sides."""
    words = [f" {word} " for word in text.split()]
    runs = [word[at : at + n] for word in words for n in (2, 3, 4) for at in range(len(word) - n + 1)]
    return runs or [""]
