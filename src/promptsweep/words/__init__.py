"""The words that people read: ours in English and by a catalogue in other languages, and those of others."""

from promptsweep.words.catalogue import LANGUAGES, catalogue
from promptsweep.words.saying import say, speaking
from promptsweep.words.visible import visible

__all__ = ["LANGUAGES", "catalogue", "say", "speaking", "visible"]
