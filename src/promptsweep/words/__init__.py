"""The words that people read: English in the code, other languages in one catalogue beside it."""

from promptsweep.words.catalogue import LANGUAGES, catalogue
from promptsweep.words.saying import say, speaking

__all__ = ["LANGUAGES", "catalogue", "say", "speaking"]
