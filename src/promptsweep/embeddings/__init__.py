"""Texts as vectors: the local encoder, how vectors are written down, and how alike they are."""

from promptsweep.embeddings.minilm import NAME, MiniLM, minilm, signature
from promptsweep.embeddings.vectors import PATH, decoded, embeds, encoded, shown, unit

__all__ = ["NAME", "PATH", "MiniLM", "decoded", "embeds", "encoded", "minilm", "shown", "signature", "unit"]
