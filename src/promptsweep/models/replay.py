"""`replay:<file>`: recorded replies and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from promptsweep.errors import ConfigError, ReplayMissError, unknown
from promptsweep.models import tokens
from promptsweep.models.forms import RequestForm
from promptsweep.models.limits import steady
from promptsweep.models.misses import nearest
from promptsweep.models.recording import Recorded, Recording, address
from promptsweep.models.retry import Retries
from promptsweep.types import JSON, Completion, Message, Request, Usage, digest


class ReplayModel:
    """Answers from a file, by the exact content of the messages.

    Several lines with the same messages are its successive draws, unless they name their `draw`.
    `replay:<file>#<model>` takes the lines of one model, which is needed where a file names several.
    """

    concurrency = 64
    notice: str | None = None

    def __init__(self, name: str, path: Path, model: str | None = None):
        self.name = name
        self.limiter, self.retries = steady(self.concurrency), Retries()
        self._recording = Recording.read(path)
        self._model = _choose(self._recording, model)
        self.digest = digest(self._recording.digest, self._model)
        self.form = RequestForm(
            model=self._model or path.stem, base_url=f"replay:{self._recording.digest[:12]}"
        )

    def __repr__(self) -> str:
        return f"ReplayModel({self.name!r})"

    def check(self, given: Mapping[str, JSON]) -> None:
        """Raises ConfigError for what no model takes."""
        self.form.check(given, self.name)

    def request(self, messages: tuple[Message, ...], given: Mapping[str, JSON], draw: int) -> Request:
        """The request to look up."""
        return self.form.request(messages, given, draw)

    async def chat(self, request: Request) -> Completion:
        """The recorded reply; ReplayMissError that says what the file holds instead."""
        same = self._recording.replies.get(address(request.messages), ())
        fitting = [recorded for recorded in same if self._fits(recorded, request)]
        found = _of_draw(fitting, request.draw)
        if found is not None:
            return Completion(found.completion, cost=0.0)
        raise ReplayMissError(f"{self._recording.path}: {self._explain(request, same, fitting)}")

    def _fits(self, recorded: Recorded, request: Request) -> bool:
        """Whether the recorded model and parameters, as far as they are recorded, are those asked for."""
        return self._model in (None, recorded.model or self._model) and not _differing(recorded, request)

    def _explain(self, request: Request, same: Sequence[Recorded], fitting: Sequence[Recorded]) -> str:
        if not same:
            return f"no reply is recorded for this prompt. {nearest(request.messages, self._recording)}"
        if fitting:
            return f"draw {request.draw + 1} is asked for, replies recorded for this prompt: {len(fitting)}"
        first = same[0]
        if self._model and first.model not in (None, self._model):
            return f"line {first.line} has this prompt for model {first.model!r}, not for {self._model!r}"
        return f"line {first.line} has this prompt with other parameters: {_differing(first, request)}"

    def count_tokens(self, text: str) -> int:
        """An estimate."""
        return tokens.count(text, self._model or "")

    def price(self, usage: Usage) -> float:  # noqa: ARG002
        """Nothing: it was paid when it was recorded."""
        return 0.0

    async def close(self) -> None:
        """Nothing to free."""


def _of_draw(fitting: Sequence[Recorded], draw: int) -> Recorded | None:
    """The line that names this draw; the one at this place where none names any."""
    if all(recorded.draw is None for recorded in fitting):
        return fitting[draw] if draw < len(fitting) else None
    return next((recorded for recorded in fitting if recorded.draw == draw), None)


def _choose(recording: Recording, wanted: str | None) -> str | None:
    known = recording.models
    if wanted is None and len(known) > 1:
        path = recording.path
        raise ConfigError(f"holds replies of several models; name one: replay:{path}#{known[0]}", path=path)
    if wanted is not None and wanted not in known:
        raise ConfigError(unknown("model", wanted, known), path=recording.path)
    return wanted or next(iter(known), None)


def _differing(recorded: Recorded, request: Request) -> str:
    """The recorded parameters that the request does not share: `temperature 0 recorded, 0.7 asked for`."""
    return "; ".join(
        f"{name} {value!r} recorded, {request.params.get(name, 'nothing')!r} asked for"
        for name, value in recorded.params.items()
        if request.params.get(name) != value
    )
