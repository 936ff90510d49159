"""Where a price comes from, and of which day it is: what people should see beside an estimate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import version
from typing import Any

from promptsweep.models.endpoints import FILE, Endpoint, catalog
from promptsweep.models.prices import MILLION, batch_rates, endpoint_rates
from promptsweep.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Quote:
    """What a model charges, and who says so."""

    input: float
    """US dollars per million prompt tokens (of short prompts, where long ones are dearer)."""
    output: float
    """US dollars per million reply tokens."""
    source: str
    """`runners/models.yaml`, or `genai-prices` with its version."""
    date: date | None
    """models.yaml: when it was last changed. genai-prices: the newest dated price in it, so that its prices
    are of that day or later."""


def quote(reference: str, workspace: Workspace, *, batch: bool = False) -> Quote | None:
    """The price of a model as a sweep names it; None where it is unknown or the model has no endpoint.

    With `batch`, that of an endpoint's Batch API.
    """
    known = catalog(workspace)
    short = known.models.get(reference)
    parts = re.split("[/:]", reference, maxsplit=1)
    endpoint_name, model = (short.endpoint, short.name) if short else (parts[0], parts[-1])
    endpoint = known.endpoints.get(endpoint_name)
    rates = None if endpoint is None else endpoint_rates(endpoint, model)
    if endpoint is None or rates is None:
        return None
    source, day = _models_yaml(workspace) if _is_own(endpoint, model) else _package()
    if batch and endpoint.batch is not None:
        part = endpoint.batch.price
        in_batches = batch_rates(endpoint, model, part)
        source += ", batch" if in_batches != rates.times(part) else f", times {part:g} for batches"
        rates = in_batches or rates
    return Quote(rates.input[0][1] * MILLION, rates.output[0][1] * MILLION, source, day)


def _is_own(endpoint: Endpoint, model: str) -> bool:
    return any(fnmatchcase(model, pattern) for pattern in endpoint.prices)


def _models_yaml(workspace: Workspace) -> tuple[str, date | None]:
    path = workspace.locate("runners", FILE)
    changed = None if path is None else datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    return f"runners/{FILE}", changed


def _package() -> tuple[str, date | None]:
    return f"genai-prices {version('genai-prices')}", _newest_price()


@cache
def _newest_price() -> date | None:
    """The newest day up to today from which a price in genai-prices holds."""
    from genai_prices.data import providers

    today = datetime.now(UTC).date()
    days = (day for provider in providers for model in provider.models for day in _days(model))
    return max((day for day in days if day <= today), default=None)


def _days(model: Any) -> Iterator[date]:
    dated = [*(model.prices if isinstance(model.prices, list) else ()), *(model.price_variants or ())]
    for price in dated:
        day = getattr(price.constraint, "start_date", None)
        if day is not None:
            yield day
