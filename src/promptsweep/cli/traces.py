"""One sample in one arm, whole: what was sent, what came back, how it was read and scored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from promptsweep.cli import figures
from promptsweep.cli.output import plural

if TYPE_CHECKING:
    from promptsweep.reports.browse import Trace
    from promptsweep.reports.calls import TraceCall


def trace_lines(trace: Trace) -> Iterator[str]:
    """The trace as text, a block at a time."""
    repeat = f" · repeat {trace.repeat} of {len(trace.repeats)}" if len(trace.repeats) > 1 else ""
    yield f"{trace.sample.id} · {trace.arm}{repeat}"
    for place, call in enumerate(trace.calls, 1):
        yield from _call_lines(place, call)
    yield "── verdict ──"
    yield from _verdict_lines(trace)


def _call_lines(place: int, call: TraceCall) -> Iterator[str]:
    yield f"── call {place}: {call.stage} · {_call_summary(call)} ──"
    if call.pruned:
        yield "(its texts were removed from the store)"
    for message in call.messages:
        yield f"[{message.role}]\n{message.content}"
    if call.error:
        yield f"[error]\n{call.error}"
    if call.completion is not None:
        if call.completion.reasoning:
            yield f"[reasoning]\n{call.completion.reasoning}"
        yield f"[reply]\n{call.completion.text}"


def _call_summary(call: TraceCall) -> str:
    """`local · from 0.10 s to 0.52 s · 120 + 8 tokens · free · stop · from the store`."""
    parts = [call.request.model] if call.request else []
    parts.append(f"from {figures.seconds(call.started)} to {figures.seconds(call.ended)}")
    completion = call.completion
    if completion is not None:
        usage = completion.usage
        parts += [f"{usage.prompt or 0} + {usage.completion or 0} tokens", figures.money(completion.cost)]
        parts += [completion.finish, f"{figures.seconds(completion.seconds)} at the model"]
        parts += ["from the store"] if completion.cached else []
        parts += [plural(completion.attempts, "attempt")] if completion.attempts > 1 else []
    return " · ".join(parts)


def _verdict_lines(trace: Trace) -> Iterator[str]:
    yield f"targets   {' | '.join(trace.sample.targets) or figures.ABSENT}"
    yield f"answer    {figures.ABSENT if trace.answer is None else trace.answer}"
    yield f"outcome   {trace.outcome.value}{f': {trace.error}' if trace.error else ''}"
    yield f"took      {figures.seconds(trace.critical_seconds)}, {figures.money(trace.cost)}"
    for name, score in trace.scores.items():
        yield f"{name}   {score.value:g}{f' ({score.reason})' if score.reason else ''}"
    for name, value in trace.details.items():
        yield f"{name}   {json.dumps(value, ensure_ascii=False)}"
