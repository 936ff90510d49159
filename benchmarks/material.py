"""What is measured: short classification samples, in a workspace as a user would write it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

INSTRUCTION = "Judge the mood of the text."
SYSTEM = f"{INSTRUCTION}\nLabels: good, bad.\nReply with the label alone."
STORE = "reports/promptsweep.db"


def texts(count: int) -> Iterator[str]:
    """The inputs: all different, about 75 characters each."""
    return (
        f"This is sentence number {i:07d}, it is quite fine and long enough to matter." for i in range(count)
    )


def workspace(
    root: Path, samples: int, strategy: str | Mapping[str, Any] = "zero_shot", **endpoint: Any
) -> Path:
    """A workspace with the dataset `mood`, the sweep `bench` and the endpoint `bench`; returns its folder."""
    for name in ("prompts", "datasets", "runners", "reports"):
        (root / name).mkdir(parents=True, exist_ok=True)
    card = {"task": "classification", "labels": ["good", "bad"], "instruction": INSTRUCTION}
    sweep = {"name": "bench", "datasets": "mood", "models": "bench/bench", "strategies": [strategy]}
    _write(root / "datasets/mood.yaml", card)
    _write(root / "runners/bench.yaml", {**sweep, "metrics": ["accuracy"]})
    _write(
        root / "runners/models.yaml", {"endpoints": {"bench": {"base_url": "http://127.0.0.1", **endpoint}}}
    )
    with (root / "datasets/mood.test.jsonl").open("w", encoding="utf-8") as file:
        for i, text in enumerate(texts(samples)):
            file.write(json.dumps({"id": f"s{i}", "input": text, "target": ("good", "bad")[i % 2]}) + "\n")
    return root


def stored_bytes(root: Path) -> int:
    """Size of the workspace's store, journal included."""
    return sum(file.stat().st_size for file in (root / STORE).parent.glob(f"{Path(STORE).name}*"))


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
