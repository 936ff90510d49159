"""Every string of the interface is in the catalogue, and the catalogue holds no other."""

from __future__ import annotations

import ast
import string
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from promptsweep.dashboard import pages, words

PACKAGE = Path(words.__file__).parent
OTHERS = [language for language in words.LANGUAGES if language != "en"]


def said_in_code():
    """The literals given to `say`, and what pages are called; AssertionError for what is no literal."""
    found = {face.title for face in pages.PAGES.values()}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "say":
                text = node.args[0]
                if isinstance(text, ast.Constant):
                    found.add(text.value)
                else:
                    where = f"{path.name}:{node.lineno}"
                    assert ast.unparse(text) == "face.title", f"{where}: not a literal"
    return found


def gaps(text):
    """The names in braces."""
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_and_the_code_have_the_same_strings(language):
    said = words.catalogue(language)

    assert set(said) == said_in_code()
    assert all(translated.strip() for translated in said.values())


@pytest.mark.parametrize("language", OTHERS)
def test_a_string_stands_in_one_table_of_the_catalogue(language):
    tables = tomllib.loads((PACKAGE / "languages" / f"{language}.toml").read_text(encoding="utf-8"))

    every = Counter(english for table in tables.values() for english in table)
    assert not [english for english, times in every.items() if times > 1]


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_same_gaps(language):
    for english, translated in words.catalogue(language).items():
        assert gaps(translated) == gaps(english), english
