"""Names that users give to content from a page: each names a folder or a file, and none leads elsewhere."""

from __future__ import annotations

import keyword
import unicodedata

from promptsweep.errors import ConfigError

LONGEST = 60
"""Characters of a name."""


def plain_name(given: str, kind: str) -> str:
    """The name in the form in which it is stored.

    A name is a word of letters (of any script), digits and underscores that begins with a letter, so that it
    can name a folder, a file and a Python function, and is no path. Raises ConfigError for anything else.
    """
    name = unicodedata.normalize("NFKC", given.strip())
    if not name:
        raise ConfigError(f"the {kind} needs a name")
    if len(name) > LONGEST:
        raise ConfigError(f"the name of the {kind} is longer than {LONGEST} characters")
    if not name.isidentifier() or name.startswith("_") or keyword.iskeyword(name):
        wanted = "letters, digits and underscores, and begin with a letter"
        raise ConfigError(f"the name of a {kind} must be made of {wanted}, not {given.strip()!r}")
    return name
