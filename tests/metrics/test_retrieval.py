"""Retrieval metrics, against worked cases and scikit-learn."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import label_ranking_average_precision_score, ndcg_score

from promptsweep.metrics import resolve
from promptsweep.types import Sample

SAMPLE = Sample("s", "Who?")


def score(name, details, **params):
    [metric] = resolve([{name: params}], "qa", Path())
    found = metric.score(details, SAMPLE)
    return None if found is None else found.value


@pytest.mark.parametrize(
    ("retrieved", "gold", "recall", "rank"),
    [
        (["a", "b", "c", "d"], ["b"], 1, 1 / 2),
        (["a", "b", "c", "d"], ["d"], 0, 1 / 4),
        (["a", "b"], ["x"], 0, 0),
        (["a", "b", "c"], ["a", "x"], 1 / 2, 1),
        ([], ["x"], 0, 0),
    ],
)
def test_recall_at_3_and_the_reciprocal_rank(retrieved, gold, recall, rank):
    details = {"retrieved": retrieved, "gold": gold}

    assert score("recall_at", details) == recall
    assert score("reciprocal_rank", details) == rank


@given(st.permutations(range(12)), st.sets(st.integers(0, 11), min_size=1, max_size=4), st.integers(1, 12))
def test_ndcg_is_scikit_learns(order, gold, k):
    details = {"retrieved": [str(one) for one in order], "gold": [str(one) for one in gold]}
    relevance = [[1.0 if one in gold else 0.0 for one in order]]
    ranking = [[-float(place) for place in range(12)]]

    assert score("ndcg", details, k=k) == pytest.approx(ndcg_score(relevance, ranking, k=k))


@given(st.permutations(range(8)), st.integers(0, 7))
def test_with_one_right_passage_the_reciprocal_rank_is_the_average_precision(order, gold):
    details = {"retrieved": [str(one) for one in order], "gold": [str(gold)]}
    truth, ranking = [[one == gold for one in order]], [[-float(place) for place in range(8)]]

    assert score("reciprocal_rank", details) == pytest.approx(
        label_ranking_average_precision_score(truth, ranking)
    )


@pytest.mark.parametrize(
    "details", [{}, {"retrieved": ["a"]}, {"retrieved": ["a"], "gold": []}, {"gold": ["a"]}]
)
def test_without_retrieval_or_a_right_passage_there_is_no_score(details):
    assert score("recall_at", details) is None
    assert score("ndcg", details) is None
