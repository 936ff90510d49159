from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.answers import parser
from promptsweep.errors import ConfigError
from promptsweep.types import Sample

PLAIN = Sample("1", "input")
LETTERED = Sample("2", "input", fields={"choices": {"A": "a cat", "B": "Paris", "(C)": "rivers"}})
LISTED = Sample("3", "input", fields={"choices": ["valid", "invalid"]})
UNLISTED = Sample("4", "input", fields={"choices": "spam or ham"})
TASKS = ("classification", "extraction", "qa", "math", "summarisation", "open")


@pytest.mark.parametrize(
    ("task", "reply", "sample", "answer"),
    [
        ("classification", "Answer: Spam", PLAIN, "spam"),
        ("classification", "I cannot tell", PLAIN, None),
        ("classification", "The argument is invalid.", LISTED, "invalid"),
        ("classification", "Answer: ham", UNLISTED, "ham"),
        ("classification", "Answer: (B)", LETTERED, "B"),
        ("classification", "the answer is C.", LETTERED, "(C)"),
        ("classification", "It must be Paris.", LETTERED, "B"),
        ("classification", "A cat, of course", LETTERED, "A"),
        ("math", "That makes $1,250.00.", PLAIN, "1250"),
        ("math", "none", PLAIN, None),
        ("extraction", 'Sure: {"b": 1, "a": [2,]}', PLAIN, '{"a":[2],"b":1}'),
        ("extraction", "nothing", PLAIN, None),
        ("qa", "So the answer is Paris.", PLAIN, "Paris"),
        ("summarisation", "Short.\nAnswer: kept\n", PLAIN, "Short.\nAnswer: kept"),
        ("open", "  ", PLAIN, None),
    ],
)
def test_each_task_reads_its_own_kind_of_answer(task, reply, sample, answer):
    assert parser(task, labels=["spam", "ham"])(reply, sample) == answer


def test_patterns_go_before_what_the_task_would_read():
    assert parser("math", patterns=[r"<(.*?)>"])("7 or <eight>", PLAIN) == "eight"


def test_a_bad_pattern_is_reported_before_anything_is_read():
    with pytest.raises(ConfigError, match=r"bad answer pattern '\(': "):
        parser("math", patterns=["("])


@given(st.text(alphabet=st.characters(exclude_categories=())), st.sampled_from(TASKS))
def test_no_text_makes_a_parser_raise(text, task):
    for sample in (PLAIN, LETTERED, LISTED):
        answer = parser(task, labels=["positive", "A", "긍정"])(text, sample)

        assert answer is None or answer


MARKERS = ("Answer:", "정답:", "A", "not ", "긍정", "이 아니", "####", "the answer is", "\\boxed{", "```")
NUMBERS = ("1/0", "1e9", "3만", ",", ".", "-", "$", "9" * 400)
JSONS = ("{", "}", "[", "]", '"', "\\", "[" * 300, "]" * 300)
FRAGMENTS = st.sampled_from((*MARKERS, *NUMBERS, *JSONS, " ", "\n"))


@given(st.lists(FRAGMENTS, max_size=30).map("".join), st.sampled_from(TASKS))
def test_no_mixture_of_what_parsers_look_for_makes_one_raise(text, task):
    parser(task, labels=["A", "긍정"])(text, PLAIN)
