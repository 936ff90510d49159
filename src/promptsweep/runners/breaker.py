"""Ends a run whose every call fails, so that an outage costs minutes and not a night."""

from __future__ import annotations

from promptsweep.errors import ModelError, RequestError, RunFatalError

MOST = 20
"""Failed calls in a row that end the run."""


class Breaker:
    """A circuit breaker for one model in one run. It counts calls that failed after all their retries.

    A refusal of one request (RequestError) says that the endpoint works, and that the fault is that
    request's; but where no call has succeeded yet, it may be every request's, and then it counts too.
    What ends the run by itself (RunFatalError) is not counted.
    Once open it stays open: the run ends, and can be resumed.
    """

    def __init__(self, most: int = MOST):
        self._most = most
        self._failed = 0
        self._succeeded = False
        self._reason: str | None = None

    def succeeded(self) -> None:
        """A call was answered by the model: the count begins anew."""
        self._succeeded, self._failed = True, 0

    def failed(self, error: ModelError) -> None:
        """A call failed for good. Raises RunFatalError when it is one too many in a row."""
        if isinstance(error, RunFatalError) or (isinstance(error, RequestError) and self._succeeded):
            return
        self._failed += 1
        if self._failed >= self._most and self._reason is None:
            self._reason = f"{self._failed} calls in a row failed; the last: {error}"
        self.check()

    def check(self) -> None:
        """To be asked before a call is sent: raises RunFatalError when the breaker is open."""
        if self._reason is not None:
            raise RunFatalError(self._reason)
