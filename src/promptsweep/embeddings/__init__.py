"""Texts as vectors: the local encoder, how vectors are written down, and how alike they are."""

from promptsweep.embeddings.encoder import NAME, MiniLM, minilm, signature
from promptsweep.embeddings.known import knowing, vectors_of
from promptsweep.embeddings.vectors import PATH, brief, decoded, embeds, encoded, shown, unit

__all__ = [
    "NAME",
    "PATH",
    "MiniLM",
    "brief",
    "decoded",
    "embeds",
    "encoded",
    "knowing",
    "minilm",
    "shown",
    "signature",
    "unit",
    "vectors_of",
]
