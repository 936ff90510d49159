"""What a batch brought: lines of its output and error files, each sorted as a live call would be."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, cast

import orjson

from promptsweep.errors import ModelError, RequestError, ServerError
from promptsweep.models import failures, replies
from promptsweep.models.batch_terms import Terms
from promptsweep.models.batches.vendor import Vendor
from promptsweep.models.failures import excerpt
from promptsweep.models.replies import Price
from promptsweep.types import JSON, Completion

if TYPE_CHECKING:
    from openai.types import Batch

NOT_BEGUN = {"batch_expired": "the batch expired", "batch_cancelled": "the batch was cancelled"}
"""Codes of requests that the vendor never came to."""


class Results:
    """The lines of an ended batch, kept in a file on disk; memory holds their keys and places."""

    def __init__(self, price: Price, seconds: float, status: str, *, report: bool):
        """`seconds` is what the batch took at the vendor, `status` how it ended there.

        With `report`, that the vendor had no time for a request is its end, and no reason to send it again.
        """
        self._price, self._seconds, self._status, self._report = price, seconds, status, report
        self.file: IO[bytes] = cast("IO[bytes]", tempfile.TemporaryFile())  # noqa: SIM115
        self._places: dict[str, int] = {}
        self._replied: set[str] = set()

    def index(self) -> None:
        """To be called when all is in the file. What is no line of a batch is passed over."""
        self.file.seek(0)
        place = 0
        for line in self.file:
            row = _row(line)
            if row is not None and row["custom_id"] not in self._replied:
                self._places[row["custom_id"]] = place
                if _status(row) == 200:
                    self._replied.add(row["custom_id"])
            place += len(line)

    def outcome(self, key: str) -> Completion | ModelError:
        """The reply to a request, or why there is none."""
        if key not in self._places:
            return self._never_begun(f"batch_{self._status}") or ServerError(
                "the batch's files hold no line for this request"
            )
        self.file.seek(self._places[key])
        row = _row(self.file.readline())
        assert row is not None
        try:
            return self._completion(row)
        except ModelError as error:
            return error

    def mixed(self, keys: Iterable[str]) -> list[str]:
        """The keys, those without a reply spread evenly among the others.

        Error files come as one block, and that is no outage: a circuit breaker counts failures in a row.
        """
        good: list[str] = []
        bad: list[str] = []
        for key in keys:
            (good if key in self._replied else bad).append(key)
        return list(_merged(good, bad))

    def close(self) -> None:
        """Gives the file up."""
        self.file.close()

    def _completion(self, row: Mapping[str, JSON]) -> Completion:
        """The reply of a line; raises the sorted errors."""
        status = _status(row)
        if status is None:
            raise self._unanswered(row.get("error"))
        body = orjson.dumps(row["response"].get("body"))
        if status != 200:
            raise failures.sort(status, {}, body)
        return replies.read(body, self._seconds, self._price)

    def _unanswered(self, error: JSON) -> ModelError:
        """The error of a line that holds no response."""
        detail = error if isinstance(error, Mapping) else {}
        code, message = str(detail.get("code") or ""), excerpt(str(detail.get("message") or ""))
        kind = RequestError if code.startswith("invalid") else ServerError
        return self._never_begun(code) or kind(f"{message} ({code})" if code else message)

    def _never_begun(self, code: str) -> ModelError | None:
        """The error of a request that the vendor did not come to, and charges nothing for."""
        if code not in NOT_BEGUN:
            return None
        message = f"{NOT_BEGUN[code]} before this request was begun"
        if code == "batch_expired" and self._report:
            return RequestError(message)
        return ServerError(message, sent=False)


async def fetched(state: Batch, vendor: Vendor, terms: Terms, price: Price) -> Results:
    """The results of a batch that has ended at the vendor."""
    ended = state.completed_at or state.expired_at or state.cancelled_at or state.created_at
    seconds = float(max(0, ended - state.created_at))
    results = Results(price, seconds, state.status, report=terms.expired == "report")
    for file in filter(None, (state.output_file_id, state.error_file_id)):
        await vendor.download(file, results.file)
        results.file.write(b"\n")
    results.index()
    return results


def _merged(one: list[str], other: list[str]) -> Iterator[str]:
    places = [((index + 0.5) / len(some), key) for some in (one, other) for index, key in enumerate(some)]
    return (key for _, key in sorted(places, key=lambda place: place[0]))


def _row(line: bytes) -> Mapping[str, JSON] | None:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return row if isinstance(row, Mapping) and isinstance(row.get("custom_id"), str) else None


def _status(row: Mapping[str, JSON]) -> int | None:
    response = row.get("response")
    return response.get("status_code") if isinstance(response, Mapping) else None
