"""The forward pass of BERT (Devlin et al. 2019) in numpy: for a small model, a gigabyte of framework less."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

HEADS = 12
EPSILON = 1e-12
"""Of the layer norms, as the model was trained."""


class Bert:
    """An encoder with the weights of a `model.safetensors`; no dropout and no pooler."""

    def __init__(self, weights: Mapping[str, Array]):
        self._weights = weights
        self._layers = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder."))

    def __call__(self, ids: Array, mask: Array) -> Array:
        """The last hidden state (texts × tokens × size) of token ids; `mask` is 0 where a text is padded."""
        import numpy as np

        places = np.arange(ids.shape[1])
        word, place, kind = (
            self._weights[f"embeddings.{name}_embeddings.weight"][at]
            for name, at in (("word", ids), ("position", places), ("token_type", np.zeros_like(ids)))
        )
        hidden = self._normed(word + place + kind, "embeddings.LayerNorm")
        ignored = np.where(mask, np.float32(0), np.float32(-1e9))[:, None, None, :]
        for layer in range(self._layers):
            hidden = self._layer(hidden, ignored, f"encoder.layer.{layer}")
        return hidden

    def _layer(self, hidden: Array, ignored: Array, at: str) -> Array:
        attended = self._dense(
            self._attention(hidden, ignored, f"{at}.attention.self"), f"{at}.attention.output.dense"
        )
        hidden = self._normed(hidden + attended, f"{at}.attention.output.LayerNorm")
        inner = _gelu(self._dense(hidden, f"{at}.intermediate.dense"))
        return self._normed(hidden + self._dense(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")

    def _attention(self, hidden: Array, ignored: Array, at: str) -> Array:
        texts, tokens, size = hidden.shape
        query, key, value = (
            self._dense(hidden, f"{at}.{part}").reshape(texts, tokens, HEADS, -1).swapaxes(1, 2)
            for part in ("query", "key", "value")
        )
        closeness = _softmax(query @ key.swapaxes(2, 3) / math.sqrt(size // HEADS) + ignored)
        return (closeness @ value).swapaxes(1, 2).reshape(texts, tokens, size)

    def _dense(self, hidden: Array, at: str) -> Array:
        return hidden @ self._weights[f"{at}.weight"].T + self._weights[f"{at}.bias"]

    def _normed(self, hidden: Array, at: str) -> Array:
        import numpy as np

        centred = hidden - hidden.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
        return np.asarray(centred / spread * self._weights[f"{at}.weight"] + self._weights[f"{at}.bias"])


def _gelu(hidden: Array) -> Array:
    import numpy as np
    from scipy.special import erf

    return np.asarray(hidden * (1 + erf(hidden / math.sqrt(2))) / 2)


def _softmax(scores: Array) -> Array:
    import numpy as np

    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
