"""Ray, started on this machine or reached at an address."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptsweep.api.engines import ENGINES
from promptsweep.errors import ConfigError, MissingExtraError, unknown
from promptsweep.workspace import Workspace

CONNECT = 10.0
"""Seconds until the head of a cluster must have accepted a connection."""
STORE_BYTES = 80 << 20
"""Ray's object store on this machine, the least that Ray takes: messages are small and do not need it."""
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": "(?s).*",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_RUNTIME_ENV_IGNORE_GITIGNORE": "1",
}
"""No telemetry, nothing printed between our lines, and data that git ignores is shipped like other data."""
SHIPPED = ["/*", "!/.", "!/prompts", "!/datasets", "!/runners", ".env"]
"""What a worker elsewhere gets of a workspace (by what it does not get): never `.env`, never the store."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the workers of a run are to be."""

    workspace: Workspace
    address: str | None = None
    """`auto`, `host:port` or `ray://host:port`; None: a private cluster on this machine."""
    workers: int | None = None
    """Default: one for each processor."""
    recording: Path | None = None
    """The recording that stands in for the models, as `--replay` names it."""
    live_misses: bool = False


def chosen_cluster(
    workspace: Workspace,
    engine: str | None = None,
    *,
    address: str | None = None,
    workers: int | None = None,
    recording: Path | None = None,
    live_misses: bool = False,
) -> Cluster | None:
    """The cluster that an engine, an address or a number of workers means; None for the other engines.

    ConfigError where they contradict each other.
    """
    implied = "local" if address is None and workers is None else "ray"
    engine = engine or implied
    if engine not in ENGINES:
        raise ConfigError(unknown("engine", engine, ENGINES))
    if engine == "ray":
        return Cluster(workspace, address, workers, recording, live_misses)
    if implied == "ray":
        raise ConfigError(f"--workers and --address are for --engine ray, not for {engine}")
    return None


@dataclass(frozen=True, slots=True)
class Hands:
    """A cluster that is there."""

    cluster: Cluster
    ray: Any
    """The package, connected."""
    workers: int


@contextlib.contextmanager
def connected(cluster: Cluster | None) -> Iterator[Hands | None]:
    """The cluster while it is needed; None for none. ConfigError where there is none at its address."""
    if cluster is None:
        yield None
        return
    os.environ.update({name: os.environ.get(name, value) for name, value in QUIET.items()})
    try:
        import ray
    except ImportError:
        raise MissingExtraError("--engine ray", "ray") from None
    started = not ray.is_initialized()
    if started:
        with _own_signals():
            _start(ray, cluster)
    try:
        yield Hands(cluster, ray, cluster.workers or _processors(ray))
    finally:
        if started:
            ray.shutdown()


def _start(ray: Any, cluster: Cluster) -> None:
    options: dict[str, Any] = {"address": cluster.address or "local", "log_to_driver": False}
    options |= {"logging_level": "critical", "configure_logging": True}
    if cluster.address is None:
        options |= {"num_cpus": cluster.workers, "object_store_memory": STORE_BYTES}
        options |= {"include_dashboard": False}
    else:
        options["runtime_env"] = {"working_dir": str(cluster.workspace.root), "excludes": SHIPPED}
    try:
        _reach(cluster.address)
        ray.init(**options)
    except (OSError, ImportError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        where = f"at {cluster.address}" if cluster.address else "on this machine"
        reason = str(error).strip().splitlines()[0].rstrip(".")
        known = cluster.address is None or "RAY_AUTH_MODE" in os.environ or getattr(error, "errno", None)
        secured = "" if known else ". One with tokens needs RAY_AUTH_MODE=token"
        raise ConfigError(f"no Ray cluster can be used {where}: {reason}{secured}") from None


def _reach(address: str | None) -> None:
    """Raises OSError where nobody listens at an address: Ray would try for minutes."""
    host, _, port = (address or "").rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), CONNECT).close()


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Ray sets a handler for SIGTERM that prints a traceback; ours stays."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _processors(ray: Any) -> int:
    return max(1, int(ray.cluster_resources().get("CPU", 1)))
