"""Vectors that metrics need of a model which is not in this process: asked for before, and found here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from promptsweep.embeddings.encoder import NAME, minilm
from promptsweep.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Known = Mapping[tuple[str, str], Any]
"""Embedder and text → vector."""
_KNOWN: ContextVar[Known] = ContextVar("known")


@contextlib.contextmanager
def knowing(known: Known) -> Iterator[None]:
    """Within it (in this task alone, and in threads that it starts) `vectors_of` finds these vectors."""
    token = _KNOWN.set(known)
    try:
        yield
    finally:
        _KNOWN.reset(token)


def vectors_of(embedder: str, texts: Sequence[str]) -> NDArray[Any]:
    """One unit vector a text: of the encoder in this process, or of those that are known.

    Raises ConfigError where an endpoint would have to be asked: that happens while a run goes on only.
    """
    import numpy as np

    if embedder == NAME:
        return minilm().vectors(texts)
    known = _KNOWN.get({})
    if any((embedder, text) not in known for text in texts):
        raise ConfigError(
            f"{embedder} is asked for vectors while a run goes on. Answers that are there already are scored "
            f"with {NAME}"
        )
    return np.stack([known[embedder, text] for text in texts])
