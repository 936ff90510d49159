"""The trained router of skeleton-of-thought: whether an outline suits a question, by the question's words.

TF-IDF of words and pairs of words, and a logistic regression (scikit-learn). What it learned is a JSON file
of a few kB, so that a router can be read, compared and committed; asking it needs no scikit-learn.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from promptsweep.errors import ConfigError
from promptsweep.types import JSON, nfc

LEAST_QUESTIONS = 20
"""Labelled questions of each kind, without which nothing is learned."""
FOLDS = 10
_STRENGTH = 10.0
"""Inverse of the regularisation: of 1 and 10 the better in cross-validation on the shipped questions."""
_WORD = re.compile(r"\b\w\w+\b")


@dataclass(frozen=True)
class Router:
    """What was learned of labelled questions."""

    terms: Mapping[str, tuple[float, float]]
    """Word, or two words in a row → inverse document frequency and weight."""
    intercept: float
    threshold: float
    """Least probability at which a question is outlined first."""

    def suits(self, question: str) -> bool:
        """Whether the answer should be outlined first."""
        return self.probability(question) >= self.threshold

    def probability(self, question: str) -> float:
        """How probable it is that an outline suits the question (0–1)."""
        counts = Counter(term for term in terms_of(question) if term in self.terms)
        values = {term: (1 + math.log(count)) * self.terms[term][0] for term, count in counts.items()}
        length = math.hypot(*values.values()) or 1.0
        score = self.intercept + sum(value * self.terms[term][1] for term, value in values.items()) / length
        return 1 / (1 + math.exp(-score))

    def text(self) -> str:
        """A router's file: JSON with a line for each term, so that two can be compared."""
        terms = ",\n".join(
            f"{json.dumps(term, ensure_ascii=False)}: {list(pair)}"
            for term, pair in sorted(self.terms.items())
        )
        figures = f'"intercept": {self.intercept},\n"threshold": {self.threshold}'
        return f'{{\n{figures},\n"terms": {{\n{terms}\n}}\n}}\n'

    @classmethod
    def of(cls, data: JSON) -> Router:
        """The router that a file holds; ConfigError where it is none."""
        try:
            terms = {str(term): (float(idf), float(weight)) for term, (idf, weight) in data["terms"].items()}
            return cls(terms, float(data["intercept"]), float(data["threshold"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ConfigError("not a router that `promptsweep train-router` wrote") from None


@dataclass(frozen=True)
class Training:
    """A router, and how well one trained in the same way does on questions that it has not seen."""

    router: Router
    suited: Sequence[bool]
    probabilities: Sequence[float]
    """Of each question by the router trained on the other nine tenths."""

    @cached_property
    def confusion(self) -> tuple[int, int, int, int]:
        """Of unseen questions: outlined rightly, outlined wrongly, written straight wrongly, and rightly."""
        pairs = Counter(
            (suits, probability >= self.router.threshold)
            for suits, probability in zip(self.suited, self.probabilities, strict=True)
        )
        return pairs[True, True], pairs[False, True], pairs[True, False], pairs[False, False]

    @property
    def precision(self) -> float:
        """Part of the outlined questions that an outline suits (0–1)."""
        right, wrong, _, _ = self.confusion
        return right / max(right + wrong, 1)

    @property
    def recall(self) -> float:
        """Part of the questions that an outline suits which are outlined (0–1)."""
        right, _, missed, _ = self.confusion
        return right / max(right + missed, 1)


def train(questions: Sequence[str], suited: Sequence[bool], precision: float = 0.9) -> Training:
    """Learns from labelled questions; the threshold is the lowest that reaches the precision on unseen ones.

    An outline where none fits costs more than a missed one, so precision comes first (Ning et al. 2024).
    Unseen: by ten-fold cross-validation. Raises ConfigError for too few questions of a kind.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    if min(sum(suited), len(suited) - sum(suited)) < LEAST_QUESTIONS:
        raise ConfigError(f"a router needs at least {LEAST_QUESTIONS} questions of each kind")
    texts = [nfc(question) for question in questions]
    learner = make_pipeline(
        TfidfVectorizer(analyzer=terms_of, sublinear_tf=True, min_df=2),
        LogisticRegression(C=_STRENGTH, max_iter=1_000),
    )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    unseen = cross_val_predict(learner, texts, suited, cv=folds, method="predict_proba")[:, 1].tolist()
    vectors, model = learner.fit(texts, suited)
    terms = {
        term: (round(float(vectors.idf_[place]), 4), round(float(model.coef_[0][place]), 4))
        for term, place in vectors.vocabulary_.items()
    }
    threshold = _threshold(suited, unseen, precision)
    return Training(Router(terms, round(float(model.intercept_[0]), 4), threshold), suited, unseen)


def terms_of(question: str) -> list[str]:
    """Words of two letters or more, in lower case, and each two that follow each other."""
    words = _WORD.findall(nfc(question).lower())
    return words + [f"{one} {other}" for one, other in pairwise(words)]


def _threshold(suited: Sequence[bool], probabilities: Sequence[float], precision: float) -> float:
    """The lowest that reaches the precision; 1 where none does."""
    for threshold in sorted({math.floor(one * 1e4) / 1e4 for one in probabilities}):
        outlined = [suits for suits, one in zip(suited, probabilities, strict=True) if one >= threshold]
        if sum(outlined) >= precision * len(outlined):
            return threshold
    return 1.0
