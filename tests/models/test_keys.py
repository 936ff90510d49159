"""Where keys come from."""

from __future__ import annotations

import os

import pytest

from promptsweep.errors import ConfigError
from promptsweep.models.keys import env_file, hide, required, variable


def test_the_env_file_is_read_with_quotes_comments_and_export(workspace):
    (workspace.root / ".env").write_text(
        "# keys\n"
        "PLAIN=abc # a comment\n"
        'export DOUBLE="with # and spaces "\n'
        "SINGLE='x=y'   # more\n"
        "HASH=a#b\n"
        "EMPTY=\n"
        "  SPACED =  value  \n"
        "not a line\n"
    )

    assert env_file(workspace) == {
        "PLAIN": "abc",
        "DOUBLE": "with # and spaces ",
        "SINGLE": "x=y",
        "HASH": "a#b",
        "EMPTY": "",
        "SPACED": "value",
    }


def test_the_environment_wins_over_the_env_file_and_is_left_as_it_is(workspace, monkeypatch):
    (workspace.root / ".env").write_text("ONE_KEY=file\nTWO_KEY=file\n")
    monkeypatch.setenv("ONE_KEY", "environment")

    assert (variable("ONE_KEY", workspace), variable("TWO_KEY", workspace)) == ("environment", "file")
    assert "TWO_KEY" not in os.environ


def test_an_empty_key_counts_as_missing(workspace):
    (workspace.root / ".env").write_text("ONE_KEY=\n")

    with pytest.raises(ConfigError, match="acme needs the environment variable ONE_KEY"):
        required("ONE_KEY", workspace, "acme")


def test_a_key_is_hidden_wherever_it_stands():
    assert hide("key abc is not abc", "abc") == "key [key] is not [key]"
    assert hide("no key", None) == "no key"
