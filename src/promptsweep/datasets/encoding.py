"""Opens text that should be UTF-8, and says what it is when it is not."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import BinaryIO

from promptsweep.errors import ConfigError

_HANGUL = re.compile("[가-힣]")


def open_utf8(path: Path) -> BinaryIO:
    """The file as bytes, past a UTF-8 byte order mark. ConfigError where it is missing or UTF-16."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=path) from None
    head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in head:
        file.close()
        raise ConfigError("not UTF-8; it looks like UTF-16: save the file as UTF-8", path=path, line=1)
    file.seek(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0)
    return file


def is_utf8(text: bytes) -> bool:
    """Whether the bytes decode as UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def not_utf8(text: bytes, path: Path, line: int) -> ConfigError:
    """The error for a line that is not UTF-8; Korean text in the Windows code page is recognised."""
    guess = ""
    try:
        if _HANGUL.search(text.decode("cp949")):
            guess = " it looks like CP949 (Korean Windows):"
    except UnicodeDecodeError:
        pass
    return ConfigError(f"not UTF-8;{guess} save the file as UTF-8", path=path, line=line)


def first_not_utf8(path: Path) -> ConfigError:
    """The error for the first line of a file that does not decode as UTF-8."""
    with path.open("rb") as file:
        number, text = next((number, text) for number, text in enumerate(file, 1) if not is_utf8(text))
    return not_utf8(text, path, number)
