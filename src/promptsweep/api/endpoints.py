"""The endpoints of a workspace: which have their key, and models of those that have none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptsweep.models import Model
from promptsweep.models.endpoints import Endpoint, Shorthand, catalog
from promptsweep.models.keys import variable
from promptsweep.urls import shown
from promptsweep.workspace import Workspace

if TYPE_CHECKING:
    from promptsweep.models.openai import OpenAIModel


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
        url = shown(_url(endpoint, workspace))
        yield EndpointState(name, url, endpoint.key, not _lacks_key(endpoint, workspace))


def short_names(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Short names of `runners/models.yaml`, and the model that each means, with where a tuned one is from."""
    for name, short in catalog(workspace).models.items():
        tuned = f"; {short.lineage}" if short.lineage else ""
        yield name, f"{short.endpoint}/{short.name}{tuned}"


def without_key(
    references: Iterable[str], workspace: Workspace, kind: type[OpenAIModel] | None = None
) -> Mapping[str, Model]:
    """Those of the models whose key is not set, made without it: they can be planned for, not asked."""
    from promptsweep.models.openai import OpenAIModel

    make, found = kind or OpenAIModel, {}
    for reference in references:
        meant = _meant(reference, workspace)
        if meant is not None and _lacks_key(meant[1], workspace):
            short, endpoint = meant
            url = _url(endpoint, workspace)
            found[reference] = make(
                reference, endpoint, short.name, base_url=url, key=None, defaults=short.params
            )
    return found


def unsent_embedder(reference: str, workspace: Workspace) -> Model:
    """An embedder to plan for: one whose key is not set is made without it."""
    from promptsweep.models.embedders import OpenAIEmbedder, load

    return without_key([reference], workspace, OpenAIEmbedder).get(reference) or load(reference, workspace)


def missing_key(reference: str, workspace: Workspace) -> str | None:
    """The environment variable that a model needs and that is not set; None where nothing is missing."""
    meant = _meant(reference, workspace)
    return meant[1].key if meant is not None and _lacks_key(meant[1], workspace) else None


def variables(references: Iterable[str], workspace: Workspace) -> dict[str, str]:
    """The environment variables that these models' endpoints name, and their values: keys among them."""
    found = {}
    for reference in references:
        meant = _meant(reference, workspace)
        names = (meant[1].key, meant[1].url_from) if meant is not None else ()
        found.update({name: variable(name, workspace) for name in names if name})
    return {name: value for name, value in found.items() if value is not None}


def is_served(reference: str, workspace: Workspace) -> bool:
    """Whether a model is one of a known endpoint, with or without its key."""
    return _meant(reference, workspace) is not None


def _meant(reference: str, workspace: Workspace) -> tuple[Shorthand, Endpoint] | None:
    """A model's name with its parameters, and its endpoint; None where no endpoint serves it."""
    known = catalog(workspace)
    endpoint_name, _, name = re.sub("[/:]", "\0", reference, count=1).partition("\0")
    short = known.models.get(reference) or Shorthand(endpoint=endpoint_name, name=name)
    endpoint = known.endpoints.get(short.endpoint)
    return None if endpoint is None or not short.name else (short, endpoint)


def _lacks_key(endpoint: Endpoint, workspace: Workspace) -> bool:
    return endpoint.key is not None and variable(endpoint.key, workspace) is None


def _url(endpoint: Endpoint, workspace: Workspace) -> str:
    given = variable(endpoint.url_from, workspace) if endpoint.url_from else None
    return given or endpoint.base_url or f"the URL in {endpoint.url_from}"
