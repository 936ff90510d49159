"""Texts as TF-IDF vectors, to tell which are alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from promptsweep.datasets.text import normalised

_WORD = re.compile(r"\w+|[^\w\s]")


class Vectors:
    """Character n-grams (2–4, within words) and words of some texts, weighed by TF-IDF.

    The similarity of two texts is the mean of both cosines, 0–1. Character n-grams match inflected forms,
    which words alone miss; so Korean needs no tokeniser.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import FeatureUnion
        from sklearn.preprocessing import Normalizer

        characters = TfidfVectorizer(preprocessor=normalised, analyzer="char_wb", ngram_range=(2, 4))
        words = TfidfVectorizer(preprocessor=normalised, tokenizer=_WORD.findall, token_pattern=None)
        self._union = FeatureUnion([("characters", characters), ("words", words)])
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
        return (self._matrix @ vector.T).toarray().ravel()
