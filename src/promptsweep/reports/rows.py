"""Vocabulary ↔ table rows: one place that knows both."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import orjson

from promptsweep.models.logprobs import as_json, from_json
from promptsweep.reports.schema import record_id
from promptsweep.types import JSON, Call, Completion, Record, Request, Sample, Usage, digest

Row = dict[str, Any]
FILES = "files"
"""Key in an arm's stored digests under which those of single files are."""


def dumps(value: JSON) -> str:
    """JSON text, UTF-8 characters as they are."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def preamble_row(request: Request) -> Row:
    """What a request shares with its neighbours."""
    turns = [[message.role, message.content] for message in request.messages]
    shared = [*turns[:-1], [turns[-1][0], None]] if turns else []
    params = dict(request.params)
    return {
        "id": digest(request.model, request.base_url, params, shared)[:16],
        "model": request.model,
        "base_url": request.base_url,
        "params": dumps(params),
        "messages": dumps(shared),
    }


def response_row(request: Request, completion: Completion, preamble: str, version: str) -> Row:
    """A reply with the part of its request that is its own."""
    usage = completion.usage
    return {
        "key": request.key,
        "version": version,
        "preamble": preamble,
        "prompt": request.messages[-1].content if request.messages else "",
        "draw": request.draw,
        "text": completion.text,
        "finish": completion.finish,
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "cached_tokens": usage.cached,
        "reasoning_tokens": usage.reasoning,
        "seconds": completion.seconds,
        "cost": completion.cost,
        "attempts": completion.attempts,
        "reasoning": completion.reasoning,
        "logprobs": None if completion.logprobs is None else dumps(as_json(completion.logprobs)),
        "created": time.time(),
    }


def completion_of(row: Any) -> Completion:
    """The stored reply, marked as cached."""
    return Completion(
        text=row.text,
        finish=row.finish,
        usage=Usage(row.prompt_tokens, row.completion_tokens, row.cached_tokens, row.reasoning_tokens),
        seconds=row.seconds,
        cost=row.cost,
        cached=True,
        attempts=row.attempts,
        reasoning=row.reasoning,
        logprobs=None if row.logprobs is None else from_json(orjson.loads(row.logprobs)),
    )


def sample_row(sample: Sample) -> Row:
    """A sample's content, without its id: the same content is stored once."""
    return {
        "digest": sample.digest,
        "input": sample.input,
        "targets": dumps(sample.targets),
        "fields": dumps(dict(sample.fields)),
    }


def record_row(record: Record, arm: int) -> Row:
    """A record without its calls and scores; `arm` is the arm's number in the store."""
    prompt, completion, cached, cost = 0, 0, 0, 0.0
    reply_call, priced = None, True
    for place, call in enumerate(record.calls):
        made = call.completion
        if made is None:
            continue
        prompt += made.usage.prompt or 0
        completion += made.usage.completion or 0
        cached += made.cached
        cost += made.cost or 0.0
        priced = priced and made.cost is not None
        if reply_call is None and made.text == record.reply:
            reply_call = place
    return {
        "id": record_id(arm, record.repeat, record.position),
        "sample_id": record.sample.id,
        "sample": record.sample.digest,
        "outcome": record.outcome.value,
        "answer": record.answer,
        "reply_call": reply_call,
        "reply": record.reply if reply_call is None else None,
        "seconds": record.seconds,
        "critical_seconds": record.critical_seconds,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "cost": cost if priced else None,
        "requests": len(record.calls),
        "cached": cached,
        "error": record.error,
        "details": dumps(dict(record.details)) if record.details else None,
    }


def score_rows(record: Record, identity: int, places: Mapping[str, int]) -> list[Row]:
    """A record's scores; `places` gives each metric's place in the arm's list."""
    return [
        {
            "record": identity,
            "metric": places[name],
            "value": float(score.value),
            "reason": score.reason or None,
        }
        for name, score in record.scores.items()
    ]


def call_rows(record: Record, identity: int) -> list[Row]:
    """A record's calls in order, those of judges last."""
    return [call_row(call, identity, place) for place, call in enumerate((*record.calls, *record.judging))]


def call_row(call: Call, identity: int, place: int) -> Row:
    """A call of the record with a number, at a place among its calls."""
    return {
        "record": identity,
        "seq": place,
        "stage": call.stage,
        "key": call.key,
        "cached": int(call.completion is not None and call.completion.cached),
        "started": call.started,
        "ended": call.ended,
        "error": call.error,
    }
