"""Work done once, whoever asks."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from promptsweep.errors import ConfigError, PromptsweepError
from promptsweep.pytest_plugin.sharing import Once


def slow(made, text="done"):
    def make():
        made.append(text)
        time.sleep(0.2)
        return text

    return make


@pytest.mark.parametrize("shared", [False, True])
def test_the_first_makes_it_and_the_others_get_it(tmp_path, shared):
    once, made = Once(tmp_path if shared else None), []

    assert [once("a", slow(made)) for _ in range(3)] == ["done"] * 3
    assert once("b", slow(made, "다른 것")) == "다른 것"
    assert made == ["done", "다른 것"]


def test_who_asks_meanwhile_waits_for_it(tmp_path):
    made = []

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: Once(tmp_path)("a", slow(made)), range(4)))

    assert found == ["done"] * 4
    assert made == ["done"]


def test_other_work_does_not_wait(tmp_path):
    began = time.monotonic()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda key: Once(tmp_path)(key, slow([])), "abcd"))

    assert time.monotonic() - began < 0.7


@pytest.mark.parametrize("shared", [False, True])
def test_a_mistake_is_made_once_too(tmp_path, shared):
    made, folder = [], tmp_path if shared else None
    onces = [Once(folder), Once(folder)] if shared else [Once(folder)] * 2

    def wrong():
        made.append("wrong")
        raise ConfigError("no baseline", path="ci.yaml")

    for once in onces:
        with pytest.raises(PromptsweepError, match=r"^ci\.yaml: no baseline$"):
            once("a", wrong)
    assert made == ["wrong"]


def test_what_is_a_bug_holds_nobody_up(tmp_path):
    with pytest.raises(ZeroDivisionError):
        Once(tmp_path)("a", lambda: str(1 / 0))

    assert Once(tmp_path)("a", lambda: "done") == "done"


def test_the_lock_of_a_process_that_died_is_free(tmp_path):
    code = "import os, pathlib; from promptsweep.pytest_plugin.sharing import Once\n"
    code += f"Once(pathlib.Path({str(tmp_path)!r}))('a', lambda: os._exit(9))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert Once(tmp_path)("a", lambda: "done") == "done"
