"""`score`, `import`, `report`, `export` and `cache`: what is done with what is stored."""

from __future__ import annotations

import json

import pytest

from workspaces import write


def test_score_makes_a_run_of_the_stored_replies_with_other_metrics(ran, command, server):
    before = len(server.requests)

    [zero_shot, _] = command("score", "latest", "--metric", "exact_match", "--json").json["arms"]

    assert list(zero_shot["metrics"]) == ["exact_match"]
    assert len(server.requests) == before
    assert len(command("list", "--json").json) == 2


@pytest.fixture
def answers(tmp_path):
    """Answers made elsewhere: five of the six samples, one of them wrong."""
    given = {"s-0": "good", "s-1": "bad", "s-2": "good", "s-3": "good", "s-4": "good"}
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps({"id": key, "answer": text}) + "\n" for key, text in given.items()))
    return path


def test_import_scores_answers_made_elsewhere_as_a_run(command, server, answers):
    imported = command("import", str(answers), "--dataset", "mood", "--name", "theirs", "--json")

    [arm] = imported.json["arms"]
    assert (arm["strategy"], arm["samples"], arm["scored"]) == ("theirs", 6, 5)
    assert arm["metrics"]["accuracy"]["value"] == 0.8
    assert "warning: theirs: 1 of 6 samples have no answer in the file" in imported.err
    assert not server.requests


def test_an_imported_run_is_shown_like_any_other(command, server, answers):
    imported = command("import", str(answers), "-d", "mood", "-n", "theirs")

    assert "0.80 [" in imported.out
    assert "theirs" in command("show", "--wrong").out


def test_import_names_the_line_of_an_unknown_sample(command, server, answers):
    answers.write_text('{"id": "s-0", "answer": "good"}\n{"id": "s-00", "answer": "good"}\n')

    imported = command("import", str(answers), "-d", "mood", "-n", "theirs")

    assert imported.code == 2
    assert "answers.jsonl:2: unknown sample of mood 's-00'. Did you mean 's-0'?" in imported.err


def test_report_prints_markdown_or_writes_it(ran, command, tmp_path):
    printed = command("report")
    written = command("report", "-o", str(tmp_path / "out" / "r.md"))

    assert printed.out.startswith("# mood\n")
    assert (tmp_path / "out" / "r.md").read_text(encoding="utf-8") == printed.out
    assert (written.out, written.err.startswith("wrote ")) == ("", True)


def test_a_report_that_cannot_be_written_is_one_line(ran, command, tmp_path):
    (tmp_path / "file").write_text("")

    written = command("report", "-o", str(tmp_path / "file" / "r.md"))

    assert written.code == 2
    assert "cannot be written" in written.err


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_export_prints_the_files_it_wrote(ran, command, tmp_path, form):
    exported = command("export", "--format", form, "-o", str(tmp_path / "out"))

    paths = exported.out.splitlines()
    assert [path.rsplit(".", 2)[1:] for path in paths] == [
        [table, form] for table in ("arms", "records", "calls")
    ]
    assert sorted(paths) == sorted(map(str, (tmp_path / "out").iterdir()))


def test_cache_stats_say_what_is_stored_and_saved(ran, command):
    command("run", "mood")

    stats = command("cache", "stats").out

    assert "12 stored" in stats
    assert "12 calls answered from here, which saved $0.0002." in stats


def test_cache_explain_says_which_field_differs(ran, command, server, tmp_path):
    stored = command("cache", "explain", "mood", "--sample", "s-2").out
    write(tmp_path, {"prompts/zero_shot/answer.j2": "{% system %}Judge it.{% user %}{{ input }}"})
    changed = command("cache", "explain", "mood", "--arm", "zero_shot", "--sample", "s-2").out

    assert "a run takes this reply" in stored
    assert "message 1 (system)" in changed
    assert "wanted  'Judge it.'" in changed


def test_cache_prune_removes_texts_only_when_told(ran, command):
    assert command("cache", "prune").out == "removed 0 stored replies\n"
    assert command("cache", "prune", "--all").out == "removed 12 stored replies\n"
    assert "removed from the store" in command("show", "--sample", "s-0").out
