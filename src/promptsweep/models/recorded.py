"""Models that a recording stands in for: the same names, digests and requests, and no key or network."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from promptsweep.embeddings import embeds
from promptsweep.errors import ConfigError, ReplayMissError, RunFatalError, unknown
from promptsweep.models import tokens
from promptsweep.models.base import Model
from promptsweep.models.forms import RequestForm
from promptsweep.models.keyed import KeyedRecording
from promptsweep.models.limits import Limiter, steady
from promptsweep.models.misses import nearest_request
from promptsweep.models.retry import Retries
from promptsweep.types import JSON, Completion, Message, Request, Usage, digest
from promptsweep.urls import shown

Live = Callable[[str], Model]
"""The real model of a name; raises ConfigError where its key or its package is missing."""
Edited = Callable[[str, RequestForm], RequestForm]
"""A model's name and recorded form → its form today."""


def recorded_models(
    path: Path, names: Iterable[str], live: Live | None = None, edited: Edited = lambda _, form: form
) -> Mapping[str, Model]:
    """The models of these names, and all recorded embedders, their replies read from a recording.

    Requests that were not recorded go to `live`, which is called at the first of them; without it they are
    misses. `edited` says what models make of requests today, so that a changed default is noticed. Raises
    ConfigError for a file that is no recording, and without `live` for a model that it does not hold.
    """
    recording = KeyedRecording(path)
    known = recording.header.models
    found: dict[str, Model] = {}
    embedders = [name for name, one in known.items() if embeds(one.form.base_url)]
    for name in dict.fromkeys([*names, *embedders]):
        if name in known:
            form = edited(name, known[name].form)
            found[name] = RecordedModel(name, recording, known[name].digest, form, live)
        elif live is None:
            raise ConfigError(unknown("recorded model", name, known), path=path)
        else:
            found[name] = live(name)
    return found


def stand_in(reference: str, path: Path, name: str | None) -> RecordedModel:
    """`replay:<file>#<name>`: one model of a recording as a model of its own.

    The name may be left out where there is only one. Raises ConfigError naming those that there are.
    """
    recording = KeyedRecording(path)
    known = recording.header.models
    if name is None and len(known) != 1:
        message = f"holds replies of several models; name one: replay:{path}#{min(known)}"
        raise ConfigError(message, path=path)
    chosen = name or min(known)
    if chosen not in known:
        raise ConfigError(unknown("model", chosen, known), path=path)
    return RecordedModel(reference, recording, digest(recording.digest, chosen), known[chosen].form)


class RecordedModel:
    """Answers from a recording by `Request.key`, as the model did that was recorded.

    With `live`, what was not recorded goes to the real model, and limits, retries and prices are its own
    from then on.
    """

    concurrency = 64

    def __init__(
        self, name: str, recording: KeyedRecording, identity: str, form: RequestForm, live: Live | None = None
    ):
        self.name, self.digest, self.form = name, identity, form
        self._recording, self._load, self._real = recording, live, None
        self._limiter, self._retries = steady(self.concurrency), Retries()

    _real: Model | None

    def __repr__(self) -> str:
        return f"RecordedModel({self.name!r}, {str(self._recording.path)!r})"

    @property
    def sends(self) -> bool:
        """Whether it may ask the real model."""
        return self._load is not None

    @property
    def limiter(self) -> Limiter:
        """The real model's, once that is needed."""
        return self._limiter if self._real is None else self._real.limiter

    @property
    def retries(self) -> Retries:
        """The real model's, once that is needed."""
        return self._retries if self._real is None else self._real.retries

    @property
    def notice(self) -> str | None:
        """Where what is not recorded goes, and what the real model has to say; None where nothing is sent."""
        if self._load is None:
            return None
        line = f"What {self._recording.path.name} does not hold goes to {self.name}."
        with contextlib.suppress(ConfigError):  # no key, no package: the first request that needs it says so
            return " ".join(filter(None, [line, self._load(self.name).notice]))
        return line

    def check(self, given: Mapping[str, JSON]) -> None:
        """As the real model does."""
        self.form.check(given, self.name)

    def request(self, messages: tuple[Message, ...], given: Mapping[str, JSON], draw: int) -> Request:
        """The request that the real model would send, key and all."""
        return self.form.request(messages, given, draw)

    def recall(self, request: Request) -> Completion | None:
        """The recorded reply; None for the runner to ask `chat`, which then is the real model's.

        Raises ReplayMissError where nothing is asked, RunFatalError where the real model cannot be had.
        """
        found = self._recording.find(request)
        if found is not None:
            return found
        if self._load is None:
            raise ReplayMissError(
                "this request was never recorded",
                explain=lambda: nearest_request(request, self._recording.requests()),
            )
        self._real = self._real or self._loaded(self._load)
        return None

    async def chat(self, request: Request) -> Completion:
        """The recorded reply, or the real model's."""
        found = self.recall(request)
        if found is not None:
            return found
        assert self._real is not None
        return await self._real.chat(request)

    def count_tokens(self, text: str) -> int:
        """In the real model's vocabulary where that is known, else an estimate."""
        return tokens.count(text, self.form.model)

    def price(self, usage: Usage) -> float | None:
        """The real model's, once that is needed; nothing before."""
        return 0.0 if self._real is None else self._real.price(usage)

    async def close(self) -> None:
        """Closes the real model, where it was needed."""
        if self._real is not None:
            await self._real.close()

    def _loaded(self, load: Live) -> Model:
        """The real model, if it is the one that was recorded: else its replies would pass for those."""
        try:
            real = load(self.name)
        except ConfigError as error:
            raise RunFatalError(
                f"a request was never recorded, and {self.name} cannot be asked: {error}"
            ) from None
        if real.form != self.form or real.digest != self.digest:
            raise RunFatalError(
                f"{self.name} is another model than the one in {self._recording.path} "
                f"({_identity(real.form)}, recorded {_identity(self.form)}). Record again"
            )
        return real


def _identity(form: RequestForm) -> str:
    return f"{form.model} at {shown(form.base_url)}"
