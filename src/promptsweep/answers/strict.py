"""The strict form of a JSON Schema, which endpoints that constrain their replies ask for.

Strict means: an object, closed, with every key required. What may be left out is then null instead, and
`without_nulls` leaves it out again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from promptsweep.types import JSON

Schema = Mapping[str, JSON]
NO_STRICT_FORM = frozenset(
    [
        *("allOf", "oneOf", "not", "if", "contains", "prefixItems", "unevaluatedItems", "$dynamicRef"),
        *("patternProperties", "propertyNames", "dependentRequired", "dependentSchemas"),
        "unevaluatedProperties",
    ]
)
"""Keywords that strict endpoints refuse, and without which a schema would mean something else."""
NOT_HELD_TO = frozenset(
    [
        "minLength",
        "maxLength",
        "minProperties",
        "maxProperties",
        "uniqueItems",
        "default",
        "examples",
        "$schema",
    ]
)
"""Keywords that they refuse as well, but that the validation of the reply makes up for."""
_NULL = {"type": "null"}
_MOST_REFERENCES = 16  # from one to the next; a schema that refers to itself goes round for ever


def strict_form(schema: Schema) -> JSON:
    """The schema with closed objects whose keys are all required; None where there is none.

    Has none: an object without `properties` or with further keys allowed, and what `NO_STRICT_FORM` names.
    """
    return _strict(schema) if schema.get("type") == "object" and _can_be_strict(schema) else None


def without_nulls(value: JSON, schema: Schema) -> JSON:
    """The value without the nulls that stand for keys left out.

    Those are the ones of keys that the schema does not require, and where it does not allow null.
    """
    return _pruned(value, schema, schema)


def _can_be_strict(node: JSON) -> bool:
    if not isinstance(node, Mapping):
        return node is not True
    if node.keys() & NO_STRICT_FORM or node.get("additionalProperties", False) is not False:
        return False
    if "object" in _types(node) and not node.get("properties"):
        return False
    return all(_can_be_strict(one) for one in _inner(node))


def _inner(node: Schema) -> list[JSON]:
    """The schemas within a schema, of the keywords that have a strict form."""
    named = [one for key in ("properties", "$defs", "definitions") for one in node.get(key, {}).values()]
    return [*named, *node.get("anyOf", ()), *([node["items"]] if "items" in node else [])]


def _strict(node: Schema) -> dict[str, JSON]:
    form: dict[str, Any] = {key: one for key, one in node.items() if key not in NOT_HELD_TO}
    for key in ("$defs", "definitions"):
        if key in node:
            form[key] = {name: _strict(one) for name, one in node[key].items()}
    if "anyOf" in node:
        form["anyOf"] = [_strict(one) for one in node["anyOf"]]
    if "items" in node:
        form["items"] = _strict(node["items"])
    if "properties" in node:
        required = node.get("required", ())
        form["properties"] = {
            name: _strict(one) if name in required else _nullable(_strict(one))
            for name, one in node["properties"].items()
        }
        form |= {"required": list(node["properties"]), "additionalProperties": False}
    return form


def _nullable(node: dict[str, JSON]) -> dict[str, JSON]:
    kinds = _types(node)
    if not kinds or "const" in node:
        return {"anyOf": [node, _NULL]}
    allowed = {"enum": [*node["enum"], None]} if "enum" in node and None not in node["enum"] else {}
    return {**node, "type": list(dict.fromkeys([*kinds, "null"])), **allowed}


def _types(node: Schema) -> list[str]:
    kinds = node.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _pruned(value: JSON, node: JSON, root: Schema) -> JSON:
    node = _followed(node, root)
    if isinstance(value, list):
        return [_pruned(one, node.get("items", {}), root) for one in value]
    if not isinstance(value, Mapping):
        return value
    known, required = node.get("properties", {}), node.get("required", ())
    return {
        key: _pruned(one, known.get(key, {}), root)
        for key, one in value.items()
        if one is not None or key in required or key not in known or _allows_null(known[key], root)
    }


def _allows_null(node: JSON, root: Schema) -> bool:
    node = _followed(node, root)
    return "null" in _types(node) or any(_allows_null(one, root) for one in node.get("anyOf", ()))


def _followed(node: JSON, root: Schema) -> Schema:
    """The node that local references lead to."""
    for _ in range(_MOST_REFERENCES):
        if not (isinstance(node, Mapping) and str(node.get("$ref", "")).startswith("#/")):
            break
        reference, node = node["$ref"], root
        for step in unquote(reference[2:]).split("/"):
            node = node[int(step) if isinstance(node, list) else step.replace("~1", "/").replace("~0", "~")]
    return node if isinstance(node, Mapping) else {}
