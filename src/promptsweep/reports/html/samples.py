"""The samples that went worst, each with all that was sent and replied, in a bounded number of characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from promptsweep.reports import figures
from promptsweep.reports.calls import TraceCall
from promptsweep.reports.document import Chapter, Document
from promptsweep.reports.html.excerpts import Allowance, Excerpt
from promptsweep.reports.pages import page
from promptsweep.reports.rows import dumps
from promptsweep.reports.store import Store
from promptsweep.reports.traces import Trace, trace
from promptsweep.reports.verdict_text import short
from promptsweep.types import Outcome
from promptsweep.words import say

MOST = 24
"""Samples of a report: as many of each arm as fit."""
MOST_CALLS = 6
"""Calls shown of a sample."""
OF_SAMPLE, OF_TEXT = 12_000, 3_000
"""Characters shown of one sample, and of one text."""


class Block(NamedTuple):
    """A text under its label."""

    label: str
    text: Excerpt


@dataclass(frozen=True, slots=True)
class ShownCall:
    """One call of a sample."""

    title: str
    facts: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class ShownSample:
    """One record, in full as far as there is room."""

    id: str
    outcome: Outcome
    score: str
    """By the first metric; empty after an error."""
    gist: str
    """The input on one line."""
    facts: str
    blocks: Sequence[Block]
    calls: Sequence[ShownCall]
    more_calls: int
    """Calls that are not shown."""


@dataclass(frozen=True, slots=True)
class WorstOfArm:
    """What went worst in one arm."""

    dataset: str
    name: str
    total: int
    """Records that failed or are not fully right."""
    samples: Sequence[ShownSample]


def worst(store: Store, found: Document) -> list[WorstOfArm]:
    """Of each arm the samples that failed or scored lowest, `MOST` in all; arms without any are left out."""
    arms = [(chapter, arm.arm) for chapter in found.chapters for arm in chapter.arms]
    each = max(1, MOST // max(1, len(arms)))
    shown = [_worst(store, found.info.id, chapter, arm, each) for chapter, arm in arms[:MOST]]
    return [one for one in shown if one.samples]


def _worst(store: Store, run: str, chapter: Chapter, arm: str, each: int) -> WorstOfArm:
    rows, total = page(store, run, arm=arm, wrong=True, limit=each)
    samples = [_sample(trace(store, run, row.sample_id, row.arm, row.repeat)) for row in rows]
    return WorstOfArm(chapter.dataset, short(chapter.names[arm]), total, samples)


def _sample(found: Trace) -> ShownSample:
    room = Allowance(OF_SAMPLE, OF_TEXT)
    return ShownSample(
        id=short(found.sample.id, 80),
        outcome=found.outcome,
        score=next((short(f"{name} {one.value:.2f}") for name, one in found.scores.items()), ""),
        gist=short(found.sample.input[:OF_TEXT]),
        facts=" · ".join(map(short, _facts(found))),
        blocks=[Block(label, room.take(text)) for label, text in _texts(found)],
        calls=[_call(place, call, room) for place, call in enumerate(found.calls[:MOST_CALLS], 1)],
        more_calls=max(0, len(found.calls) - MOST_CALLS),
    )


def _facts(found: Trace) -> Iterator[str]:
    if len(found.repeats) > 1:
        yield say("attempt {number} of {count}", number=found.repeat + 1, count=len(found.repeats))
    yield from (f"{name} {one.value:.2f}{_why(one.reason)}" for name, one in found.scores.items())
    yield say("waiting time {duration}", duration=figures.duration(found.critical_seconds))
    sent, replied = (f"{found.tokens[kind]:,}" for kind in ("prompt", "completion"))
    yield say("{sent} + {replied} tokens", sent=sent, replied=replied)
    yield figures.dollars(found.cost)


def _why(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _texts(found: Trace) -> Iterator[tuple[str, str]]:
    """What was asked and what came of it, under the labels of a page."""
    yield say("Input"), found.sample.input
    if found.sample.targets:
        yield say("Target"), "\n".join(found.sample.targets)
    if found.answer is not None:
        yield say("Answer"), found.answer
    if found.error is not None and all(call.error != found.error for call in found.calls):
        yield say("Error"), found.error
    if found.reply is not None and all(_reply(call) != found.reply for call in found.calls):
        yield say("Reply, as the strategy put it together"), found.reply
    if found.details:
        yield say("Noted by the strategy"), dumps(dict(found.details))


def _reply(call: TraceCall) -> str | None:
    return None if call.completion is None else call.completion.text


def _call(place: int, call: TraceCall, room: Allowance) -> ShownCall:
    """The reply gets its room first, then the messages from the last, which asks, to the first."""
    replied = [Block(label, room.take(text)) for label, text in _replied(call)]
    sent = [Block(one.role, room.take(one.content)) for one in reversed(call.messages)]
    title = say("Call {number}: {stage}", number=place, stage=short(call.stage, 60))
    facts = " · ".join(map(short, _call_facts(call)))
    return ShownCall(title, facts, [*reversed(sent), *replied])


def _replied(call: TraceCall) -> Iterator[tuple[str, str]]:
    if call.completion is not None:
        if call.completion.reasoning:
            yield say("Reasoning"), call.completion.reasoning
        yield say("Reply"), call.completion.text
        if call.completion.logprobs is not None:
            yield say("First token"), figures.first_tokens(call.completion.logprobs)
    if call.error is not None:
        yield say("Error"), call.error


def _call_facts(call: TraceCall) -> Iterator[str]:
    """Model, parameters, time, and where the reply came from."""
    if call.request is not None:
        yield call.request.model
        yield from ([dumps(dict(call.request.params))] if call.request.params else [])
    reply = call.completion
    yield figures.duration(call.ended - call.started if reply is None else reply.seconds)
    if call.pruned:
        yield say("its texts were removed from the store")
    if reply is not None:
        yield say("finish: {reason}", reason=reply.finish)
        yield from ([say("from the store, nothing sent")] if reply.cached else [])
        yield from ([figures.likelihood(reply.logprobs)] if reply.logprobs else [])
