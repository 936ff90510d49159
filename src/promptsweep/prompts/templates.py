"""Jinja templates → messages. Roles are structure, never text that is searched for.

A template marks its messages with `{% system %}`, `{% user %}` and `{% assistant %}`; a message runs to
the next tag (or to an optional `{% enduser %}`), and tags may stand in loops and conditions. The tags
compile to marks in the stream of output pieces, and every value comes as a piece of its own, so that a
sample whose text holds `{% user %}` or `<|im_start|>` stays text, and white space around the tags
belongs to the template while white space in a value is kept to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from jinja2 import (
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    meta,
    nodes,
)
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from promptsweep.errors import ConfigError, unknown
from promptsweep.types import JSON, Message, Role, digest

ROLES = ("system", "user", "assistant")
ENDS = tuple(f"end{role}" for role in ROLES)
TEMPLATE = ".j2"


class _Mark(str):
    """A piece of output that is a role tag and not text."""

    __slots__ = ()

    def __str__(self) -> str:
        return self


class _Value(str):
    """A piece of output that came from a value, so its white space is data."""

    __slots__ = ()

    def __str__(self) -> str:
        return self


class _RoleTags(Extension):
    tags = {*ROLES, *ENDS}  # noqa: RUF012  the base class declares it so

    def parse(self, parser: Parser) -> nodes.Node:
        token = next(parser.stream)
        mark = self.call_method("mark", [nodes.Const(token.value)], lineno=token.lineno)
        return nodes.Output([mark], lineno=token.lineno)

    @staticmethod
    def mark(tag: str) -> _Mark:
        return _Mark("" if tag in ENDS else tag)


class _ParamsTag(Extension):
    """`{% params k=4, style="short" %}`: what a sweep may set for this strategy, and the defaults."""

    tags = {"params"}  # noqa: RUF012

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        given = []
        while parser.stream.current.type != "block_end":
            name = parser.stream.expect("name")
            parser.stream.expect("assign")
            value = parser.parse_expression()
            try:
                value.as_const(nodes.EvalContext(self.environment))
            except nodes.Impossible:
                parser.fail(f"the default of {name.value!r} must be a constant", name.lineno)
            given.append(nodes.Keyword(name.value, value, lineno=name.lineno))
            parser.stream.skip_if("comma")
        return nodes.ExprStmt(self.call_method("declare", kwargs=given, lineno=line), lineno=line)

    @staticmethod
    def declare(**_: JSON) -> None:
        """The values are read from the syntax tree; at rendering they come with the context."""


def _piece(value: Any) -> Any:
    return value if isinstance(value, _Mark) else _Value(value)


class Templates:
    """The templates of a workspace: compiled once, sandboxed, with strict undefined."""

    def __init__(self, roots: Iterable[Path]):
        self._env = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader([root / "prompts" for root in roots], encoding="utf-8-sig"),
            extensions=[_RoleTags, _ParamsTag],
            undefined=StrictUndefined,
            finalize=_piece,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )

    def get(self, name: str) -> Template:
        """The compiled template `strategy/stage.j2`; ConfigError where it is absent or malformed."""
        try:
            return self._env.get_template(name)
        except TemplateSyntaxError as error:
            raise _syntax(error) from None
        except TemplateNotFound as error:
            raise ConfigError(f"no template {error.name!r} in prompts/", path=name) from None
        except UnicodeDecodeError:
            raise ConfigError("not UTF-8 text; save the file as UTF-8", path=name) from None

    def from_string(self, source: str, name: str = "template") -> Template:
        """A template that is in no file, compiled under the same rules."""
        try:
            return self._env.from_string(source)
        except TemplateSyntaxError as error:
            error.filename = name
            raise _syntax(error) from None

    def source(self, name: str) -> str:
        """The text of a template."""
        assert self._env.loader is not None
        return self._env.loader.get_source(self._env, name)[0]

    def stages(self, strategy: str) -> list[str]:
        """Names of all templates of a strategy, without the suffix."""
        prefix = f"{strategy}/"
        names = [name for name in self._env.list_templates() if name.startswith(prefix)]
        return [name.removeprefix(prefix).removesuffix(TEMPLATE) for name in names if name.endswith(TEMPLATE)]

    def family(self, name: str) -> dict[str, nodes.Template]:
        """Syntax trees of a template and all that it includes, by name."""
        trees: dict[str, nodes.Template] = {}
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current in trees:
                continue
            self.get(current)
            trees[current] = tree = self._env.parse(self.source(current), current)
            _refuse_buffered_roles(tree, current)
            waiting += [found for found in meta.find_referenced_templates(tree) if found]
        return trees

    def digest(self, names: Iterable[str]) -> str:
        """Content address of templates and all that they include."""
        family = {found for name in names for found in self.family(name)}
        return digest({name: self.source(name) for name in sorted(family)})

    def variables(self, name: str) -> set[str]:
        """Variables that a template and all that it includes read."""
        return {
            found for tree in self.family(name).values() for found in meta.find_undeclared_variables(tree)
        }

    def declared(self, name: str) -> dict[str, JSON]:
        """Parameters with their defaults, from the `{% params %}` tags; the including template wins."""
        found: dict[str, JSON] = {}
        context = nodes.EvalContext(self._env)
        for tree in self.family(name).values():
            for call in tree.find_all(nodes.Call):
                target = call.node
                if isinstance(target, nodes.ExtensionAttribute) and target.name == "declare":
                    found = {pair.key: pair.value.as_const(context) for pair in call.kwargs} | found
        return found

    def description(self, name: str) -> str:
        """The first sentence of a template's opening comment, on one line; empty where it has none."""
        comment = re.match(r"\s*\{#-?(.*?)-?#\}", self.source(name), re.DOTALL)
        text = " ".join(comment[1].split()) if comment else ""
        return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]


def render(template: Template, variables: Mapping[str, JSON]) -> tuple[Message, ...]:
    """The messages of a template. Without role tags the whole text is one user message.

    Raises ConfigError with the template and the line: an undefined variable (with the variables that
    exist), text outside of all messages, an error of an expression.
    """
    try:
        pieces = list(template.generate(variables))
    except Exception as error:  # noqa: BLE001  an expression of a template may raise anything
        raise _explained(error, template, variables) from None
    messages = []
    for role, text in _turns(pieces):
        if role is not None:
            messages.append(Message(role, text))
        elif text:
            shown = " ".join(text.split())[:60]
            raise ConfigError(
                f"text outside of every message: {shown!r}", path=template.filename or "template"
            )
    if not messages:
        raise ConfigError("makes no message", path=template.filename or "template")
    return tuple(messages)


def _turns(pieces: Iterable[str]) -> Iterator[tuple[Role | None, str]]:
    """Splits pieces at the marks; None is the role of what stands outside of every message."""
    pieces = list(pieces)
    if not pieces:
        return
    role: Role | None = None if any(isinstance(piece, _Mark) for piece in pieces) else "user"
    turn: list[str] = []
    for piece in pieces:
        if isinstance(piece, _Mark):
            yield from _turn(role, turn)
            role, turn = cast("Role | None", str.__str__(piece) or None), []
        else:
            turn.append(piece)
    yield from _turn(role, turn)


def _turn(role: Role | None, pieces: list[str]) -> Iterator[tuple[Role | None, str]]:
    yield role, "".join(_trimmed(pieces))


def _trimmed(pieces: list[str]) -> list[str]:
    """Without the template's own white space at both ends; values are left alone."""
    pieces = list(pieces)
    while pieces:
        pieces[0] = pieces[0] if isinstance(pieces[0], _Value) else pieces[0].lstrip()
        if pieces[0]:
            break
        del pieces[0]
    while pieces:
        pieces[-1] = pieces[-1] if isinstance(pieces[-1], _Value) else pieces[-1].rstrip()
        if pieces[-1]:
            break
        del pieces[-1]
    return pieces


def _refuse_buffered_roles(tree: nodes.Template, name: str) -> None:
    """Macros and captured blocks turn their output into one text, where a role would be lost."""
    for block in tree.find_all((nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock)):
        for attribute in block.find_all(nodes.ExtensionAttribute):
            if attribute.name == "mark":
                raise ConfigError(
                    "role tags cannot stand in a macro, call, filter or set block",
                    path=name,
                    line=block.lineno,
                )


def _syntax(error: TemplateSyntaxError) -> ConfigError:
    return ConfigError(f"template: {error.message}", path=error.filename or error.name, line=error.lineno)


def _explained(error: Exception, template: Template, variables: Mapping[str, JSON]) -> ConfigError:
    if isinstance(error, ConfigError):
        return error
    if isinstance(error, TemplateSyntaxError):
        return _syntax(error)
    path, line = template.filename, None
    trace = error.__traceback__
    while trace:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(TEMPLATE) or file == "<template>":
            path, line = file, trace.tb_lineno
        trace = trace.tb_next
    missing = re.fullmatch(r"'(\w+)' is undefined", str(error)) if isinstance(error, UndefinedError) else None
    message = unknown("variable", missing[1], variables) if missing else f"template fails: {error}"
    return ConfigError(message, path=path or "template", line=line)
