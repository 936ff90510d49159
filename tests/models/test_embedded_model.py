"""Gemma 3 270M in llama.cpp, for real."""

from __future__ import annotations

import asyncio
import hashlib
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from promptsweep.answers.schemas import misfits
from promptsweep.errors import ConfigError, RequestError, RunFatalError
from promptsweep.models import gguf, load
from promptsweep.types import Message
from promptsweep.workspace import Workspace

SHOTS = (
    Message("system", "Say whether the film review is positive or negative."),
    Message("user", "A moving and funny story with wonderful actors."),
    Message("assistant", "positive"),
    Message("user", "Two dull hours that I will never get back."),
    Message("assistant", "negative"),
    Message("user", "A bore from the first minute to the last."),
)


@pytest.fixture(scope="session")
def local():
    return load("local", Workspace(Path.cwd()))


def chat(model, *requests):
    async def work():
        return await asyncio.gather(*(model.chat(request) for request in requests))

    return asyncio.run(work())


def question(model, text, draw=0, **params):
    return model.request((Message("user", text),), {"temperature": 0, "max_tokens": 8, **params}, draw)


def test_it_continues_a_dialogue_of_questions_and_answers(local):
    [completion] = chat(local, local.request(SHOTS, {"temperature": 0, "max_tokens": 4, "stop": "\n"}, 0))

    assert completion.text == "negative"
    assert completion.finish == "stop"
    assert completion.usage.prompt > 40
    assert completion.usage.completion >= 1
    assert (completion.cost, completion.attempts) == (0.0, 1)
    assert completion.seconds > 0


def test_the_same_request_has_the_same_reply_alone_and_among_others(local):
    requests = [
        question(local, f"Name a {thing}.", max_tokens=16) for thing in ("river", "bird", "city", "king")
    ]

    alone = [chat(local, request)[0].text for request in requests]
    together = [completion.text for completion in chat(local, *requests[::-1])][::-1]

    assert alone == together


def test_draws_differ_where_there_is_a_temperature_and_repeat_exactly(local):
    requests = [question(local, "Name a word.", draw, temperature=1.5) for draw in (0, 1, 2, 3)]

    first = [completion.text for completion in chat(local, *requests)]

    assert len(set(first)) > 1
    assert [completion.text for completion in chat(local, *requests)] == first


def test_a_reply_ends_where_the_model_asks_itself_the_next_question(local):
    request = question(local, "x", stop=["zz"])

    assert request.params["stop"] == ["zz", "\nQ:"]
    assert question(local, "x").params["stop"] == ["\nQ:"]


def test_a_response_format_is_kept(local):
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}

    [completion] = chat(local, question(local, "Is water wet?", max_tokens=24, response_format=wanted))

    assert re.match(r'\s*{\s*"ok"\s*:\s*(true|false)', completion.text)


def test_a_prompt_that_is_too_long_says_how_long_it_may_be(local):
    with pytest.raises(RequestError, match=r"has 3\d\d\d tokens; the embedded model takes at most 2048"):
        chat(local, question(local, "word " * 3000))


def test_a_request_that_llama_cpp_refuses_is_this_requests_error(local):
    broken = {"type": "json_schema", "json_schema": {"schema": {"type": "nonsense"}}}

    with pytest.raises(RequestError, match=r"llama\.cpp refuses the request"):
        chat(local, question(local, "x", response_format=broken))


def test_a_cancelled_call_stops_writing(local):
    async def work():
        task = asyncio.create_task(
            local.chat(question(local, "Tell me a story.", max_tokens=1500, stop="\0"))
        )
        await asyncio.sleep(0.3)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    began = time.perf_counter()
    assert asyncio.run(work())
    chat(local, *[question(local, "Hi", max_tokens=1)] * local.concurrency)
    assert time.perf_counter() - began < 5


def test_the_notice_names_the_terms_and_parameters_are_checked(local):
    assert "Gemma Terms of Use" in local.notice
    assert Path(local.notice.rpartition(": ")[2]).is_file()
    with pytest.raises(ConfigError, match="local does not take 'reasoning_effort'"):
        local.check({"reasoning_effort": "low"})


def test_a_gguf_file_is_a_model_too_and_its_digest_does_not_depend_on_where_it_lies(local, tmp_path):
    file = gguf.gemma()
    copy = tmp_path / "copy.gguf"
    copy.hardlink_to(file.path)
    model = load(f"gguf:{copy}", Workspace(tmp_path))

    [completion] = chat(model, model.request(SHOTS, {"temperature": 0, "max_tokens": 4, "stop": "\n"}, 0))

    assert completion.text in ("positive", "negative")
    assert model.digest == load(f"gguf:{file.path}", Workspace(tmp_path)).digest
    assert model.notice is None


def test_a_file_that_is_no_gguf_is_refused_at_once_and_a_damaged_one_when_it_is_loaded(tmp_path):
    (tmp_path / "text.gguf").write_text("hello")
    (tmp_path / "cut.gguf").write_bytes(gguf.gemma().path.read_bytes()[:100_000])

    with pytest.raises(ConfigError, match="not a GGUF file"):
        load("gguf:text.gguf", Workspace(tmp_path))
    model = load("gguf:cut.gguf", Workspace(tmp_path))
    with pytest.raises(RunFatalError, match=r"llama\.cpp cannot load .*cut\.gguf"):
        chat(model, question(model, "x"))


def test_parts_are_joined_whole_when_several_do_it_at_the_same_time(tmp_path):
    parts = [tmp_path / "a", tmp_path / "b"]
    parts[0].write_bytes(b"a" * 3_000_000)
    parts[1].write_bytes(b"b" * 10)
    content = parts[0].read_bytes() + parts[1].read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: gguf.assemble(parts, sha256, tmp_path), range(16)))

    assert [path.read_bytes() for path in made] == [content]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["a", "b", f"{sha256}.gguf"])


def test_damaged_parts_leave_nothing_behind(tmp_path):
    part = tmp_path / "a"
    part.write_bytes(b"a")

    with pytest.raises(ConfigError, match="the packaged model is damaged"):
        gguf.assemble([part], "0" * 64, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_process_ends_cleanly_and_quietly_in_the_middle_of_a_call():
    code = """
import asyncio
from pathlib import Path
from promptsweep.models import load
from promptsweep.types import Message
from promptsweep.workspace import Workspace

async def main():
    model = load("local", Workspace(Path.cwd()))
    request = model.request((Message("user", "Tell me a story."),), {"max_tokens": 1500, "stop": "zzz"}, 0)
    await asyncio.wait([asyncio.create_task(model.chat(request))], timeout=2)
    raise SystemExit(7)

asyncio.run(main())
"""
    began = time.perf_counter()
    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)

    assert (ended.returncode, ended.stdout, ended.stderr) == (7, "", "")
    assert time.perf_counter() - began < 20


def test_a_reply_is_held_to_a_schema_with_korean_keys(local):
    schema = {
        "type": "object",
        "properties": {
            "이름": {"enum": ["김하늘", "박준형"]},
            "n": {"type": ["integer", "null"], "maximum": 9},
        },
        "required": ["이름", "n"],
        "additionalProperties": False,
    }
    held = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}

    [completion] = chat(local, question(local, "김하늘 orders 3 lamps.", max_tokens=60, response_format=held))

    assert misfits(orjson.loads(completion.text), schema) == []
