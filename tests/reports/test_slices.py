"""Which slice a sample belongs to."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.errors import ConfigError
from promptsweep.reports.slices import LENGTH_EDGES, check_slice, length_slice, natural, slice_of
from promptsweep.types import Sample

SAMPLE = Sample(
    "s", "짧은 글", ("긍정", "좋음"), {"언어": "한국어", "year": 2024, "long": False, "tags": ["a", "b"]}
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("언어", "한국어"),
        ("year", "2024"),
        ("long", "false"),
        ("tags", '["a","b"]'),
        ("label", "긍정"),
        ("length", "<50"),
        ("absent", "(none)"),
    ],
)
def test_a_slice_is_a_field_the_label_or_the_length(name, value):
    assert slice_of(SAMPLE, name) == value


FILL = "one two three four five six seven eight nine ten. "


@pytest.mark.parametrize(
    ("context", "targets", "place"),
    [
        ("Kim came. " + 2 * FILL, ("kim",), "start"),
        (FILL + "Kim came. " + FILL, ("Lee", "Kim"), "middle"),
        (2 * FILL + "Kim came.", ("Kim",), "end"),
        ("Kim. " + 2 * FILL + "Kim came.", ("Kim",), "several"),
        (FILL + "Akim came.", ("Kim",), "(none)"),
        (FILL, (), "(none)"),
        ("", ("Kim",), "(none)"),
        (unicodedata.normalize("NFD", "서울에 비가 온다. ") + 2 * FILL, ("서울",), "start"),
        ([FILL, "Kim (2019) came.", FILL], ("Kim (2019)",), "middle"),
    ],
)
def test_the_evidence_stands_in_a_third_of_the_context(context, targets, place):
    assert slice_of(Sample("s", "Who?", targets, {"context": context}), "evidence_position") == place


def test_the_place_of_evidence_needs_a_context_and_a_field_of_that_name_wins():
    told = Sample("s", "Who?", ("Kim",), {"context": "Kim", "evidence_position": "end"})

    assert slice_of(told, "evidence_position") == "end"
    check_slice("evidence_position", {"context"})
    with pytest.raises(ConfigError, match="unknown slice 'evidence_position'"):
        check_slice("evidence_position", {"page"})
    assert sorted(["(none)", "end", "several", "middle", "start"], key=natural)[:3] == [
        "start",
        "middle",
        "end",
    ]


def test_what_a_sample_lacks_is_a_slice_of_its_own():
    bare = Sample("s", "text", (), {"언어": None, "page": ""})

    assert [slice_of(bare, name) for name in ("label", "언어", "page")] == ["(none)"] * 3


def test_a_field_of_the_same_name_goes_before_label_and_length():
    assert slice_of(Sample("s", "text", ("x",), {"label": "mine", "length": "short"}), "label") == "mine"


def test_decomposed_hangul_is_the_same_value():
    field = {"언어": unicodedata.normalize("NFD", "한국어")}

    assert slice_of(Sample("s", "", (), field), "언어") == slice_of(SAMPLE, "언어")


@pytest.mark.parametrize(
    ("length", "value"),
    [(0, "<50"), (49, "<50"), (50, "50–99"), (99, "50–99"), (100, "100–199"), (6_400, "6400–12799")],
)
def test_lengths_fall_into_ranges_that_double(length, value):
    assert length_slice("가" * length) == value


def test_the_longest_inputs_share_a_slice():
    assert length_slice("x" * LENGTH_EDGES[-1]) == length_slice("x" * (3 * LENGTH_EDGES[-1])) == "≥204800"


def test_length_counts_characters_as_they_are_read():
    assert length_slice(unicodedata.normalize("NFD", "각" * 49)) == "<50"


def test_values_are_sorted_as_people_count():
    values = ["100–199", "≥204800", "(none)", "10", "한국어", "2", "<50", "영어", "50–99", "b2", "b10"]

    assert sorted(values, key=natural) == [
        *("2", "10", "<50", "50–99", "100–199", "≥204800", "b2", "b10", "영어", "한국어", "(none)")
    ]


@given(
    st.permutations(["2", "10", "<50", "50–99", "100–199", "영어", "한국어", "", "²", "(none)"]), st.text()
)
def test_the_order_is_the_same_however_values_come(values, any_text):
    assert sorted([*values, any_text], key=natural) == sorted([any_text, *values[::-1]], key=natural)


def test_an_unknown_slice_names_the_nearest():
    with pytest.raises(ConfigError, match=r"unknown slice 'langage'. Did you mean 'language'"):
        check_slice("langage", {"language"})
    check_slice("label", ())
