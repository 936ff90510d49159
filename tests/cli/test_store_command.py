"""`store copy`, and commands on a shared store that is there, or is not what its URL says."""

from __future__ import annotations

import re

import pytest

COMMANDS = [
    ("list", "runs"),
    ("show", "latest"),
    ("compare", "latest"),
    ("cost",),
    ("cache", "stats"),
    ("report", "latest", "--output", "run.html"),
    ("export", "latest", "--output", "run.csv"),
    ("doctor",),
]


def test_runs_are_copied_to_the_team_and_back(tmp_path, command, ran, database, monkeypatch):
    monkeypatch.chdir(tmp_path)
    there = command("store", "copy", "reports/promptsweep.db", database, "mood", "--json")
    again = command("store", "copy", str(tmp_path / "reports/promptsweep.db"), database)
    back = command("store", "copy", database, str(tmp_path / "back.db"), "--no-progress")

    [run] = there.json["runs"]
    assert (run["run"], run["new_records"], run["new_replies"]) == (run["as"], 12, 12)
    assert "***" in there.json["to"]
    assert "1 run in postgresql://me:***@" in again.out
    assert ": 0 new records, 0 new replies." in again.out
    assert ": 12 new records, 12 new replies." in back.out
    [here, copied] = (
        command("list", "runs", "--json", *where).json
        for where in ((), ("--store", str(tmp_path / "back.db")))
    )
    assert here == copied


@pytest.mark.parametrize("words", [("nowhere.db", "b.db"), ("reports/promptsweep.db", "b.db", "nothing")])
def test_a_copy_of_what_is_not_there_is_one_line(tmp_path, command, ran, words, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = command("store", "copy", *words)

    assert told.code == 2
    assert told.err.startswith("error: ")
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_every_command_takes_a_shared_store(tmp_path, command, server, database, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = command("run", "mood", "--store", database)
    told = {words: command(*words, "--store", database) for words in COMMANDS}

    assert made.code == 0
    assert {words: one.code for words, one in told.items() if one.code} == {}
    assert "postgresql://me:***@" in told["doctor",].out


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda url: url.replace("me:", "me:not"), "password authentication failed"),
        (lambda url: url.rpartition("/")[0] + "/nothing", 'database "nothing" does not exist'),
        (lambda url: re.sub(r":\d+/", ":1/", url), "Connection refused"),
        (lambda url: re.sub(r":\d+/", ":port/", url), "the store's URL cannot be read"),
        (lambda url: url.replace("127.0.0.1", "no-such-host.invalid"), "no-such-host.invalid"),
    ],
    ids=["password", "database", "port", "no number", "host"],
)
def test_a_store_that_cannot_be_opened_is_one_line_without_its_password(
    command, server, cluster, database, change, reason
):
    wrong = change(database)
    listed, run = (command(*words, "--store", wrong) for words in (("list", "runs"), ("run", "mood")))
    healthy = command("doctor", "--store", wrong)

    for told in (listed, run):
        assert told.code == 2
        assert told.err.startswith("error: ")
        assert told.err.count("\n") == 1
        assert reason in told.err
    assert reason in healthy.out
    assert cluster.password not in listed.err + run.err + healthy.out
    assert server.requests == []


def test_a_user_who_may_only_read_can_look(command, server, cluster, database):
    command("run", "mood", "--store", database)
    name = database.rpartition("/")[2]
    cluster.execute("DROP ROLE IF EXISTS reader")
    cluster.execute(f"CREATE ROLE reader LOGIN PASSWORD '{cluster.password}' IN ROLE pg_read_all_data", name)
    reader = database.replace("me:", "reader:")

    assert command("show", "latest", "--store", reader).code == 0
    refused = command("run", "mood", "--store", reader)
    assert (refused.code, refused.err.count("\n")) == (4, 1)
    assert "the store cannot be written: permission denied" in refused.err
