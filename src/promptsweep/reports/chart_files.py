"""The charts of a run as pictures, for slides and papers."""

from __future__ import annotations

import re
from pathlib import Path

from promptsweep.errors import ConfigError
from promptsweep.reports.document import document
from promptsweep.reports.drawings import Drawing, check_extra, drawings
from promptsweep.reports.efficiency import worth
from promptsweep.reports.store import Store
from promptsweep.words import speaking

WIDTH = 720
"""Pixels between the axes."""
SCALE = 2
"""Of the PNG, so that it is sharp where pixels are small."""


def write_charts(store: Store, run: str, folder: Path, language: str = "en") -> list[Path]:
    """Writes each chart into `folder` as `<dataset>-<chart>.png` and `.svg`; returns the paths.

    Raises MissingExtraError without the extra `report`, ConfigError for an unknown run or language and
    where the folder cannot be written.
    """
    check_extra("writing charts")
    paths = []
    with speaking(language):
        found, costs = document(store, run), {one.dataset: one for one in worth(store, run)}
        for place, chapter in enumerate(found.chapters, 1):
            for one in drawings(chapter, costs.get(chapter.dataset)):
                paths += _write(one, folder / f"{place}-{_file_name(chapter.dataset)}-{one.name}")
    return paths


def _write(drawing: Drawing, stem: Path) -> list[Path]:
    """Both forms of a chart."""
    import vl_convert

    from promptsweep.reports.charts.themes import picture_theme
    from promptsweep.reports.charts.vega import specification, version

    spec = specification(drawing.chart.properties(width=WIDTH, title=drawing.title), picture_theme())
    png = vl_convert.vegalite_to_png(spec, vl_version=version(), scale=SCALE, allowed_base_urls=[])
    svg = vl_convert.vegalite_to_svg(spec, vl_version=version(), allowed_base_urls=[])
    paths = [stem.with_name(f"{stem.name}.{form}") for form in ("png", "svg")]
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, (png, svg.encode()), strict=True):
            path.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=stem.parent) from None
    return paths


def _file_name(dataset: str) -> str:
    """The dataset's name with only what every file system takes."""
    return re.sub(r"[^\w.-]+", "-", dataset).strip("-.")[:60] or "dataset"
