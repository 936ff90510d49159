"""What made a run."""

from __future__ import annotations

import contextlib
import platform
import subprocess
from importlib.metadata import version

from promptsweep.types import JSON


def versions() -> dict[str, JSON]:
    """What made a run: versions of promptsweep and Python, and the commit of the workspace."""
    found: dict[str, JSON] = {"promptsweep": version("promptsweep"), "python": platform.python_version()}
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        asked = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
        found["commit"] = asked.stdout.strip()
    return found
