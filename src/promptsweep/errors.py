"""Every error a user can meet: one clear line, and the exit code of the command that met it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What a command's exit code means; the same for every command."""

    OK = 0
    GATE_FAILED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INCOMPLETE = 4
    INTERRUPTED = 130


class PromptsweepError(Exception):
    """Base of all errors that are shown to the user as one line and never as a traceback."""

    exit_code = ExitCode.USAGE


class ConfigError(PromptsweepError):
    """Something the user wrote is wrong; carries the file and the line (1-based) where known."""

    others: tuple[ConfigError, ...] = ()
    """More that is wrong in the same file, where that is known."""

    def __init__(self, message: str, *, path: Path | str | None = None, line: int | None = None):
        self.message, self.path, self.line = message, path, line
        where = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(where + message)


class NotComparableError(PromptsweepError):
    """Two things share no sample or no metric, so no comparison of them means anything."""

    exit_code = ExitCode.INCONCLUSIVE


class IncompleteError(PromptsweepError):
    """The work stopped early (errors, quota, disk). What was done is saved."""

    exit_code = ExitCode.INCOMPLETE


class MissingExtraError(ConfigError):
    """An optional dependency is needed; the message is the command that installs it."""

    def __init__(self, feature: str, extra: str):
        super().__init__(f"{feature} needs an extra package: pip install 'promptsweep[{extra}]'")


class ModelError(PromptsweepError):
    """A model call failed. The subclasses say who is at fault and so what happens next."""

    exit_code = ExitCode.INCOMPLETE


class RateLimitError(ModelError):
    """The endpoint asks for patience (429): retried. `retry_after` is in seconds, None if unsaid."""

    def __init__(self, message: str, retry_after: float | None = None):
        super().__init__(message)
        self.retry_after = retry_after


class ServerError(ModelError):
    """The endpoint or the network failed (5xx, 408, 409, reset, timeout, unreadable body): retried.

    `overloaded` says that the endpoint asks for less (503, 529), `retry_after` how many seconds it wants to
    be left alone (None if unsaid), `sent` whether the request can have reached it.
    """

    def __init__(
        self, message: str, retry_after: float | None = None, *, overloaded: bool = False, sent: bool = True
    ):
        super().__init__(message)
        self.retry_after, self.overloaded, self.sent = retry_after, overloaded, sent


class RequestError(ModelError):
    """The endpoint refuses this one request (400, context too long): this sample only, no retry."""


class RunFatalError(ModelError):
    """No further request can succeed (key, unknown model, quota): the run stops and stays resumable."""


class AuthenticationError(RunFatalError):
    """The endpoint rejects the key (401, 403)."""


class QuotaError(RunFatalError):
    """The account has no credit left (429 `insufficient_quota`)."""


class BudgetReached(RunFatalError):  # noqa: N818  nothing is broken: the run did what it was told
    """The next request could exceed the run's budget, so it was not sent."""


class LeftRunningError(RunFatalError):
    """Nobody waits for the reply any more, but the vendor is at work on it: a resumed run picks it up."""


class ReplayMissError(RequestError):
    """A recording holds no reply for this request. `explain` finds the nearest it holds; that takes time."""

    def __init__(self, message: str, explain: Callable[[], str] | None = None):
        super().__init__(message)
        self.explain = explain


def unknown(kind: str, name: object, known: Iterable[str]) -> str:
    """One line for a name that does not exist, with the nearest that does.

    >>> unknown("metric", "exact_mach", ["accuracy", "exact_match"])
    "unknown metric 'exact_mach'. Did you mean 'exact_match'? Known: accuracy, exact_match"
    """
    names = sorted(known)
    near = [one for one in names if one.casefold() == str(name).casefold()]
    near = near or difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return f"unknown {kind} {name!r}.{hint} Known: {shown or 'none'}"
