"""Files for other tools."""

from __future__ import annotations

import csv
import json
import tracemalloc

import pandas as pd
import pytest

from promptsweep.errors import ConfigError
from promptsweep.reports.export import export
from promptsweep.reports.tables import BATCH


def strict(text: str):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_json_lines_hold_every_arm_record_and_call(house, tmp_path):
    paths = export(house.store, "plain", tmp_path / "out", "jsonl")

    run = house.store.find_run("plain").id
    assert [path.name for path in paths] == [f"{run}.{name}.jsonl" for name in ("arms", "records", "calls")]
    arms, records, calls = ([strict(line) for line in path.read_text("utf-8").splitlines()] for path in paths)
    assert (len(arms), len(records), len(calls)) == (4, 66, 66 + 3)
    seoul = next(row for row in records if row["sample_id"] == "fact-1")
    assert (seoul["input"], seoul["targets"], seoul["fields"]) == (
        "서울은 어느 나라에 있나?",
        ["한국"],
        {"page": "b"},
    )
    assert seoul["token_f1"] == 0.0
    assert {call["run"] for call in calls} == {run}
    answered = next(call for call in calls if call["sample_id"] == "fact-1")
    assert answered["messages"][-1] == {"role": "user", "content": "서울은 어느 나라에 있나?"}
    assert answered["text"].startswith("Answer:")


def test_csv_keeps_texts_and_writes_nested_values_as_json(house, tmp_path):
    _, path, _ = export(house.store, "plain", tmp_path, "csv")

    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["sample_id"]: row for row in csv.DictReader(file) if row["arm"].startswith("few")}
    assert rows["line-7"]["error"] == "400: `Line 7` <is> refused | here"
    assert json.loads(rows["line-7"]["targets"]) == ["good"]
    assert (rows["line-7"]["accuracy"], rows["line-3"]["accuracy"]) == ("", "1.0")


def test_parquet_has_typed_columns_that_are_the_same_in_every_run(house, tmp_path):
    arms, records, calls = (
        pd.read_parquet(path) for path in export(house.store, "twice", tmp_path, "parquet")
    )

    assert (len(arms), len(records), len(calls)) == (4, 132, 138)
    assert records["accuracy"].dtype == "float64"
    assert records["details"].notna().any()
    assert calls["cached"].dropna().map(type).eq(bool).all()
    assert sorted(records["repeat"].unique()) == [0, 1]


def test_a_run_without_calls_exports_empty_files_with_columns(own_house, tmp_path):
    from promptsweep import api

    file = own_house.workspace.root / "answers.jsonl"
    file.write_text('{"id": "line-0", "answer": "bad"}\n')
    api.import_answers(
        file, dataset="lines", name="theirs", workspace=own_house.workspace, store=own_house.store
    )

    calls = pd.read_parquet(export(own_house.store, "theirs", tmp_path / "out", "parquet")[2])

    assert len(calls) == 0
    assert "messages" in calls.columns


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_no_file_name_holds_a_colon(house, tmp_path, format):
    assert not any(":" in path.name for path in export(house.store, "plain", tmp_path, format))


def test_an_unknown_format_and_an_unusable_folder_are_one_line(house, tmp_path):
    with pytest.raises(ConfigError, match=r"unknown format 'jsnol'\. Did you mean 'jsonl'"):
        export(house.store, "plain", tmp_path, "jsnol")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="file: cannot be written: File exists"):
        export(house.store, "plain", tmp_path / "file", "jsonl")


def test_memory_does_not_grow_with_the_number_of_records(own_house, tmp_path):
    def peak(count: int) -> int:
        rows = ({"id": str(i), "input": f"{i} {'x' * 1_000}", "target": "good"} for i in range(count))
        text = "".join(json.dumps(row) + "\n" for row in rows)
        own_house.workspace.root.joinpath("datasets/lines.test.jsonl").write_text(text)
        run = own_house.run(f"of {count}", datasets="lines", strategies="zero_shot", metrics=["accuracy"])
        tracemalloc.start()
        export(own_house.store, run, tmp_path, "jsonl")
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    export(own_house.store, "plain", tmp_path, "jsonl")
    few, many = peak(2 * BATCH), peak(4 * BATCH)

    assert many < 1.2 * few
