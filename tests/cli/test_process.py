"""The command as a process: its speed, its streams, its signals."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from servers import Answer, chat_completion
from workspaces import write

HEAVY = (
    "pandas",
    "numpy",
    "scipy",
    "sklearn",
    "sqlalchemy",
    "pydantic",
    "jinja2",
    "openai",
    "aiohttp",
    "ruamel",
    "rich",
)


def start(*words, code="", **environment):
    """The process of a command; `code` runs before it in the same interpreter."""
    command = [sys.executable, "-c", f"import sys; {code}\nfrom promptsweep.cli import main; main()", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **pipes, env={**os.environ, "PYTHONUTF8": "0", **environment})


def finish(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), err.decode()


def test_help_takes_at_most_0_4_seconds_of_a_cpu():
    def taken():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert finish(start("--help"))[0] == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    assert min(taken() for _ in range(3)) <= 0.4


def test_help_imports_nothing_heavy():
    _, out, err = finish(
        start("--help", code="import atexit; atexit.register(lambda: print(*sys.modules, file=sys.stderr))")
    )

    assert "dashboard" in out
    assert not set(HEAVY) & set(err.split())


def test_the_module_and_its_version():
    done = subprocess.run([sys.executable, "-m", "promptsweep", "--version"], capture_output=True, check=True)

    assert done.stdout.startswith(b"promptsweep 0.")


def test_a_reader_that_goes_away_is_no_error():
    process = start("render", "zero_shot", "--dataset", "articles", code="import signal")
    process.stdout.close()

    assert process.wait(60) == 141
    assert process.stderr.read() == b""


def test_output_is_utf8_in_any_locale_and_plain_in_a_pipe():
    code, out, _ = finish(
        start("render", "zero_shot", "-d", "reviews_ko", LC_ALL="POSIX", PYTHONIOENCODING="ascii")
    )

    assert code == 0
    assert "긍정" in out
    assert "\x1b" not in out


def test_a_mistake_has_a_traceback_only_when_debugging():
    code, out, err = finish(start("run", "no_such_sweep"))
    assert (code, out, err.count("\n")) == (2, "", 1)

    code, _, err = finish(start("run", "no_such_sweep", PROMPTSWEEP_DEBUG="1"))
    assert code == 2
    assert "Traceback" in err
    assert "error: unknown sweep" in err


@pytest.mark.parametrize(
    ("words", "package", "extra"),
    [(["dashboard"], "streamlit", "dashboard"), (["plan", "quickstart"], "xllamacpp", "local")],
)
def test_a_missing_extra_names_the_pip_command(words, package, extra):
    code, out, err = finish(start(*words, code=f"sys.modules[{package!r}] = None"))

    assert (code, out) == (2, "")
    assert f"pip install 'promptsweep[{extra}]'" in err
    assert err.count("\n") == 1


def test_ctrl_c_saves_what_is_done_and_the_printed_command_goes_on(server, tmp_path):
    sweep = {"datasets": "mood", "models": "acme/m", "strategies": "zero_shot", "metrics": ["accuracy"]}
    endpoint = {"base_url": server.base_url, "concurrency": 1}
    write(tmp_path, {"runners/slow.yaml": sweep, "runners/models.yaml": {"endpoints": {"acme": endpoint}}})
    server.behaviour = lambda request: Answer(chat_completion("good"), delay=0.3)
    process = start("run", "slow", PROMPTSWEEP_WORKSPACE=str(tmp_path))
    while len(server.requests) < 2:
        time.sleep(0.05)

    process.send_signal(signal.SIGINT)
    code, out, err = finish(process)

    assert code == 130
    assert "interrupted\nresume: promptsweep run slow --resume " in err
    done = len(server.requests)
    assert 2 <= done < 6
    assert f"{done} of 6 records" in out
    resumed, out, _ = finish(start("run", "slow", "--resume", "latest", PROMPTSWEEP_WORKSPACE=str(tmp_path)))
    assert resumed == 0
    assert len(server.requests) == 6
    assert "6 of 6 records" in out
