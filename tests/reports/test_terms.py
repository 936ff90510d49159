"""What statuses, outcomes, verdicts and methods are called: in English what files call them."""

from __future__ import annotations

import re

import pytest

from promptsweep.reports import aggregates, terms
from promptsweep.reports.compare import UNSHOWN, compare_arms
from promptsweep.types import Outcome, Status
from promptsweep.words import speaking

VERDICTS = ["better", "worse", "higher", "lower", UNSHOWN]
CHANGES = ["lost", "won", "lower", "higher"]
NAMED = [
    *((terms.status, one) for one in Status),
    *((terms.outcome, one) for one in Outcome),
    *((terms.verdict, one) for one in VERDICTS),
    *((terms.change, one) for one in CHANGES),
    (terms.method, aggregates.METHOD),
]


@pytest.mark.parametrize(("term", "one"), NAMED)
def test_a_term_is_its_value_in_english_and_a_word_in_korean(term, one):
    with speaking("ko"):
        korean = term(one)

    assert term(one) == one
    assert re.search("[가-힣]", korean)


def test_every_method_of_a_comparison_has_a_name_in_korean(house):
    metrics = ["accuracy", "token_f1", "words"]
    found = {
        one.paired.method for metric in metrics for one in compare_arms(house.store, "twice", metric=metric)
    }

    with speaking("ko"):
        named = [terms.method(one) for one in found]

    assert len(found) > 1
    assert not [one for one in named if re.search("test|interval", one)]
