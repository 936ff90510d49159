from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.answers import canonical_number, number, same_number, strict_number


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("$29.00", "29"),
        ("18.", "18"),
        ("It costs 1,234,567 won", "1234567"),
        ("1,00,000 rupees", "100000"),
        ("3, 4, 5", "5"),
        ("1,2345", "2345"),
        ("-7 degrees", "-7"),
        ("a loss of -$5", "-5"),
        ("x = −4", "-4"),
        ("x = –4", "-4"),
        ("5-3", "3"),
        ("10–20", "20"),
        ("- 3 apples", "3"),
        (".5", "0.5"),
        ("0.750", "0.75"),
        ("3/4", "0.75"),
        ("1 1/2 cups", "1.5"),
        ("2024 and 3/4", "0.75"),
        (r"\frac{3}{4}", "0.75"),
        (r"1{,}000", "1000"),
        ("25%", "25"),
        ("1.5e3", "1500"),
        ("2E-2", "0.02"),
        ("about 3 × 10^6 cells", "3000000"),
        (r"3 \times 10^{-2}", "0.03"),
        ("12,000원", "12000"),
        ("사과 5개", "5"),
        ("총 3명", "3"),
        ("on 3/4/2024", "2024"),
        ("60 km/h", "60"),
    ],
)
def test_numbers_are_read_as_people_write_them(reply, expected):
    assert number(reply) == Decimal(expected)


@pytest.mark.parametrize(
    "reply", ["", ",", ".", "...", "no number", "-", "$", "CO2", "H2O and GPT4", "1/0", "½"]
)
def test_what_is_no_number(reply):
    assert number(reply) is None


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("3만 5천", "35000"),
        ("3만 5,000원", "35000"),
        ("3만5000원", "35000"),
        ("2천만 원", "20000000"),
        ("1억 2,000만 원입니다", "120000000"),
        ("1.5억", "150000000"),
        ("5백", "500"),
        ("3만큼 더", "3"),
        ("케이크 3조각", "3"),
        ("5만큼과 2천천히", "2"),
    ],
)
def test_korean_units_multiply_and_words_that_begin_like_them_do_not(reply, expected):
    assert number(reply) == Decimal(expected)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("He has 3 + 4 = 7 apples.\n#### 7\nIn 2 days", "7"),
        ("Answer: 18 dollars for 7 days", "18"),
        ("Answer: 3 + 4 = 7", "7"),
        ("The answer is 18. She had 16 eggs.", "18"),
        ("정답: 12개\n(3과 4의 곱)", "12"),
        ("A: 1\n\nQ: Next?\nA: 90,000", "90000"),
        (r"So \boxed{42} follows from 6 and 7", "42"),
        ("The final answer is $\\boxed{\\frac{1}{2}}$.", "0.5"),
        ("Answer: 5\nAnswer: unknown", "5"),
        ("#### Step 1: count\nThere are 4.\n#### 2. Add\nIn total 9", "9"),
        ("**Answer:** **12**", "12"),
        ("First 10, then 20", "20"),
    ],
)
def test_the_last_contract_with_a_number_goes_before_the_last_number(reply, expected):
    assert number(reply) == Decimal(expected)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Answer: 18", "18"),
        ("... so\n**Answer: $1,250.50**", "1250.5"),
        ("#### 72", "72"),
        ("A: 18 dollars.", "18"),
        ("Answer: 25 %", "25"),
        ("Answer: 60 km/h", "60"),
        ("Answer: -3/4", "-0.75"),
        ("정답: 3만 5천원", "35000"),
        ("Answer: 5\nAnswer: 6", "6"),
        ("18", None),
        ("The answer is 18", None),
        ("Answer: 5 or 6", None),
        ("Answer: 3 + 4 = 7", None),
        ("Answer: about 18", None),
        ("Answer: 5\nAnswer: none", None),
    ],
)
def test_the_strict_number_is_all_that_the_last_contract_line_holds(reply, expected):
    assert strict_number(reply) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("7", "7.0", True),
        ("$1,000", Decimal(1000), True),
        ("1/4", "0.25", True),
        ("0.1", "0.10000001", False),
        ("seven", "seven", False),
    ],
)
def test_numbers_are_compared_by_value(left, right, same):
    assert same_number(left, right) is same


@pytest.mark.parametrize(
    ("value", "text"), [("1250.0", "1250"), ("3.50", "3.5"), ("1E+3", "1000"), ("-0.0", "0"), ("100", "100")]
)
def test_a_value_has_one_canonical_text(value, text):
    assert canonical_number(Decimal(value)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4))
def test_a_canonical_text_reads_back_as_the_same_value(value):
    assert number(canonical_number(value)) == value
    assert strict_number(f"Answer: {value:,f}") == value


def test_recorded_solutions_are_judged_as_their_publishers_did(shared_data):
    lines = (shared_data / "gsm8k_recorded" / "completions.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]

    wrong = [row["id"] for row in rows if same_number(row["completion"], row["target"]) != row["is_correct"]]

    assert len(rows) == 1200
    assert wrong == []
