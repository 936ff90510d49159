"""From Altair to what draws: specifications as JSON, and the version that their renderer must have."""

from __future__ import annotations

from typing import Any

import altair as alt


def specification(chart: Any, theme: dict[str, Any]) -> dict[str, Any]:
    """The chart as Vega-Lite in the given theme, with its data inside."""
    found: dict[str, Any] = chart.to_dict()
    return found | {"config": theme}


def version() -> str:
    """The version of Vega-Lite that Altair writes: `6.4`."""
    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
