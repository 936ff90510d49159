from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.datasets.read import rows
from promptsweep.errors import ConfigError

ONE_A, TWO_B = {"id": "1", "input": "a"}, {"id": "2", "input": "b"}
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.jsonl", b'{"input": "a"}\n{"input": "b"}', [(1, {"input": "a"}), (2, {"input": "b"})]),
        ("bom.jsonl", b'\xef\xbb\xbf{"input": "a"}\n', [(1, {"input": "a"})]),
        ("crlf.jsonl", b'{"input": "a"}\r\n{"input": "b"}\r\n', [(1, {"input": "a"}), (2, {"input": "b"})]),
        ("blank.jsonl", b'\n  \n{"input": "a"}\n\n', [(3, {"input": "a"})]),
        ("empty.jsonl", b"", []),
        ("a.csv", b"id,input\n1,a\n2,b\n", [(2, ONE_A), (3, TWO_B)]),
        ("bom.csv", b"\xef\xbb\xbfinput,x\r\na,b\r\n", [(2, {"input": "a", "x": "b"})]),
        ("blank.csv", b"\nid,input\n\n1,a\n  \n2,b\n", [(4, ONE_A), (6, TWO_B)]),
        ("lines.csv", b'id,input\n1,"a\nb"\n2,b\n', [(2, {"id": "1", "input": "a\nb"}), (4, TWO_B)]),
        ("header.csv", b"input,x\n", []),
        ("empty.csv", b"", []),
        ("a.tsv", "input\tx\n안녕, 하세요\t1\n".encode(), [(2, {"input": "안녕, 하세요", "x": "1"})]),
        ("UPPER.JSONL", b'{"input": "a"}', [(1, {"input": "a"})]),
    ],
)
def test_rows_know_the_line_where_they_begin(
    tmp_path: Path, name: str, content: bytes, expected: list[tuple[int, dict[str, str]]]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    assert list(rows(path)) == expected


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("a.jsonl", b'{"input": "a"}\n{"input": }\n', 2, "bad JSON: unexpected character"),
        ("a.jsonl", b'{"input": "a"}\n["a"]\n', 2, "must be one JSON object"),
        ("a.jsonl", b'[\n{"input": "a"}\n]\n', 1, "a JSON array; write one object a line"),
        (
            "a.jsonl",
            '{"input": "a"}\n{"input": "좋은 영화"}\n'.encode("cp949"),
            2,
            "it looks like CP949 (Korean",
        ),
        ("a.jsonl", '{"input": "café"}\n'.encode("latin-1"), 1, "not UTF-8; save the file as UTF-8"),
        ("a.jsonl", '{"input": "a"}\n'.encode("utf-16"), 1, "it looks like UTF-16"),
        ("a.jsonl", '{"input": "a"}\n'.encode("utf-16-be"), 1, "it looks like UTF-16"),
        ("a.csv", "input,x\na,1\nb,2\n정말 좋은 영화,3\n".encode("cp949"), 4, "it looks like CP949 (Korean"),
        ("a.csv", "input,x\na,1\n".encode("utf-16"), 1, "it looks like UTF-16"),
        ("a.csv", b"input,x\na,1\nb\n", 3, "the row's columns number 1, the header's 2"),
        ("a.csv", b'input,x\n"a\nb",1\nc,2,3\n', 4, "the row's columns number 3, the header's 2"),
        ("a.csv", b'input,x\na,1\n"b,2\nc,3\n', 3, "bad CSV: unexpected end of data"),
        ("a.tsv", b'input\tx\n"b"c\t2\n', 2, "bad TSV:"),
        ("a.csv", b"input,x,input\na,b,c\n", 1, "two columns are named 'input'"),
    ],
)
def test_a_malformed_file_names_its_line(
    tmp_path: Path, name: str, content: bytes, line: int, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(ConfigError) as caught:
        list(rows(path))

    assert (caught.value.path, caught.value.line) == (path, line)
    assert message in caught.value.message


def test_an_unknown_format_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Did you mean '\.jsonl'"):
        rows(tmp_path / "a.json")


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        list(rows(tmp_path / "a.jsonl"))


@given(table=st.lists(st.tuples(CELLS, CELLS), max_size=8))
def test_whatever_a_csv_writer_writes_is_read_back(
    table: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("input", "x"), *table])

    assert [tuple(row.values()) for _, row in rows(path)] == table


def test_a_cell_may_be_longer_than_the_csv_module_allows_by_default(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("input,x\n" + "a" * 200_000 + ",1\n")

    assert [len(row["input"]) for _, row in rows(path)] == [200_000]


def test_parquet_values_become_json(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    day = dt.date(2024, 5, 1)
    columns = {
        "input": ["a", "b"],
        "n": [1, None],
        "x": [1.5, float("nan")],
        "day": [day, day],
        "l": [["p"], []],
    }
    pq.write_table(pa.table(columns), path)

    assert list(rows(path)) == [
        (1, {"input": "a", "n": 1, "x": 1.5, "day": "2024-05-01", "l": ["p"]}),
        (2, {"input": "b", "n": None, "x": None, "day": "2024-05-01", "l": []}),
    ]


def test_what_is_not_parquet_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"not parquet at all")

    with pytest.raises(ConfigError, match="bad Parquet"):
        list(rows(path))


def _jsonl(path: Path, table: list[dict[str, str]]) -> None:
    path.write_bytes(b"\n".join(map(orjson.dumps, table)))


def _csv(path: Path, table: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["input", "target"])
        writer.writeheader()
        writer.writerows(table)


def _tsv(path: Path, table: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["input", "target"], dialect="excel-tab")
        writer.writeheader()
        writer.writerows(table)


def _parquet(path: Path, table: list[dict[str, str]]) -> None:
    pq.write_table(pa.Table.from_pylist(table), path)


@pytest.mark.parametrize(
    ("ext", "write"), [("jsonl", _jsonl), ("csv", _csv), ("tsv", _tsv), ("parquet", _parquet)]
)
def test_all_formats_hold_the_same_rows(
    tmp_path: Path, ext: str, write: Callable[[Path, list[dict[str, str]]], None]
) -> None:
    table = [{"input": 'He said "no",\nthen left.\ttab', "target": "부정"}, {"input": "b", "target": "c"}]
    write(tmp_path / f"a.{ext}", table)

    assert [row for _, row in rows(tmp_path / f"a.{ext}")] == table
