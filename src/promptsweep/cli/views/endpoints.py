"""The endpoints of a workspace: which have their key, and models of those that have none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from promptsweep.models import Model
from promptsweep.models.endpoints import Endpoint, catalog
from promptsweep.models.keys import variable
from promptsweep.workspace import Workspace


@dataclass(frozen=True, slots=True)
class EndpointState:
    """An endpoint, and whether it can be used. Never holds a key."""

    name: str
    url: str
    key: str | None
    """Environment variable of its key; None where it needs none."""
    ready: bool
    """Whether the key is set, or none is needed."""

    @property
    def state(self) -> str:
        """`needs no key`, `OPENAI_API_KEY is set`, `OPENAI_API_KEY is not set`."""
        return "needs no key" if self.key is None else f"{self.key} is {'' if self.ready else 'not '}set"


def endpoints(workspace: Workspace) -> Iterator[EndpointState]:
    """Every endpoint: the built-in presets and those of `runners/models.yaml`."""
    for name, endpoint in catalog(workspace).endpoints.items():
        url = _url(endpoint, workspace)
        yield EndpointState(name, url, endpoint.key, not _lacks_key(endpoint, workspace))


def short_names(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Short names of `runners/models.yaml`, and the model that each means."""
    for name, short in catalog(workspace).models.items():
        yield name, f"{short.endpoint}/{short.name}"


def without_key(references: Iterable[str], workspace: Workspace) -> Mapping[str, Model]:
    """Those of the models whose key is not set, made without it: they can be planned for, not asked."""
    from promptsweep.models.openai import OpenAIModel

    known, found = catalog(workspace), {}
    for reference in references:
        short = known.models.get(reference)
        endpoint_name, _, name = re.sub("[/:]", "\0", reference, count=1).partition("\0")
        endpoint = known.endpoints.get(short.endpoint if short else endpoint_name)
        if endpoint is not None and _lacks_key(endpoint, workspace):
            model, params = (short.name, short.params) if short else (name, {})
            url = _url(endpoint, workspace)
            found[reference] = OpenAIModel(
                reference, endpoint, model, base_url=url, key=None, defaults=params
            )
    return found


def _lacks_key(endpoint: Endpoint, workspace: Workspace) -> bool:
    return endpoint.key is not None and variable(endpoint.key, workspace) is None


def _url(endpoint: Endpoint, workspace: Workspace) -> str:
    given = variable(endpoint.url_from, workspace) if endpoint.url_from else None
    return given or endpoint.base_url or f"the URL in {endpoint.url_from}"
