"""What becomes of a prompt that is too long for its model: it is refused, cut, or its document read in parts.

The tokens of each prompt are counted before it is sent. The document of a sample is its `context`, else its
input; where a strategy shows `passages` or `remembered` exchanges, these are what is cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from promptsweep.datasets.text import text_of
from promptsweep.errors import ConfigError, RequestError, unknown
from promptsweep.models import Model, tokens
from promptsweep.prompts import Ask, Renderer, Templates
from promptsweep.prompts.ask import Render, all_of
from promptsweep.runners.costs import AROUND_MESSAGE
from promptsweep.runners.cutting import head, parts
from promptsweep.types import JSON, Message, Sample, digest

if TYPE_CHECKING:
    from promptsweep.runners.plan import PlannedArm

POLICIES = ("send", "refuse", "truncate", "chunk_and_merge")
"""`send`: as it is, so that the endpoint decides. The others count first."""
LISTS = ("passages", "remembered")
"""Variables by which strategies show what they chose themselves, instead of the sample's document."""
MERGE = "overflow/merge"
ESTIMATED = 0.9
"""Part of the window that is used where tokens can only be estimated."""
UNCAPPED = 0.25
"""Part of the window that is kept for a reply without `max_tokens`."""
SEAM = 8
"""Tokens by which a text in a prompt may be longer than by itself, with the tags around it."""
LEAST_PART = 32
"""Tokens of a document below which reading it part by part is pointless."""


def overflow_of(
    policy: str, renderer: Renderer, model: Model, window: int | None, cap: int | None
) -> Overflow:
    """The policy of a sweep for one arm; `cap` is the most tokens of a reply.

    ConfigError for an unknown policy, a window that is unknown or too small, and for reading in parts what a
    strategy chooses itself.
    """
    if policy not in POLICIES:
        raise ConfigError(unknown("overflow", policy, POLICIES))
    if window is None:
        raise ConfigError(
            f"overflow: {policy} needs the context window of {model.name}: give it under `context` of its "
            "endpoint in runners/models.yaml"
        )
    chosen = sorted(renderer.reads() & set(LISTS))
    if policy == "chunk_and_merge" and chosen:
        raise ConfigError(f"the strategy chooses its {chosen[0]} itself: overflow must be truncate or refuse")
    reply = round(window * UNCAPPED) if cap is None else cap
    exact = tokens.vocabulary(model.form.model) is not None
    room = int(window if exact else window * ESTIMATED) - reply
    if room < LEAST_PART:
        raise ConfigError(f"the {window} tokens of {model.name} have no room for a reply of {reply}")
    single = renderer.strategy.most_calls(renderer.params) == 1
    return Overflow(policy, model, window, reply, room, 0 if single else reply)


@dataclass(frozen=True, slots=True)
class Overflow:
    """The policy of one arm, in tokens of its model."""

    policy: str
    model: Model
    window: int
    reply: int
    """Kept free for the reply."""
    room: int
    """Most tokens of a prompt."""
    later: int
    """By how much prompts of further calls may be longer than the first, as they hold its reply."""

    def digest(self, templates: Templates) -> str:
        """What an arm's identity covers of it: another window cuts elsewhere."""
        return digest(self.room, *([templates.digest([f"{MERGE}.j2"])] if self.merges else []))

    def files(self, templates: Templates) -> dict[str, str]:
        """Its own template, which can be edited."""
        return templates.digests([f"{MERGE}.j2"]) if self.merges else {}

    @property
    def merges(self) -> bool:
        """Whether documents are read in parts."""
        return self.policy == "chunk_and_merge"

    async def answer(self, planned: PlannedArm, sample: Sample, ask: Ask) -> str:
        """The strategy's reply, no prompt of which is too long. RequestError where that cannot be."""
        pieces = await self.pieces(planned, sample)
        ask.render = partial(self._fitted, ask.render, ask, sample)
        if len(pieces) == 1:
            return await planned.apply(sample, ask)
        name = _document(sample, {})
        forks = [ask.fork(**{name: piece}) for piece in pieces]
        pairs = zip(pieces, forks, strict=True)
        replies = await all_of(planned.apply(_holding(sample, name, piece), fork) for piece, fork in pairs)
        ask.join(forks)
        ask.note(chunks=len(pieces))
        if any(fork.details for fork in forks):
            ask.note(of_chunks=[fork.details for fork in forks])
        return await self._merged(ask, replies)

    async def pieces(self, planned: PlannedArm, sample: Sample) -> Sequence[str]:
        """The document in the parts in which it is read; one where it need not be split.

        RequestError where the instructions leave no room for it.
        """
        text = str(_value(sample, {}, _document(sample, {})))
        if not self.merges:
            return [text]
        first = self._tokens(await planned.first_messages(sample))
        room = self.room - self.later
        if first <= room:
            return [text]
        around = first - self.model.count_tokens(text)
        if room - around - SEAM < LEAST_PART:
            raise RequestError(f"{self._too_long(first)}; without its document it has {around:,}")
        return parts(text, room - around - SEAM, self.model.count_tokens)

    async def _merged(self, ask: Ask, replies: Sequence[str]) -> str:
        """One reply made of the replies to all parts, in rounds where they do not fit into one prompt."""
        while len(replies) > 1:
            groups = self._groups(replies, self.room - self._tokens(ask.render(MERGE, {"parts": []})))
            several = [{"parts": group} for group in groups if len(group) > 1]
            merged = await ask.together(MERGE, several)
            replies = [*merged, *(group[0] for group in groups if len(group) == 1)]
        return replies[0]

    def _groups(self, replies: Sequence[str], room: int) -> list[list[str]]:
        """Neighbours that fit into one prompt, at least two each but for the last."""
        groups: list[list[str]] = []
        left = 0
        for reply in replies:
            size = self.model.count_tokens(reply) + SEAM
            if not groups or (len(groups[-1]) > 1 and size > left):
                groups.append([])
                left = room
            groups[-1].append(reply)
            left -= size
        return groups

    def _fitted(
        self, render: Render, ask: Ask, sample: Sample, stage: str, variables: Mapping[str, JSON]
    ) -> tuple[Message, ...]:
        """The messages of a stage, its document cut by `truncate`. RequestError where they are too long."""
        messages = render(stage, variables)
        if sum(len(message.content.encode()) + AROUND_MESSAGE for message in messages) <= self.room:
            return messages  # no token is less than a byte
        before = count = self._tokens(messages)
        name, given = _document(sample, variables), dict(variables)
        while count > self.room:
            document = _value(sample, given, name)
            shorter = self._shorter(name, document, count - self.room) if self.policy == "truncate" else None
            if shorter is None:
                raise RequestError(f"{stage}: {self._too_long(before)}")
            given[name] = shorter
            messages = render(stage, given)
            count = self._tokens(messages)
        if count < before:
            ask.note(truncated={**ask.details.get("truncated", {}), stage: {"tokens": before, "sent": count}})
        return messages

    def _shorter(self, name: str, document: JSON, excess: int) -> JSON:
        """A document with about so many tokens less; None where nothing can go."""
        if name == "remembered":
            return document[1:] if document else None
        if name == "passages":
            *kept, last = document
            text = None if kept else self._shorter("text", last["text"], excess)
            return kept or (text and [{**last, "text": text}])
        size = self.model.count_tokens(document) - excess
        return head(document, size, self.model.count_tokens) or None if size > 0 else None

    def _tokens(self, messages: Sequence[Message]) -> int:
        return sum(self.model.count_tokens(message.content) + AROUND_MESSAGE for message in messages)

    def _too_long(self, count: int) -> str:
        about = "" if tokens.vocabulary(self.model.form.model) else "about "
        return (
            f"the prompt has {about}{count:,} tokens; {self.model.name} takes {self.window:,}, of which "
            f"{self.reply:,} are kept for the reply"
        )


def _document(sample: Sample, variables: Mapping[str, JSON]) -> str:
    """The variable that holds the document of a call."""
    listed = next((name for name in LISTS if variables.get(name)), None)
    return listed or ("context" if "context" in sample.fields else "input")


def _value(sample: Sample, variables: Mapping[str, JSON], name: str) -> JSON:
    if name in LISTS:
        return variables[name]
    own = sample.input if name == "input" else sample.fields["context"]
    return text_of(variables.get(name, own))


def _holding(sample: Sample, name: str, piece: str) -> Sample:
    """The sample with one part of its document."""
    if name == "input":
        return replace(sample, input=piece)
    return replace(sample, fields={**sample.fields, name: piece})
