"""URLs as they may be printed: of files, databases and endpoints alike, without what gives access to them."""

from __future__ import annotations

import re
from pathlib import Path

DATABASES = ("postgresql", "sqlite")
"""Kinds of URLs of which only passwords are secret; of others, a lone name or the query may be one, too."""
HIDDEN = "***"
LONGEST_HARMLESS = 3
"""Characters of a part of a secret that is not looked for in other texts: it would be found everywhere."""

_LOGIN = re.compile(r"(?<=://)(?:[^/@]*|[^@]*:[^@]*)(?:@[^/@]*)*(?=@)")
_QUERY = re.compile(r"(?<=\?).*$", re.DOTALL)
_OPTION = re.compile(r"(?<=[?&])((?:ssl)?password=)([^&]*)", re.IGNORECASE)


def is_url(place: str | Path) -> bool:
    """Whether it is a URL rather than a path."""
    return isinstance(place, str) and "://" in place


def shown(place: str | Path) -> str:
    """A path as it is; a URL without passwords, nor what may be one."""
    text = str(place)
    if not is_url(place):
        return text
    if _is_database(text):
        named = _LOGIN.sub(lambda login: re.sub(":.*", f":{HIDDEN}", login[0], flags=re.DOTALL), text)
        return _OPTION.sub(rf"\1{HIDDEN}", named)
    return _QUERY.sub(HIDDEN, _LOGIN.sub(HIDDEN, text))


def without_secrets(text: str, place: str | Path) -> str:
    """A text, such as an error's, without the secrets of the URL that it is about."""
    for secret in sorted(_secrets(str(place)), key=len, reverse=True):
        text = text.replace(secret, HIDDEN) if len(secret) > LONGEST_HARMLESS else text
    return text


def _is_database(url: str) -> bool:
    return url.partition("://")[0].partition("+")[0] in DATABASES


def _secrets(url: str) -> set[str]:
    logins = _LOGIN.findall(url)
    if _is_database(url):
        passwords = (login.partition(":")[2] for login in logins)
        return {*passwords, *(value for _, value in _OPTION.findall(url))}
    found = {*logins, *_QUERY.findall(url)}
    return found.union(*(re.split("[:=&]", secret) for secret in found))
