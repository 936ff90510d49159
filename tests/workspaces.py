"""Small workspaces for tests, written to disk as a user would write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from promptsweep.workspace import Workspace

MOOD_TRAIN = [("It sparkles.", "good"), ("It drags.", "bad"), ("A delight.", "good"), ("A chore.", "bad")]
MOOD_TEST = [
    ("Warm and witty.", "good"),
    ("Cold and dull.", "bad"),
    ("I smiled all through.", "good"),
    ("I left early.", "bad"),
    ("Best of the year.", "good"),
    ("Worst of the year.", "bad"),
]


def write(root: Path, files: Mapping[str, Any]) -> Workspace:
    """A workspace of the given files; lists become JSONL, mappings JSON (which is YAML)."""
    for name in ("prompts", "datasets", "runners"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(content), encoding="utf-8")
    return Workspace(root.resolve())


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content)
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def rows(pairs: Sequence[tuple[str, Any]], prefix: str = "s") -> list[dict[str, Any]]:
    """Dataset rows of (input, target) pairs, with ids `s-0`, `s-1`, …"""
    return [
        {"id": f"{prefix}-{i}", "input": text, "target": target} for i, (text, target) in enumerate(pairs)
    ]


def mood(root: Path, **files: Any) -> Workspace:
    """A workspace with the dataset `mood`: six test and four train rows, labels good and bad."""
    base = {
        "datasets/mood.yaml": {
            "task": "classification",
            "labels": ["good", "bad"],
            "instruction": "Judge the mood.",
        },
        "datasets/mood.train.jsonl": rows(MOOD_TRAIN, "t"),
        "datasets/mood.test.jsonl": rows(MOOD_TEST),
    }
    return write(root, {**base, **files})
