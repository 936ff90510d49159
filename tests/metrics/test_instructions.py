"""Instructions that a program can verify, one table row a case."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.errors import ConfigError
from promptsweep.metrics import resolve
from promptsweep.metrics.instructions import CHECKS, follows, loosened
from promptsweep.types import Sample

SHARED = Path(__file__).parents[3] / "shared" / "data" / "ifeval" / "dev.jsonl"
CASES = [
    ("keywords:existence", {"keywords": ["rain", "봄"]}, "Rainy days, 봄비", "Dry days"),
    ("keywords:forbidden_words", {"forbidden_words": ["rock"]}, "Rocky roads", "A rock rolls"),
    ("keywords:frequency", {"keyword": "tea", "frequency": 2, "relation": "at least"}, "Tea and tea", "Tea"),
    ("keywords:frequency", {"keyword": "tea", "frequency": 2, "relation": "less than"}, "Tea", "Tea, tea"),
    (
        "keywords:letter_frequency",
        {"letter": "!", "let_frequency": 2, "let_relation": "at least"},
        "Oh! No!",
        "Oh!",
    ),
    (
        "length_constraints:number_words",
        {"num_words": 3, "relation": "at least"},
        "한 두 세 단어",
        "Two words",
    ),
    (
        "length_constraints:number_words",
        {"num_words": 3, "relation": "less than"},
        "Two words",
        "Now three words",
    ),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "less than"},
        "One only.",
        "One. Two.",
    ),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "One\n***\nTwo", "One\n\nTwo"),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "then"},
        'First this.\n\n"Then" that.',
        "Then this.\n\nFirst that.",
    ),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[name], [date]", "[name]"),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "Bye.\n**P. P. S.** Milk", "Bye. PS"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* one\n* two", "- one\n- two\n- three"),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 2},
        "*one* and **two**",
        "**one** only",
    ),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "Part", "num_sections": 2},
        "Part 1\nx\nPart 2\ny",
        "Part 1\nx",
    ),
    ("detectable_format:title", {}, "<<Rain>>\nIt rains.", "Rain\nIt rains."),
    ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', 'Here: {"a": 1}'),
    ("detectable_format:constrained_response", {}, "My answer is maybe.", "Maybe."),
    ("combination:two_responses", {}, "One\n******\nTwo", "One\n******\nOne"),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Write it."}, "Write it. Done.", "Done. Write it."),
    ("startend:end_checker", {"end_phrase": "So it is."}, "Yes. So it is. ", "So it is. Yes."),
    ("startend:quotation", {}, '"All of it"', '"Part" of it'),
    ("punctuation:no_comma", {}, "One and two.", "One, two."),
    ("change_case:english_capital", {}, "ALL OF IT!", "ALL Of IT!"),
    ("change_case:english_lowercase", {}, "all of it!", "All of it!"),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "at least"},
        "The BBC and NASA",
        "The BBC",
    ),
    (
        "language:response_language",
        {"language": "ko"},
        "오늘은 날씨가 아주 좋습니다.",
        "The weather is fine today.",
    ),
]


@pytest.mark.parametrize(("instruction", "arguments", "kept", "broken"), CASES)
def test_a_reply_keeps_or_breaks_an_instruction(instruction, arguments, kept, broken):
    assert follows(kept, instruction, arguments)
    assert not follows(broken, instruction, arguments)
    assert not follows(" \n", instruction, arguments)


def test_every_kind_has_a_case():
    assert {case[0] for case in CASES} == set(CHECKS)
    assert len(CHECKS) == 25


@pytest.mark.skipif(not SHARED.is_file(), reason="no shared data")
def test_every_instruction_of_the_benchmark_can_be_checked():
    rows = [json.loads(line) for line in SHARED.read_text(encoding="utf-8").splitlines()]
    listed = [one for row in rows for one in row["target"]]

    assert len(listed) > 400
    assert all(
        follows("Some words.", one["instruction_id"], one["kwargs"]) in (True, False) for one in listed
    )


@pytest.mark.parametrize(
    ("instruction", "arguments", "message"),
    [
        (
            "keywords:existense",
            {},
            "unknown instruction 'keywords:existense'. Did you mean 'keywords:existence'?",
        ),
        ("startend:end_checker", {"end": "x"}, "startend:end_checker: arguments {'end': 'x'}"),
    ],
)
def test_a_wrong_instruction_is_one_line(instruction, arguments, message):
    with pytest.raises(ConfigError) as error:
        follows("text", instruction, arguments)

    assert message in str(error.value)


def test_arguments_that_are_none_are_absent():
    assert follows("<<A>>", "detectable_format:title", {"num_words": None})


@given(st.text())
def test_a_reply_itself_is_among_its_loose_readings(reply):
    readings = loosened(reply)

    assert reply.strip() in readings
    assert len(readings) == 8


ROW = Sample(
    "s",
    "Write.",
    fields={
        "instructions": [
            {"instruction_id": "punctuation:no_comma", "kwargs": {}},
            {"instruction_id": "change_case:english_lowercase"},
        ]
    },
)


@pytest.mark.parametrize(
    ("reply", "strict", "each", "loose"),
    [
        ("all fine", 1, 1, 1),
        ("Here it is:\nall fine", 0, 0.5, 1),
        ("All, fine", 0, 0, 0),
    ],
)
def test_metrics_strict_and_loose(reply, strict, each, loose):
    specs = ["follows_all", "follows_each", {"follows_all": {"loose": True}}]
    scores = [metric.score(reply, ROW) for metric in resolve(specs, "open", Path())]

    assert [score.value for score in scores] == [strict, each, loose]
    assert ("broken" in scores[0].reason) == (strict == 0)


def test_the_four_accuracies_of_the_paper():
    """Of prompts (all instructions kept) and of instructions, strict and loose; rows as the benchmark's."""
    samples = [
        Sample(
            str(place),
            "Write.",
            tuple(json.dumps({"instruction_id": name, "kwargs": {}}) for name in names),
        )
        for place, names in enumerate(
            [
                ["punctuation:no_comma", "change_case:english_lowercase", "detectable_format:title"],
                ["punctuation:no_comma"],
                ["change_case:english_lowercase"],
            ]
        )
    ]
    replies = ["Sure:\n<<all>> fine", "one, two", "Sure:\nall fine"]
    prompts = [resolve([{"follows_all": {"loose": loose}}], "open", Path())[0] for loose in (False, True)]
    each = [
        resolve([{"instruction_accuracy": {"loose": loose}}], "open", Path())[0] for loose in (False, True)
    ]

    of_prompts = [[one.score(*pair).value for pair in zip(replies, samples, strict=True)] for one in prompts]

    assert of_prompts == [[0, 0, 0], [1, 0, 1]]
    assert [one.compute(replies, samples) for one in each] == pytest.approx([2 / 5, 4 / 5])
    assert each[0].compute([None, *replies[1:]], samples) == 0
    low, high = each[1].interval(replies, samples)
    assert low <= 4 / 5 <= high


@pytest.mark.skipif(not SHARED.is_file(), reason="no shared data")
def test_the_benchmarks_targets_are_read_as_instructions():
    rows = [json.loads(line) for line in SHARED.read_text(encoding="utf-8").splitlines()][:40]
    samples = [Sample(row["id"], row["input"], tuple(map(json.dumps, row["target"]))) for row in rows]
    [accuracy] = resolve(["instruction_accuracy"], "open", Path())
    replies = ["Some words, and more."] * len(rows)

    kept = [
        follows(reply, one["instruction_id"], one["kwargs"])
        for reply, row in zip(replies, rows, strict=True)
        for one in row["target"]
    ]
    assert accuracy.compute(replies, samples) == pytest.approx(sum(kept) / len(kept))


def test_a_sample_without_instructions_has_no_score():
    [metric] = resolve(["follows_all"], "open", Path())

    assert metric.score("text", Sample("s", "Write.")) is None
