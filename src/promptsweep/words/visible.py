"""Text that others wrote, as it may be shown: in a terminal, on a page, in XML."""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def visible(text: str) -> str:
    r"""The text with what cannot be seen, steers a terminal or may not stand in XML as `\x1b`, `\u202e`."""
    return _UNSEEN.sub(lambda match: _written(ord(match[0])), text)


def _written(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
