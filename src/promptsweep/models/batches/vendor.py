"""Files and batches at an endpoint, through the `openai` package."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from time import monotonic
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

from promptsweep.errors import ModelError, RunFatalError, ServerError
from promptsweep.models import failures
from promptsweep.models.keys import hide
from promptsweep.models.retry import RETRIED

if TYPE_CHECKING:
    from openai import APIError, AsyncOpenAI
    from openai.types import Batch

T = TypeVar("T")
PATIENCE = 3600.0
"""Seconds without an answer after which the run gives up; it can be resumed."""
LONGEST = 60.0
"""Most seconds between two attempts, where the endpoint does not ask for more."""
TOKEN, RUN = "promptsweep_batch", "promptsweep_run"
"""Keys of a batch's metadata."""
CHUNK = 1 << 18


class Vendor:
    """Makes, finds and reads batches. Each method goes on trying while the endpoint fails.

    Raises RunFatalError (or its subclasses) alone: what the endpoint says of a batch holds for all of its
    requests. No error ever holds the key.
    """

    def __init__(self, client: AsyncOpenAI, name: str, key: str | None, *, first: float = 1.0):
        """`first` is how many seconds are waited before a second attempt."""
        self._client, self._name, self._key, self._first = client, name, key, first

    async def upload(self, file: IO[bytes], name: str) -> str:
        """The id of the uploaded file."""

        async def once() -> str:
            file.seek(0)
            upload = (name, file, "application/jsonl")
            return (await self._client.files.create(file=upload, purpose="batch")).id

        return await self._patiently(once)

    async def create(self, file: str, url: str, token: str, run: str) -> str:
        """The id of a batch made of an uploaded file; never two, also where an answer is lost on its way."""
        from openai import RateLimitError

        unsure = False

        async def once() -> str:
            nonlocal unsure
            if unsure and (found := await self._find([token])):
                return found[token]
            unsure = True
            try:
                made = await self._client.batches.create(
                    input_file_id=file,
                    endpoint=cast("Any", url),
                    completion_window="24h",
                    metadata={TOKEN: token, RUN: run},
                )
            except RateLimitError:
                unsure = False
                raise
            return made.id

        return await self._patiently(once)

    async def find(self, tokens: Collection[str]) -> Mapping[str, str]:
        """Token → id of those batches that were made, by their metadata."""
        return await self._patiently(lambda: self._find(tokens))

    async def state(self, batch: str) -> Batch | None:
        """The batch as it is now; None where there is none (any more)."""
        from openai import NotFoundError

        async def once() -> Batch | None:
            try:
                return await self._client.batches.retrieve(batch)
            except NotFoundError:
                return None

        return await self._patiently(once)

    async def cancel(self, batch: str) -> None:
        """Asks the vendor to end the batch; it keeps, and charges, what is finished."""
        state = await self.state(batch)
        if state is not None and state.status in {"validating", "in_progress"}:
            await self._patiently(lambda: self._client.batches.cancel(batch))

    async def download(self, file: str, into: IO[bytes]) -> None:
        """Appends a file's content; nothing where the vendor has removed it."""
        from openai import NotFoundError

        start = into.tell()

        async def once() -> None:
            into.seek(start)
            into.truncate()
            try:
                async with self._client.files.with_streaming_response.content(file) as response:
                    async for chunk in response.iter_bytes(CHUNK):
                        into.write(chunk)
            except NotFoundError:
                return

        await self._patiently(once)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def _find(self, tokens: Collection[str]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        async for batch in self._client.batches.list(limit=100):
            token = (batch.metadata or {}).get(TOKEN, "")
            if token in tokens:
                found[token] = batch.id
                if len(found) == len(tokens):
                    break
        return found

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        began, wait = monotonic(), self._first
        while True:
            error = await _error_of(call)
            if not isinstance(error, ModelError):
                return error
            if not isinstance(error, RETRIED) or monotonic() - began > PATIENCE:
                raise self._fatal(error)
            asked = error.retry_after
            await asyncio.sleep(random.uniform(wait / 2, wait) if asked is None else asked)
            wait = min(LONGEST, 2 * wait)

    def _fatal(self, error: ModelError) -> RunFatalError:
        kind = type(error) if isinstance(error, RunFatalError) else RunFatalError
        return kind(f"{self._name}, batches: {hide(str(error), self._key)}")


async def _error_of(call: Callable[[], Awaitable[T]]) -> T | ModelError:
    """What a call returns, or its error, sorted."""
    import httpx2
    from openai import APIError

    try:
        return await call()
    except APIError as error:
        return _sorted(error)
    except httpx2.HTTPError as error:
        return ServerError(f"the connection failed: {error or type(error).__name__}")


def _sorted(error: APIError) -> ModelError:
    from openai import APIStatusError

    if isinstance(error, APIStatusError):
        response = error.response
        return failures.sort(response.status_code, response.headers, response.content)
    return ServerError(f"the connection failed: {error.__cause__ or error}")
