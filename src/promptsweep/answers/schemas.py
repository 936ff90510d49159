"""JSON Schema, Draft 2020-12: is a schema one, and does a value fit it. Nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import orjson

from promptsweep.types import JSON, nfc

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

Place: TypeAlias = tuple[str | int, ...]
"""The keys and indices that lead to a node."""

DRAFT = "https://json-schema.org/draft/2020-12/schema"
FORMATS = ("date", "email", "ipv4", "ipv6", "uuid")
"""Values of `format` that are checked; all others say something to the reader alone, as the draft has it."""
_LONGEST = 200


def normal(value: JSON) -> JSON:
    """The value with its keys and texts in NFC, in what JSON can say: dates of YAML become texts."""
    return orjson.loads(nfc(orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()))


def problem(schema: Mapping[str, JSON]) -> tuple[Place, str] | None:
    """Where a schema is not one, and why; None where it is. References must lead to the schema itself."""
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import best_match

    draft = schema.get("$schema", DRAFT)
    if str(draft).rstrip("#") != DRAFT:
        return ("$schema",), f"{draft!r}: schemas are read as Draft 2020-12 ({DRAFT})"
    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=FormatChecker(("regex",)))
    found = best_match(meta.iter_errors(schema))
    if found is not None:
        return tuple(
            found.absolute_path
        ), f"not a JSON Schema: {_said(tuple(found.absolute_path), found.message)}"
    return _dangling(schema)


def misfits(value: JSON, schema: Mapping[str, JSON]) -> list[str]:
    """What in a value breaks the schema, as `items[0].price: 'x' is not of type 'number'`; empty if it fits.

    Keys and texts are compared in NFC. The schema must be without `problem`.
    """
    try:
        errors = sorted(
            _validator(orjson.dumps(schema)).iter_errors(normal(value)),
            key=lambda error: [str(step) for step in error.absolute_path],
        )
    except (orjson.JSONEncodeError, RecursionError):
        return ["nested too deeply"]
    return [_said(tuple(error.absolute_path), error.message) for error in errors]


def text_of(schema: Mapping[str, JSON]) -> str:
    """The schema as prompts show it: one line of JSON, the keys in its own order, without `$schema`."""
    return orjson.dumps({key: value for key, value in schema.items() if key != "$schema"}).decode()


def placed(place: Place) -> str:
    """A place as people write it: `items[0].price`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return "".join(steps).removeprefix(".")


def _said(place: Place, message: str) -> str:
    short = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
    return f"{placed(place)}: {short}" if place else short


@lru_cache(maxsize=64)
def _validator(schema: bytes) -> Draft202012Validator:
    from jsonschema import Draft202012Validator, FormatChecker
    from referencing import Registry

    # A registry of one's own: the default one fetches what a reference names.
    return Draft202012Validator(
        normal(orjson.loads(schema)), registry=Registry(), format_checker=FormatChecker(FORMATS)
    )


def _dangling(schema: Mapping[str, JSON]) -> tuple[Place, str] | None:
    """The first reference that leads nowhere within the schema."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    base = str(schema.get("$id", ""))
    registry = Registry().with_resource(base, DRAFT202012.create_resource(schema)).crawl()
    for place, reference in _references(schema):
        try:
            registry.resolver(base).lookup(reference)
        except Unresolvable:
            return place, f"$ref {reference!r} leads nowhere: use `#/$defs/…` of the same schema"
    return None


def _references(node: JSON, place: Place = ()) -> Iterator[tuple[Place, str]]:
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield (*place, "$ref"), node["$ref"]
        for key, inner in node.items():
            yield from _references(inner, (*place, key))
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from _references(inner, (*place, index))
