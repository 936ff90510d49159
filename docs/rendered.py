"""Writes rendered.md: what each shipped strategy sends first, for a row of a shipped dataset.

`python docs/rendered.py`; a test holds the file to the templates.
"""

from __future__ import annotations

from pathlib import Path

from promptsweep.cli.views.rendering import rendered
from promptsweep.workspace import Workspace

HERE = Path(__file__).parent
HEAD = """# What each strategy sends

The messages of its first call, for the first row of a dataset that suits it, as `promptsweep render` prints
them. Made by `docs/rendered.py`. What the strategies are for: [strategies.md](strategies.md).
"""
EXAMPLES: dict[str, tuple[str, list[str]]] = {
    "zero_shot": ("reviews_en", []),
    "bare": ("reviews_en", []),
    "few_shot": ("reviews_en", ["k=2"]),
    "few_shot_inline": ("reviews_ko", ["k=2"]),
    "chain_of_thought": ("word_problems", ["k=1"]),
    "chain_of_thought_two_call": ("word_problems", []),
    "chain_of_thought_answer_first": ("word_problems", ["k=1"]),
    "self_consistency": ("word_problems", []),
    "decompose": ("word_problems", []),
    "skeleton_of_thought": ("questions", []),
    "chain_of_density": ("articles", []),
    "compress": ("articles", []),
    "retry_to_length": ("articles", []),
    "source_only": ("passages", []),
    "retrieve": ("passages", ["top=1"]),
    "structured": ("orders", []),
    "conversation": ("conversations", []),
    "tool_loop": ("errands", []),
}
"""Strategy → dataset and parameters."""


def page() -> str:
    """The whole file."""
    return "\n".join([HEAD, *(_section(name, *EXAMPLES[name]) for name in EXAMPLES)])


def _section(name: str, dataset: str, params: list[str]) -> str:
    messages = rendered(
        name,
        params,
        dataset=dataset,
        split=None,
        sample=None,
        system="none",
        workspace=Workspace(HERE.parent),
    )
    options = [f"--dataset {dataset}", *(f"--param {one}" for one in params)]
    words = " ".join(["promptsweep render", name, *options])
    turns = "\n\n".join(f"── {message.role} ──\n{message.content}" for message in messages)
    return f"## {name}\n\n`{words}`\n\n````text\n{turns}\n````\n"


if __name__ == "__main__":
    (HERE / "rendered.md").write_text(page(), encoding="utf-8")
