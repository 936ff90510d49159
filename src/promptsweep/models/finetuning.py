"""Fine-tuning jobs of an OpenAI-compatible endpoint, through the `openai` package."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptsweep.errors import ConfigError, ModelError, RunFatalError, ServerError, unknown
from promptsweep.models import failures, keys
from promptsweep.models.endpoints import catalog
from promptsweep.models.loading import base_url_of
from promptsweep.types import JSON
from promptsweep.urls import shown
from promptsweep.workspace import Workspace

if TYPE_CHECKING:
    from openai import OpenAI

ENDED = frozenset({"succeeded", "failed", "cancelled"})
"""Statuses that no longer change."""
HYPERPARAMETERS = ("n_epochs", "batch_size", "learning_rate_multiplier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as the endpoint tells it."""

    id: str
    status: str
    """`validating_files`, `queued`, `running`, `succeeded`, `failed` or `cancelled`."""
    model: str
    """What is tuned, as the endpoint knows it."""
    tuned: str | None
    """The tuned model, once there is one."""
    created: datetime
    trained_tokens: int | None
    error: str | None
    method: str
    notes: Mapping[str, str]
    """What whoever started it noted with it."""

    @property
    def ended(self) -> bool:
        """Whether its status no longer changes."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a job."""

    id: str
    created: datetime
    level: str
    """`info`, `warn` or `error`."""
    message: str


class Jobs:
    """The fine-tuning jobs of one endpoint of models.yaml. Raises the sorted errors; none holds the key."""

    def __init__(self, name: str, workspace: Workspace):
        endpoints = catalog(workspace).endpoints
        if name not in endpoints:
            raise ConfigError(unknown("endpoint", name, endpoints))
        self.name, self._endpoint = name, endpoints[name]
        self._base_url = base_url_of(name, self._endpoint, workspace)
        self._key = keys.required(self._endpoint.key, workspace, name) if self._endpoint.key else None

    def upload(self, path: Path) -> str:
        """Uploads a training file; its id there. Sent again where the network fails: a spare copy is free."""
        with self._sorted():
            return self._client.files.create(file=path, purpose="fine-tune").id

    def create(
        self,
        model: str,
        training: str,
        validation: str | None,
        options: Mapping[str, JSON],
        notes: Mapping[str, str],
    ) -> Job:
        """Starts a job, which costs money, and so is asked for once: nothing is sent again.

        `options` are of `HYPERPARAMETERS`, `suffix` and `seed`; the vendor chooses what is not given.
        """
        own: Any = {name: options[name] for name in ("suffix", "seed") if name in options}
        own |= {"validation_file": validation} if validation else {}
        hyperparameters: Any = {name: options[name] for name in HYPERPARAMETERS if name in options}
        with self._sorted():
            found = self._client.with_options(max_retries=0).fine_tuning.jobs.create(
                model=model,
                training_file=training,
                method={"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
                metadata=dict(notes),
                **own,
            )
        return _job(found)

    def get(self, identity: str) -> Job:
        """A job as it is now."""
        with self._sorted():
            return _job(self._client.fine_tuning.jobs.retrieve(identity))

    def list(self, limit: int) -> list[Job]:
        """The newest jobs first."""
        with self._sorted():
            return [
                _job(one) for one in islice(self._client.fine_tuning.jobs.list(limit=min(limit, 100)), limit)
            ]

    def cancel(self, identity: str) -> Job:
        """Stops a job; the endpoint refuses it for one that has ended."""
        with self._sorted():
            return _job(self._client.fine_tuning.jobs.cancel(identity))

    def events(self, identity: str) -> Iterator[Event]:
        """What happened to a job, the newest first; later pages are fetched as they are asked for."""
        with self._sorted():
            for one in self._client.fine_tuning.jobs.list_events(identity, limit=100):
                yield Event(one.id, _moment(one.created_at), one.level, failures.excerpt(one.message))

    @cached_property
    def _client(self) -> OpenAI:
        from openai import Omit, OpenAI

        endpoint = self._endpoint
        headers: dict[str, Any] = dict(endpoint.headers)
        if endpoint.key_header.lower() != "authorization":
            headers |= {"Authorization": Omit(), endpoint.key_header: self._key or ""}
        return OpenAI(
            api_key=self._key or "none",
            base_url=self._base_url,
            default_headers=headers,
            default_query=dict(endpoint.query),
            timeout=endpoint.timeout,
        )

    @contextlib.contextmanager
    def _sorted(self) -> Iterator[None]:
        """Turns the package's errors into ours."""
        from openai import APIConnectionError, APIError, APIStatusError

        try:
            yield
        except APIStatusError as error:
            found = failures.sort(error.status_code, error.response.headers, error.response.content)
            raise self._named(found) from None
        except APIConnectionError as error:
            why, where = error.__cause__ or error, shown(self._base_url)
            raise self._named(ServerError(f"the connection to {where} failed: {why}")) from None
        except APIError as error:
            raise self._named(ServerError(f"not the reply of a fine-tuning endpoint: {error}")) from None

    def _named(self, error: ModelError) -> ModelError:
        hint = " (is this a fine-tuning endpoint?)" if type(error) is RunFatalError else ""
        return type(error)(keys.hide(f"{self.name}: {error}{hint}", self._key))


def _job(found: Any) -> Job:
    """Endpoints that are only like OpenAI's leave fields out."""
    error = getattr(found.error, "message", None) if getattr(found, "error", None) else None
    method = getattr(found, "method", None)
    return Job(
        id=found.id,
        status=found.status,
        model=found.model,
        tuned=getattr(found, "fine_tuned_model", None),
        created=_moment(found.created_at),
        trained_tokens=getattr(found, "trained_tokens", None),
        error=failures.excerpt(error) if error else None,
        method=method.type if method is not None else "supervised",
        notes=dict(getattr(found, "metadata", None) or {}),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
