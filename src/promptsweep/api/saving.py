"""An edited strategy, saved under a name of its own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from promptsweep.api.naming import plain_name
from promptsweep.api.trying import stored
from promptsweep.errors import ConfigError
from promptsweep.prompts import Templates, load
from promptsweep.prompts.strategies import COMMON
from promptsweep.prompts.templates import TEMPLATE
from promptsweep.workspace import Workspace

CODE = "strategy.py"
SHARED = '''"""The calls of {base}, over the templates of this folder."""

from {module} import {base} as {name}

__all__ = ["{name}"]
'''


def save_strategy(name: str, base: str, edits: Mapping[str, str], workspace: Workspace) -> Path:
    """Saves the strategy `base` with edited templates (stage → text) as `prompts/<name>/` in the workspace.

    Everything else in its folder is copied. A strategy of several calls gets a `strategy.py` by which the new
    name means the same function: imported where promptsweep ships it, else the user's own code and a line.
    Returns the folder. Raises ConfigError for a bad name and for one that is taken: nothing is overwritten.
    """
    name = plain_name(name, "strategy")
    if name in COMMON or workspace.locate("prompts", name) is not None:
        raise ConfigError(f"there is a folder prompts/{name} already; choose another name")
    texts = {**stored(base, workspace).templates, **edits}
    folder = workspace.root / "prompts" / name
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise ConfigError(f"cannot be made: {error.strerror}", path=folder) from None
    try:
        _fill(folder, base, texts, workspace)
        load(name, Templates(workspace.roots), workspace)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise ConfigError(f"cannot be written: {error.strerror}", path=folder) from None
        raise
    return folder


def _fill(folder: Path, base: str, texts: Mapping[str, str], workspace: Workspace) -> None:
    name, ignored = folder.name, shutil.ignore_patterns("__pycache__", "*.pyc")
    for root in reversed(workspace.roots):
        source = root / "prompts" / base
        if source.is_dir():
            shutil.copytree(source, folder, ignore=ignored, dirs_exist_ok=True)
    for stage, text in texts.items():
        (folder / f"{stage}{TEMPLATE}").write_bytes(_moved(text, base, name).encode())
    code = _code(name, base, workspace)
    if code is not None:
        (folder / CODE).write_bytes(code.encode())


def _moved(text: str, base: str, name: str) -> str:
    """The text, in which `{% include "base/part.j2" %}` and the like mean the copy, which may be edited."""

    def within(tag: re.Match[str]) -> str:
        return re.sub(rf"""(["']){re.escape(base)}/""", rf"\g<1>{name}/", tag[0])

    return re.sub(r"\{%.*?%\}", within, text, flags=re.DOTALL)


def _code(name: str, base: str, workspace: Workspace) -> str | None:
    """What makes the new name mean the function of `base`; None for a strategy without one."""
    own = workspace.root / "prompts" / base / CODE
    if own.exists():
        return f"{own.read_text(encoding='utf-8').rstrip()}\n\n\n{name} = {base}\n"
    found = load(base, Templates(workspace.roots), workspace)
    if found.single_call:
        return None
    return SHARED.format(name=name, base=base, module=found.function.__module__)
