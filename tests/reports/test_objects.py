"""Exports and baselines at URLs, through real filesystems of fsspec; partitions as DuckDB reads them."""

from __future__ import annotations

import functools
import http.server
import threading
from urllib.parse import unquote

import duckdb
import fsspec
import pandas as pd
import pyarrow.dataset as arrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.errors import ConfigError
from promptsweep.reports.baseline_files import baseline_text, named_baseline, read_baseline, write_baseline
from promptsweep.reports.baselines import make_baseline
from promptsweep.reports.export import _escaped, export, export_partitioned
from promptsweep.reports.objects import inside, read_text, stored


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()


class Broken(fsspec.AbstractFileSystem):
    """A store that lets nobody in, and says what it was given."""

    protocol = "broken"

    def put_file(self, *_, **__):
        raise RuntimeError("AccessDenied for broken://AKIAKEY:sesame/seed@bucket?token=abcdef")

    def cat_file(self, *_, **__):
        raise PermissionError("sesame/seed is no good")


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_the_same_bytes_are_written_to_a_url_as_to_a_folder(house, tmp_path, memory, form):
    local = export(house.store, "plain", tmp_path, form)
    remote = export(house.store, "plain", "memory://bucket/runs/", form)

    assert [place.rpartition("/")[2] for place in remote] == [path.name for path in local]
    assert [memory.cat(place) for place in remote] == [path.read_bytes() for path in local]


def test_a_file_url_is_a_file(house, tmp_path):
    [arms, *_] = export(house.store, "plain", f"file://{tmp_path}/a/b", "jsonl")

    assert len((tmp_path / "a/b" / arms.rpartition("/")[2]).read_text("utf-8").splitlines()) == 4


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_partitions_hold_every_record_once_and_name_their_arm(house, tmp_path, memory, kind):
    place = tmp_path if kind == "folder" else "memory://lake"
    for run in ("plain", "twice"):
        export_partitioned(house.store, run, place)
    if kind == "memory":
        memory.get("/lake/", str(tmp_path), recursive=True)
    runs = [house.store.find_run(name).id for name in ("plain", "twice")]
    labels = {arm.label for run in runs for arm in house.store.arms(run)}

    table = (
        f"read_parquet('{tmp_path}/records/*/*/*.parquet', hive_partitioning = true, union_by_name = true)"
    )
    found = duckdb.sql(f"SELECT run, arm, count(*), avg(accuracy) FROM {table} GROUP BY ALL").fetchall()
    asked = duckdb.sql(
        f"SELECT count(*) FROM {table} WHERE arm LIKE 'few_shot%' AND run = '{runs[0]}'"
    ).fetchall()

    assert {(run, arm) for run, arm, _, _ in found} >= {(runs[0], label) for label in labels}
    assert sum(count for _, _, count, _ in found) == 66 + 132
    whole = pd.read_parquet(export(house.store, "plain", tmp_path / "whole", "parquet")[1])
    few = whole["arm"].str.startswith("few_shot")
    assert asked == [(few.sum(),)]
    assert (tmp_path / f"arms/run={runs[0]}/part.parquet").is_file()


@given(st.text(st.characters(codec="utf-8")))
def test_the_name_of_a_partition_is_one_folder_and_can_be_read_back(value):
    assert not set(_escaped(value)) & set("/=:*?\"'\\\n")
    assert unquote(_escaped(value)) == value


def test_arrow_reads_the_same_partitions(house, tmp_path):
    export_partitioned(house.store, "plain", tmp_path)

    found = arrow.dataset(tmp_path / "calls", partitioning="hive").to_table().to_pandas()

    labels = {arm.label for arm in house.store.arms(house.store.find_run("plain").id)}
    assert (len(found), set(found["arm"])) == (69, labels)


def test_exporting_again_replaces_what_was_there(house, tmp_path):
    first = export_partitioned(house.store, "plain", tmp_path)
    second = export_partitioned(house.store, "plain", tmp_path)

    assert first == second
    assert len(list(tmp_path.rglob("*.parquet"))) == len(first)


def test_a_baseline_is_saved_to_and_read_from_a_url(house, memory):
    made = make_baseline(house.store, "plain", force=True)

    size = write_baseline(made, "memory://bucket/base/plain.json")

    found = named_baseline("memory://bucket/base/plain.json", house.workspace)
    assert (found.arms, found.place) == (made.arms, "memory://bucket/base/plain.json")
    assert size == len(memory.cat("/bucket/base/plain.json"))


def test_a_baseline_is_read_from_a_web_server(house, tmp_path):
    (tmp_path / "b.json").write_text(baseline_text(make_baseline(house.store, "plain", force=True)), "utf-8")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/b.json?signature=secret"

        found = read_baseline(url)
        with pytest.raises(ConfigError, match=r"/c\.json\?\*\*\*: cannot be read: there is no such file"):
            read_baseline(url.replace("b.json", "c.json"))
        with pytest.raises(ConfigError, match="cannot be written: 501"):
            write_baseline(found, url)
        server.shutdown()

    assert (len(found.arms), found.place) == (4, url.replace("signature=secret", "***"))


def test_credentials_are_never_in_a_message():
    fsspec.register_implementation("broken", Broken, clobber=True)
    url = "broken://AKIAKEY:sesame/seed@bucket/x?token=abcdef"

    with pytest.raises(ConfigError) as written, stored(url) as path:
        path.write_text("x")
    with pytest.raises(ConfigError) as read:
        read_text(url)

    assert "AccessDenied for broken://***@bucket?***" in str(written.value)
    for error in (written, read):
        assert not [one for one in ("AKIA", "sesame", "abcdef") if one in str(error.value)]


def test_nothing_is_left_of_a_file_that_could_not_be_made(tmp_path, memory):
    for place in (tmp_path / "a.txt", "memory://a.txt"):
        with pytest.raises(ZeroDivisionError), stored(place) as path:
            path.write_text("half" * (path.write_text("half") // 0))

    assert (list(tmp_path.iterdir()), memory.exists("/a.txt")) == ([], False)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("memroy://x", "unknown kind of URL 'memroy'. Did you mean 'memory'"),
        ("memory://nowhere/x", "cannot be read: there is no such file"),
        ("s3://bucket/x", "needs another package: Install s3fs"),
    ],
)
def test_a_url_that_leads_nowhere_is_one_line(url, said):
    with pytest.raises(ConfigError, match=said):
        read_text(url)


def test_a_file_in_a_folder_or_under_a_url(tmp_path):
    assert inside(tmp_path, "a", "b") == tmp_path / "a/b"
    assert inside("s3://bucket/x/", "a", "b") == "s3://bucket/x/a/b"
