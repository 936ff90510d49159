"""Every string that is said is in the catalogue, and the catalogue holds no other."""

from __future__ import annotations

import ast
import string
import tomllib
from collections import Counter
from pathlib import Path

import jinja2
import pytest

import promptsweep
from promptsweep import words
from promptsweep.dashboard import pages
from promptsweep.errors import ConfigError

PACKAGE = Path(promptsweep.__file__).parent
CATALOGUES = Path(words.__file__).parent
OTHERS = [language for language in words.LANGUAGES if language != "en"]


def said():
    """The literals given to `say`, and what pages are called; AssertionError for what is no literal."""
    return {*said_in_code(), *said_in_templates(), *(face.title for face in pages.PAGES.values())}


def said_in_code():
    texts = {path: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    for path, code in texts.items():
        for node in ast.walk(ast.parse(code)) if "say(" in code else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "say":
                text = node.args[0]
                if isinstance(text, ast.Constant):
                    yield text.value
                else:
                    where = f"{path.name}:{node.lineno}"
                    assert ast.unparse(text) == "face.title", f"{where}: not a literal"


def said_in_templates():
    for path in PACKAGE.joinpath("reports", "html", "templates").glob("*.html"):
        tree = jinja2.Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        for node in tree.find_all(jinja2.nodes.Call):
            if isinstance(node.node, jinja2.nodes.Name) and node.node.name == "say":
                text = node.args[0]
                assert isinstance(text, jinja2.nodes.Const), f"{path.name}:{node.lineno}: not a literal"
                yield text.value


def gaps(text):
    """The names in braces."""
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_and_the_code_have_the_same_strings(language):
    found = words.catalogue(language)

    assert set(found) == said()
    assert all(translated.strip() for translated in found.values())


@pytest.mark.parametrize("language", OTHERS)
def test_a_string_stands_in_one_table_of_the_catalogue(language):
    tables = tomllib.loads(CATALOGUES.joinpath(f"{language}.toml").read_text(encoding="utf-8"))

    every = Counter(english for table in tables.values() for english in table)
    assert not [english for english, times in every.items() if times > 1]


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_same_gaps(language):
    for english, translated in words.catalogue(language).items():
        assert gaps(translated) == gaps(english), english


def test_what_is_said_is_english_but_while_another_language_is_spoken():
    with words.speaking("ko"):
        korean = words.say("{count} samples", count="2,000")
        with words.speaking("en"):
            inside = words.say("free")

    assert (korean, inside, words.say("free")) == ("샘플 2,000개", "free", "free")


def test_a_text_that_no_catalogue_has_stays_as_it_is():
    with words.speaking("ko"):
        assert words.say("{name} was never heard of", name="{x}") == "{x} was never heard of"


def test_a_language_that_is_not_ours_is_one_line():
    with pytest.raises(ConfigError, match="unknown language 'kr'"), words.speaking("kr"):
        pass
