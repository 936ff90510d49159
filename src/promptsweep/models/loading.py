"""From a model's reference in a sweep to the model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from promptsweep.errors import ConfigError, unknown
from promptsweep.models import keys
from promptsweep.models.base import Model
from promptsweep.models.endpoints import Catalog, Endpoint, Shorthand, catalog, is_url
from promptsweep.models.forms import RequestForm
from promptsweep.workspace import Workspace

if TYPE_CHECKING:
    from promptsweep.models.openai import OpenAIModel

_REMOTE = re.compile(r"([^/:]+)[/:](.+)")


def load(reference: str, workspace: Workspace) -> Model:
    """The model that a reference means; nothing is sent or loaded into memory yet.

    `local`, `gguf:<path>`, `replay:<file>`, `<endpoint>/<name>`, or a short name from models.yaml. Raises
    ConfigError with the nearest name that exists, or the variable that should hold the endpoint's key.
    """
    if reference == "local":
        from promptsweep.models.embedded import local

        return local()
    kind, _, rest = reference.partition(":")
    if kind == "gguf":
        from promptsweep.models.embedded import from_file

        return from_file(reference, _file(rest, workspace))
    if kind == "replay":
        return _replay(reference, rest, workspace)
    from promptsweep.models.openai import OpenAIModel

    return remote(reference, workspace, OpenAIModel, also=["local", "gguf:<path>", "replay:<file>"])


def remote(reference: str, workspace: Workspace, kind: type[OpenAIModel], also: Sequence[str]) -> OpenAIModel:
    """A model of an endpoint, as `kind` speaks to it. Raises ConfigError, naming the choices `also`."""
    known = catalog(workspace)
    short = served(reference, known, also)
    endpoint = known.endpoints[short.endpoint]
    base_url = base_url_of(short.endpoint, endpoint, workspace)
    key = keys.required(endpoint.key, workspace, short.endpoint) if endpoint.key else None
    return kind(reference, endpoint, short.name, base_url=base_url, key=key, defaults=short.params)


def form_today(reference: str, recorded: RequestForm, workspace: Workspace) -> RequestForm:
    """What models.yaml says now of a model that was recorded, so that an edit of it is noticed.

    A base URL from the environment stays as it was recorded: it is no part of the workspace. So does the
    form of a model that no endpoint serves.
    """
    from promptsweep.models.openai import endpoint_form

    known = catalog(workspace)
    short = known.models.get(reference)
    if short is None and (found := _REMOTE.fullmatch(reference)):
        short = Shorthand(endpoint=found[1], name=found[2])
    endpoint = known.endpoints.get(short.endpoint) if short else None
    if short is None or endpoint is None or not is_url(recorded.base_url):
        return recorded
    base_url = recorded.base_url if endpoint.url_from else endpoint.base_url
    return endpoint_form(endpoint, short.name, base_url or recorded.base_url, short.params)


def served(reference: str, known: Catalog, also: Sequence[str] = ()) -> Shorthand:
    """The endpoint and name of a model that is served; ConfigError with the nearest choice, `also` those."""
    short = known.models.get(reference) or _long(reference, known, also)
    if short.endpoint not in known.endpoints:
        raise ConfigError(unknown("endpoint", short.endpoint, known.endpoints))
    return short


def _long(reference: str, known: Catalog, also: Sequence[str]) -> Shorthand:
    found = _REMOTE.fullmatch(reference)
    if found is None:
        choices = [*also, *known.models, *(f"{name}/<name>" for name in known.endpoints)]
        raise ConfigError(unknown("model", reference, choices))
    return Shorthand(endpoint=found[1], name=found[2])


def base_url_of(name: str, endpoint: Endpoint, workspace: Workspace) -> str:
    """Where an endpoint is served, by the environment or else models.yaml; ConfigError by neither."""
    given = keys.variable(endpoint.url_from, workspace) if endpoint.url_from else None
    if given is not None and not is_url(given):
        raise ConfigError(f"{endpoint.url_from} must begin with http:// or https://, not {given!r}")
    if given or endpoint.base_url:
        return given or str(endpoint.base_url)
    if endpoint.url_from:
        return keys.required(endpoint.url_from, workspace, name)
    raise ConfigError(f"endpoint {name!r} has no base_url in models.yaml")


def _replay(reference: str, rest: str, workspace: Workspace) -> Model:
    from promptsweep.models.keyed import read_header
    from promptsweep.models.recorded import stand_in
    from promptsweep.models.replay import ReplayModel

    given, _, model = rest.rpartition("#") if "#" in rest else (rest, "", "")
    path = _file(given, workspace)
    if read_header(path) is not None:
        return stand_in(reference, path, model or None)
    return ReplayModel(reference, path, model or None)


def _file(given: str, workspace: Workspace) -> Path:
    """A path as it is, or from the workspace's root."""
    path = Path(given).expanduser()
    for candidate in (path, workspace.root / path):
        if candidate.is_file():
            return candidate
    raise ConfigError(f"no such file: {given}")
