"""Fixtures of the tests of datasets."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_datasets import Make, maker


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return maker(tmp_path)
