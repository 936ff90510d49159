from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.answers import label
from promptsweep.types import nfc

SENTIMENT = ("positive", "negative", "neutral")
KOREAN = ("긍정", "부정", "중립")
CARDS = ("card_payment", "card_payment_fee", "lost-card", "top up")
LETTERS = ("A", "B", "C", "D", "E")
ENTAILMENT = ("entailment", "not_entailment")


@pytest.mark.parametrize(
    "reply", [" positive", "**Positive**.", "Positive!", "`positive`\n", "_positive_", "POSITIVE"]
)
def test_a_reply_that_is_a_label_with_noise_around_is_that_label(reply):
    assert label(reply, SENTIMENT) == "positive"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Answer: positive", "positive"),
        ("The plot drags, which is negative.\nAnswer: Positive.", "positive"),
        ("**Answer:** *negative*", "negative"),
        ("**Final answer**: 'neutral'", "neutral"),
        ("A: negative", "negative"),
        ('Label: "neutral"', "neutral"),
        ("It could be positive. Answer: negative", "negative"),
        ("Answer:\n\npositive", "positive"),
        ("Answer: positive\n\nReview: Dull.\nAnswer: negative", "negative"),
        ("Answer: positive\nAnswer: no idea", "positive"),
        ("Answer: positive\nNegative remarks are rare.", "positive"),
        ("Answer: positive or negative\nI go for neutral.", "neutral"),
    ],
)
def test_the_last_contract_line_that_names_one_label_decides(reply, expected):
    assert label(reply, SENTIMENT) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("The review is positive.", "positive"),
        ("Negative parts exist. Overall it is positive. Thanks for asking!", "positive"),
        ("positive\nnegative", "negative"),
        ("I did not enjoy it, so negative", "negative"),
        ("not so much fun but positive", "positive"),
        ("- positive", "positive"),
    ],
)
def test_without_a_contract_the_last_place_that_mentions_a_label_decides(reply, expected):
    assert label(reply, SENTIMENT) == expected


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "no label here",
        "positively charged",
        "non-positive",
        "It is positive or negative.",
        "not positive",
        "Answer: not positive",
        "It isn't negative.",
        "It isn’t really a negative review.",
        "neither positive nor negative",
        "I would never call this positive.",
        "The mood is positive. Still, it is not negative.",
    ],
)
def test_nothing_is_read_where_the_label_is_absent_negated_or_one_of_two(reply):
    assert label(reply, SENTIMENT) is None


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("card_payment", "card_payment"),
        ("card_payment_fee", "card_payment_fee"),
        ("It is about the card payment fee.", "card_payment_fee"),
        ("Intent: Card-Payment", "card_payment"),
        ("Answer: lost_card", "lost-card"),
        ("the customer wants a top-up today", "top up"),
        ("card_payment_fees", None),
        ("lost-cards", None),
    ],
)
def test_separators_are_interchangeable_and_longer_labels_win(reply, expected):
    assert label(reply, CARDS) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("not entailment", "not_entailment"),
        ("Answer: not_entailment", "not_entailment"),
        ("This is entailment.", "entailment"),
    ],
)
def test_a_label_that_begins_with_not_is_no_negation(reply, expected):
    assert label(reply, ENTAILMENT) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("긍정입니다", "긍정"),
        ("이 리뷰는 긍정적입니다.", "긍정"),
        ("부정이에요!", "부정"),
        ("정답: 부정", "부정"),
        ("**답:** 중립", "중립"),
        ("답은 긍정이며 나쁘지 않습니다", "긍정"),
        ("부정적인 말도 있습니다. 그러나 전체로는 긍정적이에요.", "긍정"),
        ("초긍정", None),
        ("긍정문", None),
        ("긍정적이지 않습니다", None),
        ("긍정이 아니라 다른 것", None),
        ("긍정적인 리뷰는 아닙니다", None),
        ("긍정적으로 보이지 않아요", None),
        ("긍정적이라고 보기 어렵습니다", None),
        ("긍정과 부정이 섞여 있습니다", None),
    ],
)
def test_korean_labels_carry_particles_and_are_negated_after_the_word(reply, expected):
    assert label(reply, KOREAN) == expected


def test_decomposed_korean_is_the_same_text():
    assert label(unicodedata.normalize("NFD", "긍정입니다"), KOREAN) == "긍정"


def test_a_latin_label_may_carry_a_korean_ending():
    assert label("정답은 positive입니다.", SENTIMENT) == "positive"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("(B)", "B"),
        ("C)", "C"),
        ("D.", "D"),
        ("Answer: A", "A"),
        ("Answer: (C) vitamin D", "C"),
        ("Answer: C. Plan B", "C"),
        ("The answer is A.", "A"),
        ("A is correct", "A"),
        ("정답은 C입니다", "C"),
        ("It takes a while and a half.", None),
        ("A good guess is hard here.", None),
        ("(A) or (B)", None),
        ("b", None),
    ],
)
def test_single_letters_are_read_in_their_own_case_and_never_as_the_article(reply, expected):
    assert label(reply, LETTERS) == expected


@pytest.mark.parametrize(
    ("reply", "labels", "expected"),
    [
        ("So the answer is (B).", ("(A)", "(B)"), "(B)"),
        ("I like C#", ("C", "C#", "C++"), "C#"),
        ("C++ it is", ("C", "C#", "C++"), "C++"),
        ("score 1.5", ("1", "5"), None),
        ("Score: -1", ("-1", "0", "1"), "-1"),
        ("St. Ives", ("St. Ives", "Ives"), "St. Ives"),
        ("yes", (), None),
    ],
)
def test_labels_of_unusual_form(reply, labels, expected):
    assert label(reply, labels) == expected


LABEL_SETS = st.lists(st.text(min_size=1, max_size=12), max_size=6)


@given(st.text(), LABEL_SETS)
def test_any_text_and_any_labels_give_one_of_the_labels_or_none(text, labels):
    assert label(text, labels) in {*labels, None}


@given(LABEL_SETS)
def test_a_reply_that_is_exactly_a_label_is_always_that_label(labels):
    for name in labels:
        if name.strip():
            assert nfc(label(name, labels)).strip() == nfc(name).strip()
