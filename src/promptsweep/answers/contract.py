"""The output contract: a line such as `Answer: X`, by which a prompt asks for an answer that can be read."""

from __future__ import annotations

import re

_MARKUP = r"""[ \t>#*_`"'“‘(\[-]*+"""
_KEYWORD = r"(?:(?:the\s+)?(?:final\s+|correct\s+)?answer|label|a|(?:최종\s?)?(?:정답|답변|답))"

LEAD = rf"(?:^|(?<=[.!?。]\s)){_MARKUP}{_KEYWORD}[ \t*_`]*+[:：]"
"""Pattern of what opens a contract, at the start of a line or of a sentence. Use with `FLAGS`."""

CONTENT = r"[ \t*_`]*+(?=\s*+(\S.*))"
"""Pattern of what a contract holds, to the end of the line, or the next line where that has words."""

FLAGS = re.IGNORECASE | re.MULTILINE

_CONTRACT = re.compile(LEAD + CONTENT, FLAGS)


def contents(text: str) -> list[str]:
    r"""What each contract line in the text holds, in order of appearance; empty contracts are left out.

    >>> contents("Answer: no\n**Final answer:** yes")
    ['no', 'yes']
    """
    if ":" not in text and "：" not in text:
        return []
    return [content.rstrip(" \t\r*`") for content in _CONTRACT.findall(text)]
