"""The checks that a vendor makes of a training file, made before it is uploaded."""

from __future__ import annotations

import json

import pytest

from promptsweep.errors import ConfigError
from promptsweep.models.training_files import LEAST, check_file

USER, GOOD = {"role": "user", "content": "서울은?"}, {"role": "assistant", "content": "한국"}


def written(tmp_path, *examples):
    path = tmp_path / "f.jsonl"
    path.write_text(
        "".join(one if isinstance(one, str) else json.dumps(one) + "\n" for one in examples), "utf-8"
    )
    return path


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ("{\n", "f.jsonl:2: not JSON"),
        ({"prompt": "x"}, "f.jsonl:2: `messages` must be a list"),
        ({"messages": [USER]}, "f.jsonl:2: the last message must be of 'assistant', not 'user'"),
        ({"messages": [GOOD]}, "f.jsonl:2: no message of 'user'"),
        ({"messages": [{"role": "bot", "content": "x"}, GOOD]}, "f.jsonl:2: unknown role 'bot'"),
        (
            {"messages": [{"role": "user", "content": ""}, GOOD]},
            "f.jsonl:2: a message of 'user' has no content",
        ),
        (
            {"messages": [USER, {"role": "assistant", "content": "word " * 70_000}]},
            "f.jsonl:2: 70,0.. tokens; 65,536",
        ),
    ],
)
def test_what_a_vendor_refuses_is_named_with_its_line(tmp_path, example, said):
    path = written(tmp_path, {"messages": [USER, GOOD]}, example)

    with pytest.raises(ConfigError, match=said):
        check_file(path)


def test_calls_of_tools_need_no_content_and_ten_examples_are_enough(tmp_path):
    called = {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function"}]}
    example = {"messages": [USER, called, {"role": "tool", "content": "3"}, GOOD | {"weight": 1}]}

    assert check_file(written(tmp_path, *[example] * LEAST)).examples == LEAST
    with pytest.raises(ConfigError, match="9 examples; at least 10 are asked for"):
        check_file(written(tmp_path, *[example] * (LEAST - 1)))
