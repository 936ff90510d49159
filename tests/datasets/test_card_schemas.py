"""The schema of a dataset's answers: in its card or a file beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_datasets import maker

from promptsweep.datasets.card import read_card
from promptsweep.errors import ConfigError

ROW = {"id": "1", "input": "Ada, 3", "target": {"이름": "Ada", "n": 3}}
CARD = """task: extraction
schema:
  type: object
  properties:
    이름: {type: string}
    n: {type: integer}
  required: [이름]
"""


def test_templates_see_the_schema_as_json_in_the_order_of_its_keys(tmp_path: Path) -> None:
    dataset = maker(tmp_path)(CARD, test=[ROW])

    assert dataset.context["schema"] == (
        '{"type":"object","properties":{"이름":{"type":"string"},"n":{"type":"integer"}},"required":["이름"]}'
    )


def test_without_a_schema_templates_see_none_and_the_content_is_what_it_was(tmp_path: Path) -> None:
    assert "schema" not in maker(tmp_path)("task: extraction", test=[ROW]).context


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.json", '{\n\t"type": "object",\n\t"title": "\\ud83d\\ude00"}'),
        ("s.yaml", "type: object\ntitle: 😀"),
    ],
)
def test_a_schema_is_read_from_a_file_beside_the_card(tmp_path: Path, name: str, text: str) -> None:
    make = maker(tmp_path)
    (tmp_path / "datasets" / name).write_text(text, encoding="utf-8")

    assert make(f"task: extraction\nschema: {name}", test=[ROW]).card.schema == {
        "type": "object",
        "title": "😀",
    }


@pytest.mark.parametrize(
    ("card", "file", "where", "says"),
    [
        (
            "schema:\n  type: object\n  properties:\n    a: {type: txt}\n",
            "",
            "made.yaml:5",
            "properties.a.type",
        ),
        (
            "schema: s.json",
            '{\n\t"type": "object",\n\t"required": "a"\n}',
            "s.json:3",
            "required: 'a' is not",
        ),
        ("schema: s.json", '{"type": "object",\n"a"}', "s.json:2", "bad JSON"),
        ("schema: s.json", "[]", "s.json:1", "one JSON object"),
        ("schema: s.yaml", "type: object\nitems: {$ref: '#/x'}", "s.yaml:2", "leads nowhere"),
        ("schema: s.jsn", "{}", "made.yaml:2", "no file"),
        ("schema: [a]", "", "made.yaml:2", "schema: Input should be a valid dictionary"),
    ],
)
def test_a_bad_schema_is_one_line_with_file_and_line(
    tmp_path: Path, card: str, file: str, where: str, says: str
) -> None:
    path = tmp_path / "made.yaml"
    (tmp_path / "made.test.jsonl").write_text("{}")
    path.write_text(f"task: extraction\n{card}", encoding="utf-8")
    for name in ("s.json", "s.yaml"):
        (tmp_path / name).write_text(file, encoding="utf-8")

    with pytest.raises(ConfigError) as error:
        read_card(path)

    assert str(error.value).startswith(f"{tmp_path / where}: ")
    assert says in str(error.value)


def test_a_target_that_breaks_the_schema_stops_a_run_at_its_line(tmp_path: Path) -> None:
    dataset = maker(tmp_path)(
        CARD,
        test=[ROW, {"id": "2", "input": "b", "target": {"n": 1.5}}, {"id": "3", "input": "c", "target": "x"}],
    )

    with pytest.raises(ConfigError, match=r"test\.jsonl:2: a target breaks the schema: '이름' is a required"):
        dataset.check()
    assert dataset.survey().problems[0].lines == (2, 3)
