"""Prices with their source and date."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from importlib.metadata import version

import pytest

from promptsweep.models.quotes import quote
from workspaces import write

MODELS = {
    "endpoints": {"acme": {"base_url": "http://acme.test/v1", "prices": {"big*": {"input": 3, "output": 9}}}},
    "models": {"short": {"endpoint": "acme", "name": "big-1"}},
}


@pytest.fixture
def workspace(tmp_path):
    made = write(tmp_path, {"runners/models.yaml": MODELS})
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "runners" / "models.yaml", (moment, moment))
    return made


@pytest.mark.parametrize("reference", ["acme/big-1", "acme:big-2", "short"])
def test_a_price_of_ones_own_is_of_the_day_of_its_file(workspace, reference):
    found = quote(reference, workspace)

    assert (found.input, found.output) == (pytest.approx(3), pytest.approx(9))
    assert (found.source, found.date) == ("runners/models.yaml", date(2026, 1, 31))


def test_a_vendors_price_names_the_release_and_a_day_that_is_not_to_come(workspace):
    found = quote("openai/gpt-4o-mini", workspace)

    assert (found.input, found.output) == (pytest.approx(0.15), pytest.approx(0.6))
    assert found.source == f"genai-prices {version('genai-prices')}"
    assert date(2025, 1, 1) < found.date <= datetime.now(UTC).date()


@pytest.mark.parametrize("reference", ["local", "replay:x.jsonl", "acme/small", "openai/none", "nowhere/m"])
def test_what_nobody_quotes_has_no_quote(workspace, reference):
    assert quote(reference, workspace) is None
