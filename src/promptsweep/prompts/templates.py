"""Jinja templates → messages. Roles are structure, never text that is searched for.

A template marks its messages with `{% system %}`, `{% user %}` and `{% assistant %}`; a message runs to
the next tag (or to an optional `{% enduser %}`), and tags may stand in loops and conditions. The tags
compile to marks in the stream of output pieces, and every value comes as a piece of its own type, so that
a sample whose text holds `{% user %}`, `<|im_start|>` or a mark stays text, and white space around the
tags belongs to the template while white space in a value is kept to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from pathlib import Path
from types import MappingProxyType

import orjson
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
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

ROLES: tuple[Role, ...] = ("system", "user", "assistant")
ENDS = tuple(f"end{role}" for role in ROLES)
TEMPLATE, DATA = ".j2", ".json"
Edits = Mapping[str, str]
UNEDITED: Edits = MappingProxyType({})


_OUTSIDE = "\ufdd0"
_MARKS: Mapping[str, Role | None] = {_OUTSIDE: None} | {f"{_OUTSIDE}{role}": role for role in ROLES}
"""Pieces of output that are a role tag: they begin with a code point that Unicode keeps from all text."""


class _Value(str):
    """A piece of output that came from a value, so its white space is data."""

    __slots__ = ()

    def __str__(self) -> str:
        return self


class _RoleTags(Extension):
    tags = {*ROLES, *ENDS}  # noqa: RUF012  the base class declares it so

    def parse(self, parser: Parser) -> nodes.Node:
        token = next(parser.stream)
        role = token.value if token.value in ROLES else ""
        return nodes.Output([nodes.TemplateData(_OUTSIDE + role)], lineno=token.lineno)


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


class _Edits(BaseLoader):
    """Texts in place of files; errors name them as they would name the files."""

    def __init__(self, texts: Edits):
        self._texts = texts

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, None]:  # noqa: ARG002
        if template not in self._texts:
            raise TemplateNotFound(template)
        return self._texts[template], template, None

    def list_templates(self) -> list[str]:
        return sorted(self._texts)


class Templates:
    """The templates of a workspace: compiled once, sandboxed, with strict undefined.

    `edits` are texts in place of files, by name: `{"zero_shot/answer.j2": "{{ input }}"}`.
    """

    def __init__(self, roots: Iterable[Path], edits: Edits = UNEDITED):
        self._data: dict[str, JSON] = {}
        self._trees: dict[str, nodes.Template] = {}
        files = FileSystemLoader([root / "prompts" for root in roots], encoding="utf-8-sig")
        self._env = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader([_Edits(edits), files]),
            extensions=[_RoleTags, _ParamsTag],
            undefined=StrictUndefined,
            finalize=_Value,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self._env.globals["delimiter"] = delimiter

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

    def data_files(self, strategy: str) -> list[str]:
        """Names of the JSON files in a strategy's folder, the folder included."""
        names = self._env.list_templates()
        return [name for name in names if name.startswith(f"{strategy}/") and name.endswith(DATA)]

    def data(self, name: str) -> JSON:
        """What a JSON file in `prompts/` holds, read once; ConfigError where it is absent or no JSON."""
        if name not in self._data:
            try:
                self._data[name] = orjson.loads(self.source(name))
            except TemplateNotFound:
                raise ConfigError(f"no file {name!r} in prompts/", path=name) from None
            except orjson.JSONDecodeError as error:
                raise ConfigError(f"not JSON: {error}", path=name) from None
        return self._data[name]

    def family(self, name: str) -> dict[str, nodes.Template]:
        """Syntax trees of a template and all that it includes, by name."""
        trees: dict[str, nodes.Template] = {}
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current in trees:
                continue
            trees[current] = tree = self._tree(current)
            waiting += [found for found in meta.find_referenced_templates(tree) if found]
        return trees

    def _tree(self, name: str) -> nodes.Template:
        """The syntax tree of a template that compiles, parsed once."""
        if name not in self._trees:
            self.get(name)
            tree = self._env.parse(self.source(name), name)
            _refuse_buffered_roles(tree, name)
            self._trees[name] = tree
        return self._trees[name]

    def digest(self, names: Iterable[str]) -> str:
        """Content address of templates and all that they include."""
        family = {found for name in names for found in self.family(name)}
        return digest({name: self.source(name) for name in sorted(family)})

    def digests(self, names: Iterable[str]) -> dict[str, str]:
        """Content address of each template and of each that they include, by name."""
        family = {found for name in names for found in self.family(name)}
        return {name: digest(self.source(name)) for name in sorted(family)}

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


def delimiter(text: str, name: str = "document") -> str:
    """A tag's name that the text does not have, so that nothing in it can close the tag: else `document2`, ….

    In templates: `{% set tag = delimiter(context) %}`, then `<{{ tag }}>` and `</{{ tag }}>` around it.
    """
    names = (f"{name}{number}" if number > 1 else name for number in count(1))
    return next(one for one in names if f"{one}>" not in str(text))


def render(template: Template, variables: Mapping[str, JSON]) -> tuple[Message, ...]:
    """The messages of a template. Without role tags the whole text is one user message.

    Raises ConfigError with the template and the line: an undefined variable (with the variables that
    exist), text outside of all messages, an error of an expression.
    """
    messages = []
    for role, text in _turns(_pieces(template, variables)):
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


def _pieces(template: Template, variables: Mapping[str, JSON]) -> list[str]:
    """The output as it is made. `Template.generate` does the same, but adds the globals far more slowly."""
    environment = template.environment
    context = environment.context_class(
        environment, {**environment.globals, **variables}, template.name, template.blocks
    )
    try:
        return list(template.root_render_func(context))
    except Exception:  # noqa: BLE001  an expression of a template may raise anything
        try:
            template.environment.handle_exception()  # raises it again, with the template's own lines
        except Exception as error:  # noqa: BLE001
            raise _explained(error, template, variables) from None


def _turns(pieces: list[str]) -> list[tuple[Role | None, str]]:
    """Splits pieces at the marks; None is the role of what stands outside of every message."""
    turns: list[tuple[Role | None, str]] = []
    role: Role | None = None
    turn: list[str] = []
    marked = False
    for piece in pieces:
        if type(piece) is _Value or piece not in _MARKS:
            turn.append(piece)
            continue
        turns.append((role, _trimmed(turn)))
        role, turn, marked = _MARKS[piece], [], True
    if pieces and not marked:
        role = "user"
    turns.append((role, _trimmed(turn)))
    return turns


def _trimmed(pieces: list[str]) -> str:
    """The text without the template's own white space at both ends; values are left alone."""
    start, end = 0, len(pieces)
    while start < end and not (first := _stripped(pieces[start], str.lstrip)):
        start += 1
    while end > start and not (last := _stripped(pieces[end - 1], str.rstrip)):
        end -= 1
    if end - start <= 1:
        return "".join(_stripped(piece, str.strip) for piece in pieces[start:end])
    return "".join([first, *pieces[start + 1 : end - 1], last])


def _stripped(piece: str, strip: Callable[[str], str]) -> str:
    return piece if type(piece) is _Value else strip(piece)


def _refuse_buffered_roles(tree: nodes.Template, name: str) -> None:
    """Macros and captured blocks turn their output into one text, where a role would be lost."""
    for block in tree.find_all((nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock)):
        if any(text.data in _MARKS for text in block.find_all(nodes.TemplateData)):
            raise ConfigError(
                "role tags cannot stand in a macro, call, filter or set block", path=name, line=block.lineno
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
