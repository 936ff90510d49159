"""Vectors as text, so that they are stored, recorded and replayed as any other reply of a model is."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptsweep.types import Message, Request

if TYPE_CHECKING:
    from numpy.typing import NDArray

PREFIX = "vectors:"
PATH = "/embeddings"
"""How the base URL of every request for vectors ends."""


def embeds(base_url: str) -> bool:
    """Whether what is asked for there is vectors."""
    return base_url.endswith(PATH)


def encoded(vectors: NDArray[Any]) -> str:
    """`vectors:<texts>:<size>:<base64 of little-endian float32>`."""
    import numpy as np

    count, size = vectors.shape
    return f"{PREFIX}{count}:{size}:{base64.b64encode(np.asarray(vectors, '<f4').tobytes()).decode()}"


def decoded(text: str) -> NDArray[Any]:
    """The vectors of `encoded`, one a row."""
    import numpy as np

    count, size, numbers = text.removeprefix(PREFIX).split(":", 2)
    return np.frombuffer(base64.b64decode(numbers), "<f4").reshape(int(count), int(size))


def shown(text: str) -> str:
    """A reply as people are shown it: how many vectors there are in place of their numbers."""
    if not text.startswith(PREFIX) or text.count(":") != 3:
        return text
    _, count, size, _ = text.split(":")
    return f"({count} {'vector' if count == '1' else 'vectors'} of {size} numbers)"


def brief(request: Request) -> Request:
    """A request as people are shown it: of many texts to embed the first, and how many more there are."""
    if not embeds(request.base_url) or len(request.messages) < 2:
        return request
    more = Message("user", f"(and {len(request.messages) - 1} more)")
    return replace(request, messages=(request.messages[0], more))


def unit(vectors: NDArray[Any]) -> NDArray[Any]:
    """The vectors with length 1, so that products are cosines; a zero vector stays one."""
    import numpy as np

    exact = np.asarray(vectors, np.float64)  # squares of small float32 vanish
    lengths = np.linalg.norm(exact, axis=-1, keepdims=True)
    return np.asarray(exact / np.where(lengths > 0, lengths, 1), np.float32)
