"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clusters import TEMPLATE, Cluster, running
from promptsweep.reports import open_store
from promptsweep.workspace import Workspace

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real datasets beside the repository; a user does not have them, and then the test is skipped."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data beside the repository")
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for this process; its database `made` holds the tables of a new store."""
    with running() as found:
        found.execute(f"CREATE DATABASE {TEMPLATE}")
        open_store(Workspace(Path.cwd()), found.url(TEMPLATE)).close()
        yield found


@pytest.fixture
def database(cluster: Cluster) -> str:
    """The URL of a new store on PostgreSQL."""
    return cluster.url(cluster.make(TEMPLATE))
