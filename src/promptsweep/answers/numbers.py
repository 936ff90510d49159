"""Reads a number from a reply, loosely or only where the output contract was kept."""

from __future__ import annotations

import re
from decimal import Decimal

from promptsweep.answers.contract import CONTENT, FLAGS, LEAD
from promptsweep.answers.numerals import NUMERAL, numerals, plain, value_of

_HASHES = r"####(?!#)[ \t*]*+(?=[-−–$€£¥₩]*+\.?\d)(?!\d+[.)][ \t]+\S)"  # not a Markdown heading
_STRICT_CONTRACT = re.compile(rf"(?:{LEAD}|{_HASHES}){CONTENT}", FLAGS)
_CONTRACT = re.compile(rf"(?:{LEAD}|{_HASHES}|\bthe (?:final )?answer is\b:?|\\boxed\{{){CONTENT}", FLAGS)
_CONTRACT_SIGNS = (":", "：", "####", "answer is", "boxed{")  # each contract holds one: a cheap look first
_WRAPPING = " \t\r*_`\"'“”‘’$.。"
_ALONE = re.compile(rf"{NUMERAL}\s?%?(?:\s?[^\W\d_]+(?:[/\s][^\W\d_]+)?)?")


def number(text: str) -> Decimal | None:
    """The number that the text ends up with; None where there is none.

    The last contract with a number in it decides (`#### 18`, `Answer: 18`, `the answer is 18`,
    `정답: 18`, a boxed formula): its first number, or the first after its last `=`. Without a contract it
    is the last number in the text. Currency signs, units and thousands separators are left out, 25% is 25.
    """
    text = plain(text)
    for content in reversed(_contents(text)):
        first = next(numerals(content.rpartition("=")[2]), None)
        if first is not None:
            return value_of(first)
    everything = list(numerals(text))
    return value_of(everything[-1]) if everything else None


def _contents(text: str) -> list[str]:
    lowered = text.lower()
    return _CONTRACT.findall(text) if any(sign in lowered for sign in _CONTRACT_SIGNS) else []


def strict_number(text: str) -> Decimal | None:
    """The number that is the whole content of the last contract line; None where anything else is there.

    A currency, a percent sign, a unit of one or two words and a final full stop are allowed around it.
    """
    found = _STRICT_CONTRACT.findall(plain(text))
    if not found:
        return None
    content = found[-1].rstrip(_WRAPPING).lstrip(" \t*_`\"'“‘")
    alone = _ALONE.fullmatch(content)
    return None if alone is None else value_of(alone)


def same_number(left: str | Decimal, right: str | Decimal) -> bool:
    """True where both are, or hold, numbers of the same value: 7, `7.0` and `$7` are the same."""
    one = number(left) if isinstance(left, str) else left
    other = number(right) if isinstance(right, str) else right
    return one is not None and other is not None and one == other


def canonical_number(value: Decimal) -> str:
    """The one way to write a value: no exponent, no separators, no trailing zeros, no minus zero."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
