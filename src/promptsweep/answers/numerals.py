"""Numbers as people and models write them: separators, currencies, fractions, powers, Korean units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, DecimalException

_INTEGER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,2}(?:,\d{2})+,\d{3}(?!\d)|\d+)"
_DECIMAL = rf"(?>{_INTEGER}(?:\.\d+)?|(?<![\w.])\.\d+)"
_POWER = r"(?P<power>[eE][+-]?\d{1,3}(?!\w)|\s?[×x*·]\s?10(?:\^|\*\*)\{?[-−]?\d{1,3}(?!\d)\}?)?"
_FRACTION = rf"(?<!/)(?:(?P<whole>\d{{1,4}})\s)?(?P<top>{_DECIMAL})\s?/\s?(?P<bottom>{_DECIMAL})(?!\s?/\s?\d)"
_COUNTER = "원|명|개|권|대|마리|장|번|톤|킬로|미터|그루|병|잔|송이|달러|입니다|이다|이에요|여"
_KOREAN_UNIT = rf"[십백천만억]++(?:(?![가-힣])|(?={_COUNTER}))"
_KOREAN = rf"(?P<korean>(?:{_DECIMAL}\s?{_KOREAN_UNIT}\s?)+(?:{_DECIMAL})?)"
_SIGN = r"(?P<sign>(?<![\w.)\]%−–-])[-−–](?=[$€£¥₩]?\.?\d))?"

NUMERAL = rf"{_SIGN}(?:[$€£¥₩]\s?)?(?<![A-Za-z\d])(?:{_KOREAN}|{_FRACTION}|(?P<decimal>{_DECIMAL}){_POWER})"
"""Pattern of one number with its sign and currency, for `value_of`."""

_NUMERAL = re.compile(r"(?=[-−–$€£¥₩.\d])" + NUMERAL)
_LATEX_FRACTION = re.compile(r"\\[dt]?frac\{(\d+)\}\{(\d+)\}")
_KOREAN_PARTS = re.compile(rf"({_DECIMAL})|([십백천만억])")
_SMALL = {"십": 10, "백": 100, "천": 1_000}
_LARGE = {"만": 10_000, "억": 100_000_000}


def plain(text: str) -> str:
    r"""The text with the LaTeX of numbers written out: `\frac{3}{4}` is 3/4, `1{,}000` is 1,000."""
    if "\\" not in text and "{" not in text:
        return text
    return _LATEX_FRACTION.sub(r"\1/\2", text).replace("{,}", ",").replace("\\times", "×").replace("\\$", "$")


def numerals(text: str) -> Iterator[re.Match[str]]:
    """Every number in the text, left to right; a minus between two numbers is a subtraction, not a sign."""
    return _NUMERAL.finditer(text)


def value_of(numeral: re.Match[str]) -> Decimal | None:
    """The value of a match of `NUMERAL`, percents as written (25% is 25); None for 1/0."""
    try:
        value = _magnitude(numeral)
    except DecimalException:
        return None
    return value.copy_negate() if numeral["sign"] else value


def _magnitude(numeral: re.Match[str]) -> Decimal:
    if numeral["korean"]:
        return _korean(numeral["korean"])
    if numeral["decimal"]:
        return Decimal(_digits(numeral["decimal"]) + _exponent(numeral["power"]))
    top, bottom = Decimal(_digits(numeral["top"])), Decimal(_digits(numeral["bottom"]))
    mixed = numeral["whole"] and top < bottom
    return (Decimal(numeral["whole"]) if mixed else Decimal(0)) + top / bottom


def _digits(text: str) -> str:
    return text.replace(",", "")


def _exponent(power: str | None) -> str:
    """`E6` for each of `e6`, `e+6` and `× 10^6`."""
    if not power:
        return ""
    if power[0] in "eE":
        return power
    return "E" + re.split(r"\^|\*\*", power)[-1].strip("{}").replace("−", "-")


def _korean(text: str) -> Decimal:
    """3만 5천 is 35,000; 2천만 is 20,000,000; 1억 2,000만 is 120,000,000."""
    total, section, pending = Decimal(0), Decimal(0), Decimal(0)
    for digits, unit in _KOREAN_PARTS.findall(text):
        if digits:
            pending = Decimal(_digits(digits))
        elif unit in _SMALL:
            section, pending = section + (pending or 1) * _SMALL[unit], Decimal(0)
        else:
            total += (section + pending or 1) * _LARGE[unit]
            section = pending = Decimal(0)
    return total + section + pending
