"""What of a URL may be printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptsweep.urls import shown, without_secrets


@pytest.mark.parametrize(
    ("place", "printed"),
    [
        ("postgresql://me:secret@db/x", "postgresql://me:***@db/x"),
        ("postgresql+psycopg://me:secret@db:5432/x", "postgresql+psycopg://me:***@db:5432/x"),
        ("postgresql://me:se/cr:et@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me:se@cr@et@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me@db/x?password=secret", "postgresql://me@db/x?password=***"),
        (
            "postgresql://me@db/x?patience=5&sslpassword=a/b@c&timeout=1",
            "postgresql://me@db/x?patience=5&sslpassword=***&timeout=1",
        ),
        ("postgresql://me:secret@db:port/x", "postgresql://me:***@db:port/x"),
        ("postgresql://나:비밀@db/x", "postgresql://나:***@db/x"),
        ("postgresql://db/x", "postgresql://db/x"),
        ("sqlite:///a.db?timeout=5", "sqlite:///a.db?timeout=5"),
        ("s3://bucket/a@b/c", "s3://bucket/a@b/c"),
        ("ftp://me:pa/ss@host/x", "ftp://***@host/x"),
        ("ftp://me:pa@ss@host/x", "ftp://***@host/x"),
        ("https://token@host/v1", "https://***@host/v1"),
        ("https://host/x?sig=1&b=2", "https://host/x?***"),
        ("reports/a?b@c", "reports/a?b@c"),
        (Path("reports/a.db"), "reports/a.db"),
    ],
)
def test_a_place_is_shown_without_its_secrets(place, printed):
    assert shown(place) == printed


@pytest.mark.parametrize(
    ("place", "text", "told"),
    [
        ("postgresql://me:secret@db/x", "no secret for me", "no *** for me"),
        ("postgresql://me@db/x?password=secret", "bad password=secret", "bad password=***"),
        ("ftp://me:secret@host/x", "530 me:secret, secret", "530 ***, ***"),
        ("https://host/x?sig=abcdef", "403 for sig=abcdef or abcdef", "403 for *** or ***"),
        ("reports/a.db", "locked", "locked"),
    ],
)
def test_an_error_is_told_without_the_secrets_of_its_url(place, text, told):
    assert without_secrets(text, place) == told
