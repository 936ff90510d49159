"""Models: `chat(Request) → Completion` for endpoints, embedded models and recordings."""

from __future__ import annotations

from promptsweep.models.base import Model, Recalling
from promptsweep.models.loading import load

__all__ = ["Model", "Recalling", "load"]
