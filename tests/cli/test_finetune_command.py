"""Fine-tuning jobs as users start and follow them, at a server that has the endpoints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from promptsweep.api.finetuning import add_entry, follow
from promptsweep.errors import ConfigError, IncompleteError
from promptsweep.models.endpoints import catalog
from promptsweep.models.finetuning import Jobs
from promptsweep.models.lineage import read_manifest
from tuning_servers import TuningServer
from workspaces import mood, rows, write

KEY = {"ACME_KEY": "sk-secret"}
TRAIN = rows([(f"A tale of {n} nights.", "good") for n in range(12)], "t")
MODELS = "# ours\nendpoints:\n  acme: {base_url: %s, key: ACME_KEY} # the tuner\n"


@pytest.fixture
def server(tmp_path, command):
    with TuningServer() as serving:
        mood(tmp_path, **{"datasets/mood.train.jsonl": TRAIN})
        write(tmp_path, {"runners/models.yaml": MODELS % serving.base_url})
        assert command("export-finetune", "mood", "-o", str(tmp_path / "reports/m.jsonl")).code == 0
        yield serving


@pytest.fixture
def start(command, tmp_path):
    """Starts a job on the exported file."""
    words = ["finetune", "start", str(tmp_path / "reports/m.jsonl"), "-m", "acme/small"]
    return lambda *more: command(*words, *more, env=KEY)


@pytest.fixture
def followed(command):
    """Follows a job to its end."""
    words = ["-e", "acme", "--poll", "0.05"]
    return lambda job="ftjob-0", *more: command("finetune", "follow", job, *words, *more, env=KEY)


def test_a_job_is_started_followed_and_its_model_entered_with_its_lineage(
    tmp_path, command, start, followed, server
):
    started = start("--epochs", "3", "--suffix", "moods", "--seed", "7")
    ended = followed("ftjob-0", "--as", "tuned")

    assert started.out.splitlines()[0] == "ftjob-0: validating_files; 12 examples, 1,368 tokens in 3 epochs"
    asked = server.jobs["ftjob-0"].body["asked"]
    assert asked["method"]["supervised"]["hyperparameters"] == {"n_epochs": 3}
    assert (asked["suffix"], asked["seed"], asked["training_file"]) == ("moods", 7, "file-0")
    assert (tmp_path / "reports/m.jsonl").read_bytes() in server.files["file-0"]
    assert (ended.code, ended.err.count("created"), ended.err.count("now running")) == (0, 1, 1)
    assert "ftjob-0: succeeded, 1,234 tokens trained" in ended.out
    found = catalog(write(tmp_path, {})).models["tuned"]
    manifest = read_manifest(tmp_path / "reports/m.lineage.json")
    assert (found.endpoint, found.name) == ("acme", "ft:small:org::abc")
    assert (found.lineage.base, found.lineage.data) == ("acme/small", manifest.files[0].digest)
    assert (found.lineage.job, found.lineage.manifest) == ("ftjob-0", "reports/m.lineage.json")
    text = (tmp_path / "runners/models.yaml").read_text("utf-8")
    assert ("# ours" in text, "# the tuner" in text) == (True, True)


def test_without_a_name_the_entry_is_printed_and_nothing_is_written(
    tmp_path, command, start, followed, server
):
    start()
    before = (tmp_path / "runners/models.yaml").read_text("utf-8")

    shown = followed()

    assert "  tuned:\n    endpoint: acme\n    name: ft:small:org::abc\n    lineage:\n" in shown.out
    assert (tmp_path / "runners/models.yaml").read_text("utf-8") == before
    assert json.loads(followed("ftjob-0", "--json").out)["entry"]["lineage"]["base"] == "acme/small"


def test_a_validation_file_goes_along(tmp_path, command, start, followed, server):
    held_out = tmp_path / "v.jsonl"
    held_out.write_text((tmp_path / "reports/m.jsonl").read_text("utf-8").splitlines()[0] + "\n", "utf-8")

    assert start("--validation", str(held_out)).code == 0

    assert server.jobs["ftjob-0"].body["validation_file"] == "file-1"


def test_a_file_that_the_vendor_would_refuse_is_not_uploaded(tmp_path, command, start, followed, server):
    (tmp_path / "reports/m.jsonl").write_text('{"messages": []}\n')

    refused = start()

    assert (refused.code, refused.err) == (2, f"error: {tmp_path}/reports/m.jsonl:1: no message of 'user'\n")
    assert server.requests == []


def test_the_same_file_is_not_trained_on_twice_unless_it_is_asked_for(
    tmp_path, command, start, followed, server
):
    start()

    twice = start()

    assert twice.code == 2
    assert "job ftjob-0 (validating_files) trains small on this file" in twice.err
    assert (len(server.jobs), start("--again").code, len(server.jobs)) == (1, 0, 2)


def test_a_job_that_failed_is_incomplete_and_says_why(tmp_path, command, start, followed, server):
    server.steps = ("running", "failed")
    start()

    ended = followed()

    assert (ended.code, ended.out) == (4, "")
    assert ended.err.splitlines()[-1] == "error: job ftjob-0 failed: the loss exploded"
    assert "resume" not in ended.err


def test_a_job_can_be_cancelled_once(tmp_path, command, start, followed, server):
    server.steps = ("running",)
    start()

    cancelled = command("finetune", "cancel", "ftjob-0", "-e", "acme", env=KEY)
    ended = followed()

    assert (cancelled.code, cancelled.out) == (0, "ftjob-0: cancelled\n")
    assert (ended.code, "error: job ftjob-0 cancelled" in ended.err) == (4, True)


def test_jobs_are_listed_the_newest_first_page_by_page(tmp_path, command, start, followed, server):
    for _ in range(5):
        start("--again")

    shown = command("finetune", "list", "-e", "acme", "--limit", "3", env=KEY)
    found = command("finetune", "list", "-e", "acme", "--json", env=KEY).json

    assert [line.split()[0] for line in shown.out.splitlines() if "ftjob" in line] == [
        "ftjob-4",
        "ftjob-3",
        "ftjob-2",
    ]
    assert [one["job"] for one in found] == [f"ftjob-{n}" for n in (4, 3, 2, 1, 0)]


def test_following_survives_the_network_and_can_be_taken_up_again(tmp_path, command, start, followed, server):
    start()
    jobs, told, troubles = Jobs("acme", write(tmp_path, {".env": "ACME_KEY=sk-secret"})), [], []
    server.faults = [("GET /v1/fine_tuning/jobs/ftjob-0", "reset")] * 3 + [("events", 503)] * 3

    def impatient(_):
        if len(troubles) == 2 and told == []:
            raise KeyboardInterrupt

    given = {"poll": 0.0, "tell": lambda event: told.append(event.message), "trouble": troubles.append}
    with pytest.raises(KeyboardInterrupt):
        follow(jobs, "ftjob-0", wait=impatient, **given)
    ended = follow(jobs, "ftjob-0", wait=lambda _: None, **given)

    assert ended.tuned == "ft:small:org::abc"
    assert told == ["created", "now queued", "now running", "now succeeded"]
    assert ["connection to http" in troubles[0], "HTTP 503" in troubles[1]] == [True, True]


def test_stopping_prints_how_to_go_on_and_stops_no_job(tmp_path, command, start, followed, server):
    server.steps = ("running",)
    start()
    words = [
        sys.executable,
        "-m",
        "promptsweep",
        "finetune",
        "follow",
        "ftjob-0",
        "-e",
        "acme",
        "--poll",
        "0.1",
    ]
    given = {**os.environ, **KEY, "PROMPTSWEEP_WORKSPACE": str(tmp_path)}

    with subprocess.Popen(words, env=given, stderr=subprocess.PIPE, text=True) as process:
        assert "created" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()

    *_, resume, last = said.splitlines()
    assert resume.startswith("resume: promptsweep finetune follow ftjob-0 --endpoint acme")
    assert last == "interrupted"
    assert (process.returncode, server.jobs["ftjob-0"].body["status"]) == (130, "running")


def test_an_endpoint_that_stays_away_ends_the_following_but_not_the_job(
    tmp_path, command, start, followed, server
):
    start()
    jobs, waits = Jobs("acme", write(tmp_path, {".env": "ACME_KEY=sk-secret"})), []
    server.faults = [("GET /v1/fine_tuning/jobs/ftjob-0", 429)] * 99
    jobs._client.max_retries = 0

    with pytest.raises(IncompleteError, match=r"rate limit: .*The job goes on"):
        follow(jobs, "ftjob-0", poll=10, tell=print, trouble=lambda _: None, wait=waits.append)

    assert waits == [20, 40, 60, 60, 60, 60, 60, 60]


def test_starting_is_never_repeated_by_itself(tmp_path, command, start, followed, server):
    server.faults = [("POST /v1/fine_tuning/jobs", 500)]

    failed = start()

    assert failed.code == 4
    assert "It may have been started all the same: promptsweep finetune list --endpoint acme" in failed.err
    assert server.requests.count("POST /v1/fine_tuning/jobs") == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["follow", "ftjob-9", "-e", "acme"], 4, "acme: no such model or path: no such job (HTTP 404)"),
        (["list", "-e", "acne"], 2, "unknown endpoint 'acne'. Did you mean 'acme'?"),
        (["follow", "ftjob-9", "-e", "acme", "--as", "local"], 2, "'local' is taken"),
    ],
)
def test_mistakes_are_one_line(tmp_path, command, start, followed, server, words, code, said):
    shown = command("finetune", *words, env=KEY)

    assert (shown.code, said in shown.err) == (code, True)


def test_the_key_is_sent_and_never_shown(tmp_path, command, start, followed, server):
    server.faults = [("GET /v1/fine_tuning/jobs", 401)]

    refused = command("finetune", "list", "-e", "acme", env=KEY)

    assert refused.code == 4
    assert refused.err == "error: acme: the key is rejected: no: Bearer [key] (HTTP 401)\n"
    assert server.keys == {"Bearer sk-secret"}
    assert command("finetune", "list", "-e", "acme", env={"ACME_KEY": None}).code == 2


def test_an_entry_takes_no_name_that_there_is(tmp_path, command, start, followed, server):
    place = write(tmp_path, {})
    add_entry("tuned", {"endpoint": "acme", "name": "a"}, place)

    with pytest.raises(ConfigError, match="'tuned' is taken"):
        add_entry("tuned", {"endpoint": "acme", "name": "b"}, place)
