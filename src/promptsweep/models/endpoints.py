"""`models.yaml`: where models are served and how to talk to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, TypeVar

from annotated_types import Ge, Gt
from pydantic import BeforeValidator

from promptsweep import config
from promptsweep.errors import ConfigError
from promptsweep.models.batch_terms import Terms, terms_of
from promptsweep.models.limits import Limits
from promptsweep.models.lineage import Lineage
from promptsweep.models.retry import Retries
from promptsweep.types import JSON
from promptsweep.urls import shown
from promptsweep.workspace import Workspace

FILE = "models.yaml"
RESERVED = ("local", "gguf", "replay")
"""References that mean something else, so that no endpoint or short name may take them."""
VARIABLE = r"[A-Z_][A-Z0-9_]*|[a-z_]+"
"""An environment variable's name. Keys have both cases, or digits in lower case, and are never printed."""

T = TypeVar("T", "Endpoint", "Shorthand")
ReplyFormat: TypeAlias = Literal["json_schema", "json_object"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars per million tokens."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    input: Annotated[float, Ge(0)]
    output: Annotated[float, Ge(0)]
    cached: Annotated[float, Ge(0)] | None = None
    """For prompt tokens that the endpoint had in its cache. Default: as `input`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Models of an endpoint that take other parameters than the rest."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    match: str
    """Regular expression that their whole name matches."""
    rename: dict[str, str] = field(default_factory=dict)
    refuse: list[str] = field(default_factory=list)
    response_format: ReplyFormat | None = None
    think_tags: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One OpenAI-compatible server."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    base_url: str | None = None
    url_from: str | None = None
    """Environment variable that is used in place of `base_url` where it is set."""
    key: str | None = None
    """Environment variable (or line of `.env`) that holds the API key. None: no key is sent."""
    key_header: str = "Authorization"
    """Header that carries the key: `Authorization` as a bearer token, any other the key alone."""
    path: str = "/chat/completions"
    """Appended to the base URL; `{model}` in it is the model's name."""
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    concurrency: Annotated[int, Ge(1)] = 16
    """Most calls in flight for one model; fewer while the endpoint suffers, unless `adaptive` is false."""
    adaptive: bool = True
    requests_per_minute: Annotated[float, Gt(0)] | None = None
    """Default: as the endpoint's headers say, else unlimited."""
    tokens_per_minute: Annotated[float, Gt(0)] | None = None
    timeout: Annotated[float, Gt(0)] = 600.0
    """Seconds that one attempt may take in all."""
    connect_timeout: Annotated[float, Gt(0)] = 10.0
    """Seconds that connecting may take."""
    first_byte_timeout: Annotated[float, Gt(0)] = 300.0
    """Seconds without a byte of the reply after which an attempt has failed."""
    retries: Retries = field(default_factory=Retries)
    params: dict[str, JSON] = field(default_factory=dict)
    """Defaults of the sampling parameters."""
    rename: dict[str, str] = field(default_factory=dict)
    """The endpoint's own names for parameters: `{seed: random_seed}`."""
    refuse: list[str] = field(default_factory=list)
    """Parameters that it rejects or silently ignores."""
    response_format: ReplyFormat = "json_schema"
    """Whether it holds replies to a schema, or to JSON alone: then a schema is left to the prompt."""
    think_tags: bool = False
    """Whether its models write reasoning into the reply, as `<think>…</think>`, which is then kept apart."""
    families: list[Family] = field(default_factory=list)
    """The first that matches a model is added to `rename` and `refuse`, and goes before the other two."""
    prices: dict[str, Price] = field(default_factory=dict)
    """By model, or by a pattern such as `*`."""
    context: dict[str, Annotated[int, Ge(1)]] = field(default_factory=dict)
    """Tokens of prompt and reply together, by model or pattern. Default: as the genai-prices package says."""
    provider: str | None = None
    """Its name in the genai-prices package, for models without a price here."""
    batch: Annotated[Terms | None, BeforeValidator(terms_of)] = None
    """Its Batch API, where it has OpenAI's; a number is short for `{price: 0.5}`."""

    @property
    def limits(self) -> Limits:
        """What it allows each model."""
        return Limits(
            concurrency=self.concurrency,
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
            adaptive=self.adaptive,
        )

    def names(self, model: str) -> dict[str, str]:
        """The parameters that have another name for this model, and which."""
        return self.rename | self._family(model).rename

    def refused(self, model: str) -> list[str]:
        """The parameters that this model does not take."""
        return [*self.refuse, *self._family(model).refuse]

    def reply_format(self, model: str) -> ReplyFormat:
        """What this model's replies can be held to."""
        return self._family(model).response_format or self.response_format

    def writes_think_tags(self, model: str) -> bool:
        """Whether this model writes its reasoning into the reply."""
        own = self._family(model).think_tags
        return self.think_tags if own is None else own

    def _family(self, model: str) -> Family:
        return next((one for one in self.families if re.fullmatch(one.match, model)), Family(match=""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shorthand:
    """A short name for a model with parameters of its own."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    endpoint: str
    name: str
    params: dict[str, JSON] = field(default_factory=dict)
    lineage: Lineage | None = None
    """Where it comes from; None for a model that nobody here tuned."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All endpoints and short names a sweep may use."""

    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    models: Mapping[str, Shorthand] = field(default_factory=dict)


def catalog(workspace: Workspace) -> Catalog:
    """Built-in presets, and over them the workspace's `runners/models.yaml`, key by key."""
    endpoints: dict[str, dict[str, Any]] = {}
    models: dict[str, Shorthand] = {}
    for path in reversed([root / "runners" / FILE for root in workspace.roots]):
        if path.is_file():
            layer = _layer(path, path.stat().st_mtime_ns)
            models |= layer.models
            for name, keys in layer.endpoints.items():
                endpoints[name] = endpoints.get(name, {}) | keys
    return Catalog({name: Endpoint(**keys) for name, keys in endpoints.items()}, models)


def is_url(text: str) -> bool:
    """Whether a text can be a base URL."""
    return text.startswith(("http://", "https://"))


@lru_cache(maxsize=8)
def _layer(path: Path, modified: int) -> _Layer:  # noqa: ARG001  read again when it was modified
    return _Layer.read(path)


@dataclass(frozen=True, slots=True)
class _Layer:
    """One file, validated: of each endpoint only the keys that are written, as objects."""

    endpoints: dict[str, dict[str, Any]]
    models: dict[str, Shorthand]

    @classmethod
    def read(cls, path: Path) -> _Layer:
        data = config.read_yaml(path)
        config.validate(data, _Sections, path)
        endpoints = {}
        for name, node, endpoint in _entries(data, "endpoints", Endpoint, path):
            _check_endpoint(endpoint, node, path)
            written = {one.name: getattr(endpoint, one.name) for one in fields(endpoint) if one.name in node}
            endpoints[name] = written
        models = {name: short for name, _, short in _entries(data, "models", Shorthand, path)}
        return cls(endpoints, models)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sections:
    __pydantic_config__: ClassVar = {"extra": "forbid"}

    endpoints: dict[str, Any] = field(default_factory=dict)
    models: dict[str, Any] = field(default_factory=dict)


def _entries(
    data: Mapping[str, Any], section: str, into: type[T], path: Path
) -> Iterator[tuple[str, Mapping[str, Any], T]]:
    for name, node in data.get(section, {}).items():
        line = config.line_of(data, (section, name))
        if name in RESERVED or (section == "endpoints" and re.search("[/:]", name)):
            raise ConfigError(f"{name!r} cannot be a name in {section}", path=path, line=line)
        try:
            yield name, node, config.validate(node, into, path)
        except ConfigError as error:
            raise ConfigError(f"{name}: {error.message}", path=path, line=error.line or line) from None


def _check_endpoint(endpoint: Endpoint, node: Mapping[str, Any], path: Path) -> None:
    for index, family in enumerate(endpoint.families):
        try:
            re.compile(family.match)
        except re.error as error:
            line = config.line_of(node, ("families", index, "match"))
            message = f"match: not a regular expression: {error}"
            raise ConfigError(message, path=path, line=line) from None
    if endpoint.key is not None and not re.fullmatch(VARIABLE, endpoint.key):
        message = "key must be the name of the environment variable that holds the key, such as ACME_KEY"
        raise ConfigError(message, path=path, line=config.line_of(node, ("key",)))
    base_url = endpoint.base_url
    if base_url is not None and not is_url(base_url):
        message = f"base_url must begin with http:// or https://, not {shown(base_url)!r}"
        raise ConfigError(message, path=path, line=config.line_of(node, ("base_url",)))
