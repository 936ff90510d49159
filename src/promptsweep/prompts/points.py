"""Numbered lists in replies: what a skeleton is made of."""

from __future__ import annotations

import re

_POINT = re.compile(r"^\s*(?:[-*]\s*)?(?:\*\*)?(\d{1,3})[.)](?!\d)(?:\*\*)?[ \t]*(\S.*?)\s*$", re.MULTILINE)


def numbered_points(text: str) -> list[tuple[int, str]]:
    r"""The points of a numbered list, as (number, text to the end of the line), in order of appearance.

    A number that comes twice counts once, the first time; decimals (`3.5 kg`) are no points.

    >>> numbered_points("1. Breathe\n2. Walk 3.5 km\n2. Again")
    [(1, 'Breathe'), (2, 'Walk 3.5 km')]
    """
    points: dict[int, str] = {}
    for number, point in _POINT.findall(text):
        points.setdefault(int(number), point.strip("* "))
    return list(points.items())
