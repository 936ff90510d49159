"""Makes a store with something to see on every page: `python docs/demo.py FOLDER`, in a few seconds.

A made-up team labels support tickets: a sweep over two models, the same check after each of six commits, and
the strategies of several calls on other datasets. The same every time, dates and commits included.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update
from students import Student

import promptsweep
from promptsweep.reports import open_store, schema
from promptsweep.workspace import Workspace

MODELS = {
    "small": Student(skill=0.52, pace=0.012, price=0.15).model("small"),
    "large": Student(skill=0.64, pace=0.03, price=2.5).model("large"),
}
BEGAN = datetime.fromisoformat("2026-11-02T08:30:00+00:00")
COMMITS = (
    ("First prompt", ""),
    ("Say which topic counts", "Decide by what is asked for last."),
    ("An example of each kind", "Decide by what is asked for last, as in the examples."),
    ("Shorter is cheaper", "Answer in one breath."),
    ("Revert: shorter is worse", "Decide by what is asked for last, as in the examples."),
    ("Think first", "Decide by what is asked for last. Go through the message step by step, silently."),
)
"""Six versions of the team's own prompt: the message of the commit, and what the prompt says."""
PROMPT = """{{# The team's own prompt. #}}
{{% params k=4, select="balanced" %}}
{{% system %}}
{{{{ instruction }}}}
Labels: {{{{ labels | join(", ") }}}}.
{hint}
{{{{ form }}}}
{{% for shot in shots %}}
{{% user %}}
{{{{ shot.input }}}}
{{% assistant %}}
{{{{ shot.target }}}}
{{% endfor %}}
{{% user %}}
{{{{ input }}}}
"""
NIGHTLY: Mapping[str, Any] = {
    "name": "nightly",
    "description": "Did today's commit break the prompt?",
    "datasets": "tickets",
    "models": "small",
    "strategies": ["zero_shot", {"few_shot": {"k": 4}}, "triage"],
}
LONG: Mapping[str, Any] = {
    "name": "strategies",
    "description": "What do strategies of several calls buy?",
    "models": "large",
    "params": {"temperature": 0.7},
    "datasets": ["word_problems", "articles", "questions"],
    "strategies": [
        {"zero_shot": {"params": {"temperature": 0}}},
        {"chain_of_thought": {"datasets": "word_problems", "params": {"temperature": 0}}},
        {"self_consistency": {"draws": [3, 7], "datasets": "word_problems"}},
        {"chain_of_density": {"mode": ["one_call", "per_round"], "datasets": "articles"}},
        {"skeleton_of_thought": {"max_points": 5, "datasets": "questions"}},
    ],
}
TRIAGE: Mapping[str, Any] = {
    "name": "triage",
    "description": "Which prompt, which model, and is it worth its price?",
    "datasets": "tickets",
    "models": ["small", "large"],
    "params": {"temperature": 0},
    "strategies": [
        "zero_shot",
        {"few_shot": {"k": [2, 4, 8], "select": ["balanced", "nearest"]}},
        {"chain_of_thought": {"k": 2}},
        {"self_consistency": {"k": 2, "draws": 5, "params": {"temperature": 0.7}}},
    ],
}


def make(folder: Path) -> Path:
    """Makes the workspace `folder` with its store, and returns the store's path."""
    with contextlib.chdir(folder):
        _git("init", "--quiet")
        for day, (message, hint) in enumerate(COMMITS):
            when = BEGAN + timedelta(days=day)
            prompt = folder / "prompts" / "triage" / "answer.j2"
            prompt.parent.mkdir(parents=True, exist_ok=True)
            prompt.write_text(PROMPT.format(hint=hint), encoding="utf-8")
            _git("add", "prompts")
            _git("commit", "--quiet", "-m", message, when=when)
            _run(folder, NIGHTLY, when + timedelta(hours=12))
        _run(folder, LONG, BEGAN + timedelta(days=5, hours=14))
        _run(folder, TRIAGE, BEGAN + timedelta(days=5, hours=15))
    return Workspace(folder).store_path


def _run(folder: Path, sweep: Mapping[str, Any], when: datetime) -> None:
    """Runs a sweep, then says that it was run at another time, under an id that is always the same."""
    used = {name: MODELS[name] for name in MODELS if name in sweep["models"]}
    run = promptsweep.run(sweep, models=used, workspace=folder).id
    identity = f"{when:%Y%m%d-%H%M%S}-{when.day:04x}"
    store = open_store(Workspace(folder))
    with contextlib.closing(store), store.engine.begin() as connection:
        seconds = {"created": when.timestamp(), "updated": when.timestamp() + 60}
        connection.execute(update(schema.runs).where(schema.runs.c.id == run).values(id=identity, **seconds))
        connection.execute(update(schema.arms).where(schema.arms.c.run == run).values(run=identity))
        ledger = update(schema.ledger).where(schema.ledger.c.run == run)
        connection.execute(ledger.values(run=identity, day=f"{when:%Y-%m-%d}"))


def _git(*words: str, when: datetime = BEGAN) -> None:
    """Git without the settings of whoever runs this, so that commits are the same everywhere."""
    date, nobody = when.isoformat(), "demo"
    own = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", nobody), ("EMAIL", f"{nobody}@example.com"), ("DATE", date))
    }
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *words], env={**os.environ, **own, **quiet}, check=True)  # noqa: S603, S607


if __name__ == "__main__":
    place = Path(sys.argv[1]).resolve()
    place.mkdir(parents=True)
    print(make(place))  # noqa: T201
