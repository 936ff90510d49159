"""The files that `init --ci` writes: which, where, and for which sweep."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from promptsweep.errors import ConfigError, unknown
from promptsweep.workspace import FOLDERS

TEMPLATES = Path(__file__).parent / "scaffold_ci"
TARGETS = {"github": ".github/workflows/prompts.yml", "gitlab": ".gitlab-ci.yml"}
"""Host → where it looks for the file, from the root of the repository."""
INCLUDED = ".gitlab/prompts.yml"
"""Where GitLab's goes in a repository that has its one file already, to be included from there."""
FIRST = "first"
"""The sweep of a new workspace."""
_SAFE = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class CiFile:
    """A file of a CI host, ready to be written."""

    path: Path
    text: str
    sweep: str
    """The sweep that it checks."""
    recording: str
    """Where the recorded replies are expected, relative to the root of the repository."""
    include: str | None = None
    """What to include in the file that the host reads, where this is not it."""


def ci_file(host: str, directory: Path, sweep: str | None) -> CiFile:
    """The file for a host; the workspace at `directory` need not be the root of its repository.

    `sweep` names the sweep to check; None: the only one there is. Raises ConfigError for an unknown host or
    sweep, and where there are several.
    """
    if host not in TARGETS:
        raise ConfigError(unknown("CI host", host, TARGETS))
    root = _repository(directory)
    folder = directory.resolve().relative_to(root).as_posix()
    name = _sweep(directory, sweep)
    recording = (Path(folder) / "reports" / "recordings" / f"{name}.jsonl.zst").as_posix()
    text = (TEMPLATES / f"{host}.yml").read_text(encoding="utf-8")
    quoted = json.dumps(folder, ensure_ascii=False)[1:-1]
    for mark, value in (("__SWEEP__", name), ("__FOLDER__", quoted), ("__RECORDING__", recording)):
        text = text.replace(mark, value)
    include = INCLUDED if host == "gitlab" and (root / TARGETS[host]).exists() else None
    return CiFile(root / (include or TARGETS[host]), text, name, recording, include)


def is_workspace(directory: Path) -> bool:
    """Whether at least two of the four folders are there, as `Workspace.find` asks."""
    return sum((directory / name).is_dir() for name in FOLDERS) >= 2


def _repository(directory: Path) -> Path:
    """The root of the Git repository that holds `directory`; itself where there is none."""
    here = directory.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


def _sweep(directory: Path, wanted: str | None) -> str:
    """The name goes into a shell command and a file's name, so it must be that of a file in runners/."""
    if not is_workspace(directory):
        known = [FIRST]
    else:
        paths = (directory / "runners").glob("*.yaml")
        known = sorted(path.stem for path in paths if path.name != "models.yaml")
    if wanted is None and len(known) == 1:
        wanted = known[0]
    if wanted is None:
        raise ConfigError(f"which sweep is to be checked? --sweep NAME, of: {', '.join(known) or 'none yet'}")
    if wanted not in known:
        raise ConfigError(unknown("sweep", wanted, known))
    if not _SAFE.fullmatch(wanted):
        raise ConfigError(f"sweep {wanted!r} needs a name of letters, digits, `_`, `-` and `.` for CI")
    return wanted
