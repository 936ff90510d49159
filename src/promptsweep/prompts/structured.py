"""The strategy `structured`: a text in, JSON that fits a JSON Schema out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from promptsweep.answers import json_value
from promptsweep.answers.schemas import misfits, normal, problem, text_of
from promptsweep.answers.strict import strict_form, without_nulls
from promptsweep.errors import ConfigError, unknown
from promptsweep.prompts.ask import Ask
from promptsweep.prompts.strategies import strategy
from promptsweep.types import JSON, Sample

HOW, REASON = ("prompt", "response_format"), ("none", "field", "call")
FIELD = "reasoning"
"""The key that `reason: field` adds in front of the others, and takes away again."""
_REASONED = re.compile(rf'(?<=\{{)\s*"{FIELD}"\s*:\s*"(?:[^"\\]|\\.)*+"\s*,?\s*', re.DOTALL)
_SHOWN_FAULTS = 8
Schema = Mapping[str, JSON]


@strategy(calls=lambda reason, repairs, **_: 1 + (reason == "call") + repairs)
async def structured(
    sample: Sample,  # noqa: ARG001
    ask: Ask,
    *,
    how: str = "prompt",
    reason: str = "none",
    show: bool = True,
    repairs: int = 1,
    schema: JSON = None,
) -> str:
    """Turn a text into JSON that fits a JSON Schema, and ask again, with the faults, where it does not.

    `how` is `prompt` (the prompt shows the schema) or `response_format` (the endpoint holds the reply to it
    as well; with `show: false` it alone knows it). `reason` is `none`, `field` (the reply begins with a key
    for reasoning, which is taken away) or `call` (reason in words in a call of its own, then write the JSON).
    `schema` is a JSON file of the strategy's folder or a mapping, in place of the dataset's. Noted: whether
    the answer is `valid`, the `repairs` that were asked for, what had to be `mended` to read it, and the
    `faults` of each reply that had some.
    """
    wanted = _checked(ask, how, reason, show, repairs, schema)
    asked = _with_reasoning(wanted) if reason == "field" else wanted
    given: dict[str, Any] = {"schema": text_of(asked) if show else "", "reasoning": ""}
    if reason == "call":
        given["reasoning"] = (await ask("reason", **given)).strip()
    imposed = _response_format(asked) if how == "response_format" else {}
    reply = await ask("answer", call_params=imposed, **given)
    answer, faults = _read(reply, wanted, how, reason)
    found: list[JSON] = []
    while faults and len(found) < repairs:
        found.append(faults)
        reply = await ask("repair", call_params=imposed, draft=reply, faults=faults[:_SHOWN_FAULTS], **given)
        answer, faults = _read(reply, wanted, how, reason)
    read = json_value(answer)
    ask.note(valid=not faults, repairs=len(found), mended=read.repairs if read else 0)
    if faults or found:
        ask.note(faults=[*found, faults] if faults else found)
    return answer


def _checked(ask: Ask, how: str, reason: str, show: bool, repairs: int, schema: JSON) -> Schema:
    """The schema; ConfigError for parameters that make no sense."""
    if how not in HOW:
        raise ConfigError(f"structured: {unknown('how', how, HOW)}")
    if reason not in REASON:
        raise ConfigError(f"structured: {unknown('reason', reason, REASON)}")
    if not isinstance(repairs, int) or repairs < 0:
        raise ConfigError(f"structured: repairs must be a whole number from 0, not {repairs!r}")
    if how == "prompt" and not show:
        raise ConfigError("structured: show: false needs how: response_format, or nothing says the schema")
    wanted = _schema(ask, schema)
    if reason == "field" and (wanted.get("type") != "object" or FIELD in wanted.get("properties", {})):
        raise ConfigError(f"structured: reason: field needs a schema of an object without a key {FIELD!r}")
    return wanted


def _schema(ask: Ask, given: JSON) -> Schema:
    if given is None:
        if "schema" not in ask.context:
            message = f"structured needs a schema: `schema:` in the card of {ask.context.get('dataset')}"
            raise ConfigError(f"{message}, or as its parameter")
        return _sound(ask.context["schema"])
    schema = ask.data(given) if isinstance(given, str) else given
    if not isinstance(schema, Mapping):
        raise ConfigError("structured: schema is a JSON file in prompts/structured/, or a mapping")
    return _sound(orjson.dumps(normal(schema)).decode())


@lru_cache(maxsize=16)
def _sound(text: str) -> Schema:
    """The schema that a text holds; ConfigError where it is none."""
    schema: dict[str, JSON] = orjson.loads(text)
    found = problem(schema)
    if found is not None:
        raise ConfigError(f"structured: schema: {found[1]}")
    return schema


def _with_reasoning(schema: Schema) -> Schema:
    """The schema with a text for reasoning as its first key."""
    properties = {FIELD: {"type": "string"}, **schema.get("properties", {})}
    return {**schema, "properties": properties, "required": [FIELD, *schema.get("required", ())]}


def _response_format(schema: Schema) -> dict[str, JSON]:
    """The parameter that holds a reply to a schema: strictly, where the schema has a strict form."""
    strict = strict_form(schema)
    named: dict[str, Any] = {"name": "answer", "strict": strict is not None, "schema": strict or dict(schema)}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def _read(reply: str, schema: Schema, how: str, reason: str) -> tuple[str, list[str]]:
    """The answer in a reply, as the model wrote it, and what in it breaks the schema.

    Only what the request itself asked for beyond the schema is taken away: the reasoning, and, from a reply
    that an endpoint constrained, the nulls in place of keys left out.
    """
    answer = _REASONED.sub("", reply, count=1) if reason == "field" else reply
    found = json_value(answer)
    if found is None:
        return answer, ["no complete JSON object or array"]
    if how == "response_format" and found.strict:
        fitting = without_nulls(found.value, schema)
        if fitting != found.value:
            return orjson.dumps(fitting).decode(), misfits(fitting, schema)
    return answer, misfits(found.value, schema)
