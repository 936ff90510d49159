"""Korean words taken apart, by kiwipiepy."""

from __future__ import annotations

import unicodedata
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from promptsweep.errors import MissingExtraError
from promptsweep.metrics import resolve
from promptsweep.metrics.tokens import morphemes
from promptsweep.types import Sample

INSTALLED = find_spec("kiwipiepy") is not None
needed = pytest.mark.skipif(not INSTALLED, reason="the extra `ko` is not installed")
METRICS = ["rouge1", "rouge2", "rougeL", "rougeLsum", "token_f1", "distinct_n", "novel_ngrams"]


def metric(name):
    [found] = resolve([{name: {"tokenizer": "morphemes"}}], "summarisation", Path())
    return found


@needed
def test_words_are_taken_apart_without_punctuation_and_case():
    text = "배송이 늦었습니다. iPhone!"

    assert morphemes(text) == ["배송", "이", "늦", "었", "습니다", "iphone"]
    assert morphemes(unicodedata.normalize("NFD", text)) == morphemes(text)


@needed
@pytest.mark.parametrize("name", METRICS)
def test_the_signature_names_tokenizer_and_model(name):
    assert (
        f"tok:kiwi-morphemes:{version('kiwipiepy')}|model:{version('kiwipiepy_model')}"
        in metric(name).signature
    )


@needed
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rouge1", 2 * 4 / 10),  # 배송·이·늦·었·다 and 배송·은·늦·었·다 share four of five
        ("token_f1", 2 * 4 / 10),
        ("rouge2", 2 * 2 / 8),  # 늦·었 and 었·다
    ],
)
def test_a_particle_or_an_ending_no_longer_makes_another_word(name, value):
    answer, target = "배송이 늦었다", "배송은 늦었다"

    assert metric(name).score(answer, Sample("1", "", (target,))).value == pytest.approx(value)
    [by_words] = resolve([name], "summarisation", Path())
    assert by_words.score(answer, Sample("1", "", (target,))).value < value


@pytest.mark.skipif(INSTALLED, reason="the extra `ko` is installed")
@pytest.mark.parametrize("name", METRICS)
def test_without_the_extra_nothing_is_scored(name):
    with pytest.raises(MissingExtraError, match=r"pip install 'promptsweep\[ko\]'"):
        metric(name)
