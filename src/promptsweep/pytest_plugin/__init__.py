"""The face for pytest: `pytest --promptsweep runners/ci.yaml` makes a test of every gate of a sweep.

The sweep runs once, when its first test does, however many gates and pytest-xdist workers there are. For
tests written in Python there is the fixture `promptsweep_run`. Both carry the marker `promptsweep`, so
`-m promptsweep` and `-m "not promptsweep"` choose them. Nothing but the standard library is imported before
one of them is used.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from promptsweep.pytest_plugin.fixture import SweepRun
    from promptsweep.pytest_plugin.items import SweepTests

MARKER = "promptsweep: runs a sweep, and may ask models and spend money; `-m 'not promptsweep'` leaves it out"
SHARED = pytest.StashKey[Path]()
"""Where the workers of pytest-xdist share what has run; only where there are any."""
SWEEPS = pytest.StashKey[frozenset[Path]]()
"""The files given with `--promptsweep`."""
_WORKER_KEY = "promptsweep_shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all of which begin with `--promptsweep`."""
    group = parser.getgroup("promptsweep", "prompts as tests")
    add = group.addoption
    text = "make a test of every gate of this sweep, by name or file; may be given several times"
    add("--promptsweep", action="append", default=[], metavar="SWEEP", help=text)
    text = "take every reply from a file of `promptsweep record`: no key, no network"
    add("--promptsweep-replay", metavar="FILE", help=text)
    text = "with --promptsweep-replay: send the requests that the file does not hold"
    add("--promptsweep-live-misses", action="store_true", help=text)
    text = "ask again, even where a reply is stored"
    add("--promptsweep-fresh", action="store_true", help=text)
    text = "what a gate is that has too few samples to tell: `fail` (default) or `skip`"
    add("--promptsweep-inconclusive", choices=("fail", "skip"), default="fail", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker, and adds the sweeps to what is collected."""
    config.addinivalue_line("markers", MARKER)
    config.stash[SWEEPS] = frozenset()
    shared = getattr(config, "workerinput", {}).get(_WORKER_KEY)
    if shared is not None:
        config.stash[SHARED] = Path(shared)
    if config.getoption("promptsweep"):
        from promptsweep.pytest_plugin.items import sweep_paths

        paths = sweep_paths(config.getoption("promptsweep"))
        config.stash[SWEEPS] = frozenset(paths)
        config.args += [str(path) for path in paths if str(path) not in config.args]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """For pytest-xdist, in its controller: tells a worker where to share."""
    stash = node.config.stash
    if SHARED not in stash:
        stash[SHARED] = Path(tempfile.mkdtemp(prefix="promptsweep-"))
    node.workerinput[_WORKER_KEY] = str(stash[SHARED])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Removes what the workers shared."""
    if SHARED in config.stash and not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[SHARED], ignore_errors=True)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SweepTests | None:
    """The gates of a sweep that was given with `--promptsweep`."""
    if file_path not in parent.config.stash[SWEEPS]:
        return None
    from promptsweep.pytest_plugin.items import SweepTests

    return SweepTests.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that use the fixture, before `-m` chooses."""
    for item in items:
        if "promptsweep_run" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.promptsweep)


@pytest.fixture(scope="session")
def promptsweep_run(pytestconfig: pytest.Config) -> Iterator[Callable[..., SweepRun]]:
    """`promptsweep_run("runners/ci.yaml").check("accuracy", margin=0.02)`: a sweep run once, and gates on it.

    Takes what `promptsweep.run` does of `models`, `limit` and `fresh`. The same sweep is run once a session.
    """
    from promptsweep.pytest_plugin.fixture import SweepRuns

    runs = SweepRuns(pytestconfig)
    yield runs.run
    runs.close()
