"""Tools that a model may call by writing JSON, and the bounded loop in which it does."""

from __future__ import annotations

import ast
import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException, localcontext
from typing import Any

import orjson

from promptsweep.answers import json_value
from promptsweep.prompts.ask import Ask
from promptsweep.types import JSON

DIGITS = 28
"""Digits with which the calculator reckons."""
LARGEST_POWER = 64
_OPERATORS: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
}
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


class ToolError(Exception):
    """A tool cannot do what it was asked; the model is told why and may go on."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a model may call."""

    name: str
    description: str
    parameters: Mapping[str, str]
    """Argument → its JSON type; all are required."""
    function: Callable[..., Any]

    def as_json(self) -> dict[str, JSON]:
        """As the model is told of it, in the form of the endpoints' function definitions."""
        properties = {name: {"type": kind} for name, kind in self.parameters.items()}
        schema = {"type": "object", "properties": properties, "required": list(self.parameters)}
        return {"name": self.name, "description": self.description, "parameters": schema}

    def call(self, arguments: JSON) -> str:
        """Its result as text; ToolError for arguments that do not fit, and for what it raises so."""
        if not isinstance(arguments, Mapping) or set(arguments) != set(self.parameters):
            raise ToolError(f"{self.name} takes {', '.join(self.parameters)}")
        for name, kind in self.parameters.items():
            if not _is_of(arguments[name], kind):
                raise ToolError(f"{name} must be of type {kind}")
        return str(self.function(**arguments))


def tool(function: Callable[..., Any]) -> Tool:
    """Makes a tool of a function with typed arguments; its docstring tells the model what it is for."""
    hints = {
        name: kind
        for name, kind in inspect.get_annotations(function, eval_str=True).items()
        if name != "return"
    }
    kinds = {name: _TYPES[kind] for name, kind in hints.items()}
    return Tool(function.__name__, inspect.getdoc(function) or "", kinds, function)


async def use_tools(ask: Ask, tools: Sequence[Tool], steps: int) -> str:
    """Asks `turn` until the reply calls no tool, at most `steps` times; returns the last reply.

    Noted: the calls made, how many of them were valid, and whether the loop ended by itself.
    """
    by_name = {one.name: one for one in tools}
    told = orjson.dumps([one.as_json() for one in tools], option=orjson.OPT_INDENT_2).decode()
    past: list[dict[str, str]] = []
    made: list[dict[str, JSON]] = []
    reply = ""
    for step in range(steps):
        reply = await ask("turn", tools=told, past=past, last=step == steps - 1)
        wanted = _call_in(reply)
        if wanted is None:
            break
        made.append(_answered(wanted, by_name))
        past.append({"reply": reply.strip(), "result": str(made[-1]["result"])})
    valid = sum(bool(one["valid"]) for one in made)
    ask.note(tool_calls=made, valid=valid, finished=len(made) < steps)
    return reply


def calculate(expression: str) -> str:
    """Works out an arithmetic expression of numbers, + - * / // % ** and brackets."""
    try:
        with localcontext() as context:
            context.prec = DIGITS
            return _shown(_value(ast.parse(expression.strip(), mode="eval").body))
    except (SyntaxError, ValueError, RecursionError, MemoryError, DecimalException) as error:
        raise ToolError(f"cannot work out {expression!r}: {type(error).__name__}") from None


def look_up(notes: Sequence[str]) -> Tool:
    """A tool that finds the notes which share the most words with a query."""

    def search(query: str) -> str:
        wanted = set(_words(query))
        ranked = sorted(notes, key=lambda note: -len(wanted & set(_words(note))))
        found = [note for note in ranked[:3] if wanted & set(_words(note))]
        return "\n".join(found) or "nothing found"

    description = "Finds the notes that fit a few words best, three at most."
    return Tool("search", description, {"query": "string"}, search)


CALCULATOR = Tool("calculate", str(calculate.__doc__), {"expression": "string"}, calculate)


def _call_in(reply: str) -> Mapping[str, JSON] | None:
    found = json_value(reply)
    value = found.value if found else None
    return value if isinstance(value, dict) and isinstance(value.get("tool"), str) else None


def _answered(wanted: Mapping[str, JSON], tools: Mapping[str, Tool]) -> dict[str, JSON]:
    """The call with its result, or why there is none."""
    name, arguments = str(wanted["tool"]), wanted.get("arguments", {})
    called = {"tool": name, "arguments": arguments}
    if name not in tools:
        known = ", ".join(tools)
        return called | {"result": f"error: there is no tool {name!r}; there are {known}", "valid": False}
    try:
        return called | {"result": tools[name].call(arguments), "valid": True}
    except ToolError as error:
        return called | {"result": f"error: {error}", "valid": False}


def _is_of(value: JSON, kind: str) -> bool:
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) in _TYPES and _TYPES[type(value)] == kind


def _value(node: ast.AST) -> Decimal:
    """The value of an expression that holds nothing but numbers and operators."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return Decimal(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return -_value(node.operand) if isinstance(node.op, ast.USub) else _value(node.operand)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        power = _value(node.right)
        if abs(power) > LARGEST_POWER:
            raise ValueError("too large a power")
        return _value(node.left) ** power
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("not arithmetic")


def _shown(value: Decimal) -> str:
    """Without exponent, without zeros at the end, and without the sign that Decimal gives a zero."""
    text = f"{value or abs(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _words(text: str) -> list[str]:
    from promptsweep.metrics.tokens import words

    return words(text)
