"""The file of a baseline: JSON that git shows well, a line for each arm and for each sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import orjson

from promptsweep import config
from promptsweep.errors import ConfigError, unknown
from promptsweep.reports.baselines import FORMAT, Baseline, BaselineArm, Key, keys_of
from promptsweep.reports.objects import Place, read_text, stored
from promptsweep.reports.rows import dumps
from promptsweep.types import JSON
from promptsweep.urls import is_url, shown
from promptsweep.workspace import Workspace

_BULKY = ("values", "answers")
"""Of an arm: what is kept sample by sample."""
_HEAD = ("sweep", "run", "created", "repeats", "limit", "versions")


def write_baseline(baseline: Baseline, place: Place) -> int:
    """Writes the file (a path, its folder too, or a URL) and returns its bytes.

    The same baseline gives the same bytes. Raises ConfigError where it cannot be written.
    """
    content = baseline_text(baseline).encode()
    with stored(place) as path:
        path.write_bytes(content)
    return len(content)


def baseline_text(baseline: Baseline) -> str:
    """The file's text. A sample's line holds its id, its content's mark and a list of values for each arm."""
    datasets = sorted({arm.dataset for arm in baseline.arms})
    parts = [
        f'"format":{FORMAT}',
        *(f"{dumps(name)}:{dumps(getattr(baseline, name))}" for name in _HEAD),
        f'"arms":{_block("[]", [dumps(_arm(arm)) for arm in baseline.arms])}',
    ]
    for name in _BULKY:
        blocks = [f"{dumps(one)}:{_block('[]', list(_lines(baseline, one, name)))}" for one in datasets]
        if name == "values" or any(arm.answers for arm in baseline.arms):
            parts.append(f"{dumps(name)}:{_block('{}', blocks)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _block(brackets: str, lines: Sequence[str]) -> str:
    opening, closing = brackets[0], brackets[1]
    return f"{opening}\n" + ",\n".join(lines) + f"\n{closing}" if lines else brackets


def _arm(arm: BaselineArm) -> dict[str, JSON]:
    found = {name: value for name, value in asdict(arm).items() if name not in _BULKY}
    return {
        name: dict(sorted(value.items())) if isinstance(value, dict) else value
        for name, value in found.items()
    }


def _lines(baseline: Baseline, dataset: str, what: str) -> Iterator[str]:
    arms = [arm for arm in baseline.arms if arm.dataset == dataset]
    for key in keys_of(arms, dataset):
        yield dumps([*key, *(_cell(getattr(arm, what).get(key)) for arm in arms)])


def _cell(values: Sequence[Any] | None) -> list[Any] | None:
    """Whole numbers without `.0`, which half of all scores are."""
    if values is None:
        return None
    return [int(one) if isinstance(one, float) and one.is_integer() else one for one in values]


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """The file's content, as it is read."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    format: int
    sweep: str
    run: str
    created: str
    repeats: int
    limit: int | None
    versions: dict[str, JSON]
    arms: list[BaselineArm]
    values: dict[str, list[list[Any]]]
    answers: dict[str, list[list[Any]]] = field(default_factory=dict)


def read_baseline(place: Place) -> Baseline:
    """The baseline in a file or at a URL; ConfigError, in one line, for one absent, damaged or newer."""
    text, path = read_text(place), shown(place) if is_url(place) else Path(place)
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"damaged: {error.msg}{_conflict(text)}", path=path, line=error.lineno) from None
    if not isinstance(content, dict) or not isinstance(content.get("format"), int):
        raise ConfigError("no baseline: promptsweep baseline save RUN makes one", path=path)
    if content["format"] > FORMAT:
        raise ConfigError(
            f"written by a newer promptsweep (format {content['format']}, this one knows {FORMAT}): "
            "pip install -U promptsweep",
            path=path,
        )
    found = config.validate(content, _File, path)
    return Baseline(
        **{name: getattr(found, name) for name in _HEAD},
        arms=tuple(_filled(found, path)),
        path=path,
    )


def named_baseline(reference: str, workspace: Workspace) -> Baseline:
    """The baseline of a sweep's name, in a file or at a URL; ConfigError with the nearest name."""
    if is_url(reference) or Path(reference).is_file():
        return read_baseline(reference)
    known = {path.stem: path for path in _paths(workspace)}
    if reference not in known:
        raise ConfigError(unknown("baseline", reference, known))
    return read_baseline(known[reference])


def find_baselines(workspace: Workspace) -> list[Baseline]:
    """All baselines of a workspace, by name."""
    return [read_baseline(path) for path in _paths(workspace)]


def _paths(workspace: Workspace) -> list[Path]:
    return sorted((workspace.root / "reports" / "baselines").glob("*.json"))


def _conflict(text: str) -> str:
    return " (git left conflict marks in it)" if "\n<<<<<<<" in f"\n{text}" else ""


def _filled(found: _File, path: Path | str) -> Iterator[BaselineArm]:
    """The arms with what is kept of their samples."""
    from dataclasses import replace

    places: dict[str, int] = {}
    for arm in found.arms:
        place = places.setdefault(arm.dataset, 0)
        places[arm.dataset] += 1
        siblings = sum(one.dataset == arm.dataset for one in found.arms)
        values = _column(found.values.get(arm.dataset, []), place, siblings, path)
        answers = _column(found.answers.get(arm.dataset, []), place, siblings, path)
        if any(len(one) != len(arm.columns) or not all(map(_is_value, one)) for one in values.values()):
            raise ConfigError(f"damaged: values of {arm.label!r} do not fit its columns", path=path)
        if any(not isinstance(one, str | None) for row in answers.values() for one in row):
            raise ConfigError(f"damaged: an answer of {arm.label!r} is no text", path=path)
        yield replace(arm, values=values, answers=answers)


def _is_value(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _column(
    rows: Sequence[Sequence[Any]], place: int, siblings: int, path: Path | str
) -> Mapping[Key, tuple[Any, ...]]:
    """The cells of one arm by sample."""
    found: dict[Key, tuple[Any, ...]] = {}
    for row in rows:
        if len(row) != 2 + siblings or not all(isinstance(one, str) for one in row[:2]):
            raise ConfigError(f"damaged: sample {row[:1]} has not a cell for each arm", path=path)
        cell = row[2 + place]
        if isinstance(cell, list):
            found[row[0], row[1]] = tuple(cell)
        elif cell is not None:
            raise ConfigError(f"damaged: a cell of sample {row[0]!r} is no list", path=path)
    return found
