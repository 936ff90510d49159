"""What is installed, what is found, which keys are set. Shows no key."""

from __future__ import annotations

import contextlib
import platform
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, version

from promptsweep.api.endpoints import endpoints
from promptsweep.cli.output import emit
from promptsweep.cli.views.counts import compact
from promptsweep.errors import PromptsweepError
from promptsweep.reports import open_store
from promptsweep.reports.cache import cache_stats
from promptsweep.reports.schema import VERSION
from promptsweep.workspace import FOLDERS, Workspace

PACKAGE = "promptsweep"
_EXTRA = re.compile(r"""extra == ['"]([\w-]+)['"]""")
_NAME = re.compile(r"[\w.-]+")


def print_health(workspace: Workspace, store: str | None) -> None:
    """Prints everything that decides whether a sweep can run here."""
    emit(f"Python {platform.python_version()}, {PACKAGE} {version(PACKAGE)}, {platform.platform()}", "")
    emit("extras", *_extras(), "")
    folders = ", ".join(folder for folder in FOLDERS if (workspace.root / folder).is_dir())
    emit(f"workspace  {workspace.root} ({folders or 'empty: promptsweep init fills it'})")
    emit(f"store      {_store(workspace, store)}", "")
    try:
        states = list(endpoints(workspace))
    except PromptsweepError as error:
        emit(f"endpoints  error: {error}")
        return
    width = max(len(one.name) for one in states)
    emit("endpoints", *(f"  {one.name:<{width}}  {one.state}  {one.url}" for one in states))


def _extras() -> Iterator[str]:
    """A line for each extra: its packages' versions, or the command that installs it."""
    for extra, packages in _packages_of_extras().items():
        installed = [f"{name} {found}" for name in packages if (found := _version(name))]
        if len(installed) == len(packages):
            yield f"  {extra:<10} {', '.join(installed)}"
        else:
            yield f"  {extra:<10} not installed: pip install '{PACKAGE}[{extra}]'"


def _packages_of_extras() -> dict[str, list[str]]:
    """Extra → its packages, as this installation's metadata says; without the one for development."""
    found: dict[str, list[str]] = {}
    for requirement in metadata(PACKAGE).get_all("Requires-Dist") or []:
        extra, name = _EXTRA.search(requirement), _NAME.match(requirement)
        if extra and name and extra[1] != "dev":
            found.setdefault(extra[1], []).append(name[0])
    return found


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _store(workspace: Workspace, url: str | None) -> str:
    """Where the store is and what it holds, or what is wrong with it."""
    try:
        with contextlib.closing(open_store(workspace, url, create=False)) as store:
            stats = cache_stats(store)
            size = f"{stats.responses:,} stored replies, {compact(stats.text_bytes)}B of text"
            return f"{store.url} (schema {VERSION}, {size})"
    except PromptsweepError as error:
        return str(error)
