"""API keys: from the environment or the workspace's `.env`, and kept nowhere else."""

from __future__ import annotations

import os
import re

from promptsweep.config import read_text
from promptsweep.errors import ConfigError
from promptsweep.workspace import Workspace

HIDDEN = "[key]"
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")
_QUOTED = re.compile(r"""(["'])(.*?)\1\s*(?:#.*)?""")


def variable(name: str, workspace: Workspace) -> str | None:
    """An environment variable, else the same name in `.env` at the workspace's root; None when empty."""
    return (os.environ.get(name) or env_file(workspace).get(name) or "").strip() or None


def required(name: str, workspace: Workspace, endpoint: str) -> str:
    """The variable's value; ConfigError that names it where there is none."""
    value = variable(name, workspace)
    if value is None:
        raise ConfigError(f"{endpoint} needs the environment variable {name}; set it or put it into .env")
    return value


def env_file(workspace: Workspace) -> dict[str, str]:
    """The `KEY=VALUE` lines of `.env`: quotes, comments and a leading `export` are understood.

    Lines of any other form are passed over, as other programs read the same file.
    """
    path = workspace.root / ".env"
    if not path.is_file():
        return {}
    found = (_LINE.fullmatch(line) for line in read_text(path).splitlines())
    return {line[1]: _value(line[2]) for line in found if line}


def hide(text: str, key: str | None) -> str:
    """The text without the key, should an endpoint have echoed it."""
    return text.replace(key, HIDDEN) if key else text


def _value(written: str) -> str:
    quoted = _QUOTED.fullmatch(written)
    if quoted:
        return quoted[2]
    return "" if written.startswith("#") else re.split(r"\s+#", written, maxsplit=1)[0]
