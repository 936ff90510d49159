"""The whole vocabulary: frozen, slotted records that every layer passes on and none changes."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeAlias

import orjson

JSON: TypeAlias = Any
"""What JSON can say: None, bool, int, float, str, and lists and string-keyed mappings of these."""

Role: TypeAlias = Literal["system", "user", "assistant"]
Task: TypeAlias = Literal["classification", "extraction", "qa", "math", "summarisation", "open"]


def digest(*parts: JSON) -> str:
    """Content address of JSON values: 32 hex digits (BLAKE2b, 128 bits), blind to the order of keys."""
    data = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def nfc(text: str) -> str:
    """Unicode NFC: the one form in which texts are compared."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


@dataclass(frozen=True, slots=True)
class Sample:
    """One row of a dataset: what goes in, and what should come out."""

    id: str
    input: str
    targets: tuple[str, ...] = ()
    """Every accepted answer; empty when the row has none. JSON targets are JSON text."""
    fields: Mapping[str, JSON] = field(default_factory=dict)
    """The row's other columns: variables of the templates."""
    _digest: str = field(init=False, default="", compare=False, repr=False)

    @property
    def digest(self) -> str:
        """Address of the content, without the id: an edited row is another sample. Made when asked for."""
        if not self._digest:
            object.__setattr__(self, "_digest", digest(self.input, self.targets, dict(self.fields)))
        return self._digest


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """All that determines a reply, and nothing else."""

    model: str
    """The model's name as the endpoint knows it."""
    base_url: str
    """Where it is served; for an embedded model, what it was loaded from."""
    messages: tuple[Message, ...]
    params: Mapping[str, JSON] = field(default_factory=dict)
    draw: int = 0
    """Which of several independent replies to the same request is meant (votes, repeats)."""
    key: str = field(init=False, compare=False)
    """The content address: one identity for cache, resume, replay, trace and diff."""

    def __post_init__(self) -> None:
        turns = [[message.role, message.content] for message in self.messages]
        identity = digest(self.model, self.base_url, turns, dict(self.params), self.draw)
        object.__setattr__(self, "key", identity)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the endpoint counted them; None where it did not say."""

    prompt: int | None = None
    completion: int | None = None
    cached: int | None = None
    """The part of `prompt` that the endpoint had in its own prefix cache."""
    reasoning: int | None = None
    """The part of `completion` spent on reasoning; by length where it came as text and was not counted."""


@dataclass(frozen=True, slots=True)
class Logprobs:
    """How probable the model held its own reply to be: natural logarithms, at most 0."""

    tokens: int
    """Tokens of the reply that have one, at least 1."""
    total: float
    """The sum over them: the logarithm of the reply's probability."""
    first: Mapping[str, float] = field(default_factory=dict)
    """What the first token could have been, as text, the likeliest first: as many as the endpoint gave."""

    @property
    def mean(self) -> float:
        """For one token: the logarithm of the probability normalised by length."""
        return self.total / self.tokens


@dataclass(frozen=True, slots=True)
class Completion:
    """One reply of a model."""

    text: str
    finish: str = "stop"
    """`stop`, `length`, `content_filter` or what else the endpoint says."""
    usage: Usage = Usage()
    seconds: float = 0.0
    """Service time of the attempt that succeeded, without waiting in our own queue."""
    cost: float | None = None
    """US dollars when it was made; None where the price is unknown."""
    cached: bool = False
    """True when it came from the store and nothing was sent."""
    attempts: int = 1
    """How many times it was sent, the successful one included."""
    reasoning: str | None = None
    """Reasoning text that the endpoint keeps apart from the answer."""
    logprobs: Logprobs | None = None
    """None where the request did not ask for them (`logprobs: true`), or the endpoint gave none."""


MEASURE = "measure:"
"""How the stage of a call for a metric's vectors begins; the embedder's name follows."""
JUDGE = "judge:"
"""Begins the stage of a judge's call."""


@dataclass(frozen=True, slots=True)
class Call:
    """One step of a strategy."""

    stage: str
    key: str
    """`Request.key` of what was sent."""
    completion: Completion | None
    """None when the call failed; then `error` says why."""
    started: float
    """Seconds since the record began, when the strategy asked."""
    ended: float
    """Seconds since the record began, when the reply was there."""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A metric's verdict on one answer."""

    value: float
    reason: str = ""


class Outcome(StrEnum):
    """Why a sample has, or has not, a score."""

    OK = "ok"
    UNPARSED = "unparsed"
    """No answer could be read from the reply: counts as wrong."""
    REFUSED = "refused"
    """The model or its filter declined: counts as wrong."""
    TRUNCATED = "truncated"
    """The token limit cut the reply: scored on what is there."""
    ERROR = "error"
    """Infrastructure failed: not scored, and leaves the denominator visibly."""


@dataclass(frozen=True, slots=True)
class Record:
    """One arm's attempt at one sample: the row everything is made of."""

    arm: str
    """`Arm.key`"""
    sample: Sample
    position: int
    """Place of the sample in the arm's evaluation order, from 0."""
    repeat: int
    outcome: Outcome
    reply: str = ""
    """What the strategy returned, as the model wrote it."""
    answer: str | None = None
    """The answer read from the reply; None when there is none."""
    scores: Mapping[str, Score] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    seconds: float = 0.0
    """Wall time from the first request to the answer, queueing included."""
    critical_seconds: float = 0.0
    """What a user would wait for if every parallel call ran at once and nothing queued."""
    details: Mapping[str, JSON] = field(default_factory=dict)
    """What the strategy noted: votes, steps, points; under `judges`, what judges of a panel said."""
    error: str | None = None
    """Why there is no answer or, where there is one, why a judge gave it no score."""
    judging: tuple[Call, ...] = ()
    """Calls of judges, and of metrics that ask an embedder: no part of what the answer took."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One column of a comparison: a strategy with its parameters, a model with its own, a dataset."""

    strategy: str
    strategy_params: Mapping[str, JSON]
    model: str
    """The model as the sweep names it, such as `openai/gpt-4o-mini`."""
    params: Mapping[str, JSON]
    dataset: str
    split: str
    system: str | None = None
    """Name of the persona in `prompts/system/`, None for none."""
    metrics: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    """Content addresses of the strategy's templates and code, the model and the dataset."""
    label: str = field(default="", compare=False)
    """The arm's readable name, unique in its run: variant, varying parameters, model, dataset."""
    files: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What `digests` address as a whole, file by file: templates, code, card. No part of the identity."""
    key: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        identity = digest(
            self.strategy, dict(self.strategy_params), self.model, dict(self.params),
            self.dataset, self.split, self.system, dict(self.digests),
        )  # fmt: skip
        object.__setattr__(self, "key", identity)

    @property
    def variant(self) -> str:
        """The strategy with the parameters it was given: `few_shot(k=4)`."""
        given = dict(self.strategy_params) | ({"system": self.system} if self.system else {})
        shown = ", ".join(f"{name}={value}" for name, value in given.items())
        return f"{self.strategy}({shown})" if shown else self.strategy


class Status(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    DONE = "done"
    INCOMPLETE = "incomplete"
    """Ended with infrastructure errors or before all was done; can be resumed."""
    INTERRUPTED = "interrupted"
