"""Find out which prompt is really better, by how much, at what cost, and whether a change broke it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promptsweep.api import Run, run
    from promptsweep.metrics import aggregate, metric
    from promptsweep.prompts import Ask, strategy
    from promptsweep.types import Sample, Score

__all__ = ["Ask", "Run", "Sample", "Score", "aggregate", "metric", "run", "strategy"]

_HOMES = {
    "Ask": "promptsweep.prompts",
    "Run": "promptsweep.api",
    "Sample": "promptsweep.types",
    "Score": "promptsweep.types",
    "aggregate": "promptsweep.metrics",
    "metric": "promptsweep.metrics",
    "run": "promptsweep.api",
    "strategy": "promptsweep.prompts",
}


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used, so that `import promptsweep` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'promptsweep' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
