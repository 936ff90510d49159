"""One sample in one arm, whole: what was sent, what came back, how it was read and scored."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rich.text import Text

from promptsweep.api import Run
from promptsweep.cli.output import emit, emit_json
from promptsweep.reports import figures
from promptsweep.reports.browse import Trace, trace
from promptsweep.reports.calls import TraceCall
from promptsweep.types import JUDGE, MEASURE, Message
from promptsweep.words import visible


def print_trace(run: Run, sample: str, arm: str | None, *, json: bool) -> None:
    """Prints all there is about a sample in an arm (default: the first that has it)."""
    found = trace(run.store, run.id, sample, arm)
    if json:
        emit_json(asdict(found))
        return
    repeat = f" · repeat {found.repeat} of {len(found.repeats)}" if len(found.repeats) > 1 else ""
    emit(f"{found.sample.id} · {found.arm}{repeat}")
    for place, call in enumerate(found.calls, 1):
        _print_call(place, call)
    _print_part("verdict", "\n".join(_verdict(found)))


def print_messages(messages: Sequence[Message]) -> None:
    """Prints each message under its role."""
    for message in messages:
        _print_part(message.role, message.content)


def _print_part(title: str, text: str) -> None:
    emit("", Text(f"── {title} ──", style="bold"), text)


def _print_call(place: int, call: TraceCall) -> None:
    emit("", Text(f"━━ call {place}: {_stage(call)} ━━", style="bold"), _call_summary(call))
    if call.pruned:
        emit("Its texts were removed from the store.")
    print_messages(call.messages)
    if call.error:
        _print_part("error", call.error)
    if call.completion is not None:
        if call.completion.reasoning:
            _print_part("reasoning", call.completion.reasoning)
        _print_part("reply", call.completion.text)
        if call.completion.logprobs and call.completion.logprobs.first:
            _print_part("first token", visible(figures.first_tokens(call.completion.logprobs)))


def _stage(call: TraceCall) -> str:
    if call.judges:
        return f"judge, by {visible(call.stage.removeprefix(JUDGE))} (not in the answer's cost and time)"
    if call.measures:
        return f"a metric, by {visible(call.stage.removeprefix(MEASURE))} (not in the answer's cost and time)"
    return visible(call.stage)


def _call_summary(call: TraceCall) -> str:
    """`gpt-4o-mini · from 0.10 s to 0.52 s · 120 + 8 tokens · $0.0001 · stop · from the store`."""
    parts = [call.request.model] if call.request else []
    parts.append(f"from {figures.duration(call.started)} to {figures.duration(call.ended)}")
    completion = call.completion
    if completion is not None:
        tokens = f"{completion.usage.prompt or 0:,} + {completion.usage.completion or 0:,} tokens"
        if completion.usage.reasoning:
            tokens += f" ({completion.usage.reasoning:,} of them reasoning)"
        parts += [tokens, figures.dollars(completion.cost), completion.finish]
        parts += [f"{completion.attempts} attempts"] if completion.attempts > 1 else []
        parts += ["from the store"] if completion.cached else []
        parts += [figures.likelihood(completion.logprobs)] if completion.logprobs else []
    return " · ".join(parts)


def _verdict(trace: Trace) -> Iterator[str]:
    error = f": {trace.error}" if trace.error else ""
    lines = {
        "targets": " | ".join(trace.sample.targets) or "–",
        "answer": "–" if trace.answer is None else trace.answer,
        "outcome": f"{trace.outcome.value}{error}",
        "took": f"{figures.duration(trace.critical_seconds)}, {figures.dollars(trace.cost)}",
    }
    for name, score in trace.scores.items():
        lines[name] = f"{score.value:g}{f' ({score.reason})' if score.reason else ''}"
    for name, value in trace.details.items():
        lines[name] = json_module.dumps(value, ensure_ascii=False)
    width = max(map(len, lines))
    for name, value in lines.items():
        yield f"{name:<{width}}  {value}"
