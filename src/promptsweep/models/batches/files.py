"""Requests as files that a vendor takes."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from promptsweep.models.batch_terms import Terms
from promptsweep.types import Request

MEGABYTE = 10**6


def line_of(request: Request, terms: Terms) -> bytes:
    """A request as a line of a batch's file; its key is the `custom_id`."""
    body = {"model": request.model, "messages": request.messages, **request.params}
    row = {"custom_id": request.key, "method": "POST", "url": terms.url, "body": body}
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def parts_of(requests: Iterable[Request], most: int, terms: Terms) -> list[list[str]]:
    """The requests' keys, in parts of at most `most` requests that the vendor takes as one file each."""
    parts: list[list[str]] = []
    room = 0.0
    for request in requests:
        size = len(line_of(request, terms))
        if not parts or len(parts[-1]) >= most or size > room:
            parts.append([])
            room = terms.megabytes * MEGABYTE
        parts[-1].append(request.key)
        room -= size
    return parts
