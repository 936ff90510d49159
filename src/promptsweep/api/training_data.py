"""A dataset's train split as a file to fine-tune on, rendered as a strategy would send it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from promptsweep.api.entering import enter
from promptsweep.datasets import Dataset, Shots, choose
from promptsweep.datasets import load as load_dataset
from promptsweep.datasets.text import normalised, text_of
from promptsweep.errors import ConfigError
from promptsweep.models.lineage import (
    ExportedFile,
    Manifest,
    content_digest,
    manifest_path,
    manifest_text,
    mark,
)
from promptsweep.models.training_files import LEAST, MOST_TOKENS, Form, counted_tokens, form_of, joined, turns
from promptsweep.prompts import Templates, render
from promptsweep.reports.objects import stored
from promptsweep.runners import PlannedArm, Planner, first_request, parse
from promptsweep.runners.selection import Checked
from promptsweep.testing import FunctionModel
from promptsweep.types import JSON, Sample
from promptsweep.workspace import Workspace

TRAIN = "train"
COMPLETION = "{{ target }}"
NAMED = 5
"""Rows that a message names."""
Rows = Sequence[Sample]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is exported, and how."""

    dataset: str
    strategy: str = "zero_shot"
    """One of a single call; `bare` for the input alone."""
    params: Mapping[str, JSON] = field(default_factory=dict)
    system: str = "none"
    """Name of a persona, or `none`."""
    form: str = "chat"
    """`chat`, `alpaca` or `instruction`."""
    completion: str = COMPLETION
    """Jinja template of the assistant's turn: the row's fields, and `target`, the first of its targets."""
    validation: float = 0.0
    """Share of the rows that go into a second file; rows of one cluster or input stay together."""
    seed: int = 0
    limit: int | None = None
    """Most rows, drawn with `seed`."""
    skip_leaked: bool = False
    """Leave out rows whose input is evaluated too, rather than refuse to export."""
    most_tokens: int = MOST_TOKENS


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    manifest: Manifest
    paths: Sequence[Path]
    """The files, the training file first, and last the manifest."""
    without_target: int
    """Rows left out as they have nothing to learn."""


def export_finetune(recipe: Recipe, output: Path, workspace: Workspace) -> Exported:
    """Writes the train split as training examples, with a manifest that says what they were made from.

    `output` names the training file; `tickets.jsonl` has `tickets.validation.jsonl` and
    `tickets.lineage.json` beside it. Raises ConfigError, and writes nothing: no train split, a strategy of
    several calls, rows that an evaluated split has as well, an example that a vendor would refuse.
    """
    form, dataset = form_of(recipe.form, output), load_dataset(recipe.dataset, workspace)
    planned = _arm(recipe, dataset, workspace)
    rows = list(dataset.samples(TRAIN))
    with_target = [row for row in rows if row.targets]
    if not with_target:
        raise ConfigError(f"no row of {dataset.name} (train) has a target to learn", path=dataset.path)
    kept, leaked = _without_leaks(with_target, recipe, dataset)
    drawn = choose(kept, recipe.limit or len(kept), recipe.seed, by_target=False)
    training, held_out = _split(drawn, recipe, dataset.card.cluster)
    apart = {normalised(row.input) for row in held_out}
    shown = [row for row in kept if normalised(row.input) not in apart] if planned.renderer.pick else []
    encoder = _Encoder(recipe, form, _with_shots_of(planned, shown), Templates(workspace.roots))
    contents, files = [], []
    for part, chosen, path in _parts(training, held_out, output):
        content, file = encoder.file(part, chosen, path)
        contents.append((path, content))
        files.append(file)
    manifest = _manifest(recipe, dataset, planned, leaked, files, [*training, *held_out, *shown])
    contents.append((manifest_path(output), manifest_text(manifest)))
    for path, content in contents:
        with stored(path) as fresh:
            fresh.write_bytes(content)
    return Exported(manifest, [path for path, _ in contents], len(rows) - len(with_target))


def _parts(training: Rows, held_out: Rows, output: Path) -> list[tuple[str, Rows, Path]]:
    beside = output.with_name(f"{output.stem}.validation{output.suffix}")
    parts = [("training", training, output), ("validation", held_out, beside)]
    return parts if held_out else parts[:1]


def _arm(recipe: Recipe, dataset: Dataset, workspace: Workspace) -> PlannedArm:
    """The recipe as the one arm of a sweep, so that all is checked as a sweep's is; the rows too."""
    if TRAIN not in dataset.card.splits:
        raise ConfigError(
            f"{dataset.name} has no train split, and only that is trained on", path=dataset.path
        )
    dataset.check(TRAIN)
    content = {
        "datasets": recipe.dataset,
        "strategies": [{recipe.strategy: {name: [value] for name, value in recipe.params.items()}}],
        "models": "none",
        "system": recipe.system,
    }
    model = FunctionModel(lambda _: "", name="none")
    file = parse(content, Path("export-finetune"))
    [planned] = Planner(file, workspace, {"none": model}, lambda *_: Checked(1, ())).plan().arms
    params = planned.strategy.complete(recipe.params)
    most = planned.strategy.most_calls(params)
    if most != 1:
        calls = "a number of calls that it does not say" if most is None else f"up to {most} calls"
        raise ConfigError(
            f"{recipe.strategy} takes {calls} for a row, and a training example is one: "
            "choose a strategy of one call, such as zero_shot, few_shot or bare"
        )
    if recipe.completion == COMPLETION and not planned.strategy.passes_on(params):
        raise ConfigError(
            f"{recipe.strategy} makes its answer of what the model replies, so the target may be no reply: "
            "say with --completion what the model is to learn to reply"
        )
    return planned


def _without_leaks(rows: Rows, recipe: Recipe, dataset: Dataset) -> tuple[Rows, list[str]]:
    """The rows whose input no evaluated split has, and the ids of the others. ConfigError unless skipped."""
    evaluated = [split for split in dataset.card.splits if split != TRAIN]
    asked = {mark(sample.input) for split in evaluated for sample in dataset.samples(split)}
    leaked = [row.id for row in rows if mark(row.input) in asked]
    if leaked and not recipe.skip_leaked:
        more = ", …" if len(leaked) > NAMED else ""
        raise ConfigError(
            f"{len(leaked)} of {len(rows)} rows of {dataset.name} (train) are in {' or '.join(evaluated)} as "
            f"well ({', '.join(leaked[:NAMED])}{more}): a model trained on them cannot be evaluated there; "
            "--skip-leaked leaves them out",
            path=dataset.path,
        )
    left_out = set(leaked)
    return [row for row in rows if row.id not in left_out], leaked


def _split(rows: Rows, recipe: Recipe, cluster: str | None) -> tuple[Rows, Rows]:
    """Training and validation rows; those of one cluster or input are all in one of them."""
    groups: dict[str, list[Sample]] = {}
    for row in rows:
        together = text_of(row.fields.get(cluster)) if cluster else ""
        groups.setdefault(together or normalised(row.input), []).append(row)
    wanted, taken = round(recipe.validation * len(rows)), set[str]()
    for group in sorted(groups, key=lambda name: _lot(name, recipe.seed)):
        if len(taken) >= wanted:
            break
        taken |= {row.id for row in groups[group]}
    return [row for row in rows if row.id not in taken], [row for row in rows if row.id in taken]


def _lot(group: str, seed: int) -> bytes:
    return hashlib.blake2b(group.encode(), digest_size=8, key=str(seed).encode()[:64]).digest()


def _with_shots_of(planned: PlannedArm, rows: Rows) -> PlannedArm:
    """The arm with worked examples from these rows alone, so that no validation row is shown in training."""
    if planned.renderer.pick is None:
        return planned
    shots = Shots(rows, by_target=planned.dataset.card.task == "classification")

    def pick(sample: Sample, wanted: Mapping[str, JSON]) -> Rows:
        return shots.pick(sample, wanted["k"], wanted["select"], wanted["shot_seed"], wanted["order"])

    return replace(planned, renderer=replace(planned.renderer, pick=pick))


@dataclass(frozen=True, slots=True)
class _Encoder:
    """Rows → files."""

    recipe: Recipe
    form: Form
    planned: PlannedArm
    templates: Templates

    def file(self, part: str, rows: Rows, path: Path) -> tuple[bytes, ExportedFile]:
        """The content of a file, and what the manifest says of it."""
        if self.recipe.form == "chat" and part == "training" and len(rows) < LEAST:
            raise ConfigError(f"{len(rows)} rows to train on; vendors ask for at least {LEAST}")
        made = enter(self._examples(rows))
        content = joined([example for example, _ in made], path.suffix)
        counts = [count for _, count in made]
        size = {"examples": len(made), "tokens": sum(counts), "longest": max(counts, default=0)}
        return content, ExportedFile(name=path.name, part=part, digest=content_digest(content), **size)

    async def _examples(self, rows: Rows) -> list[tuple[bytes, int]]:
        """Each row as an example, and its tokens."""
        found = []
        for row in rows:
            prompt = (await first_request(self.planned, row)).messages
            try:
                reply = self._reply(row)
                counted = counted_tokens(turns(prompt, reply), self.recipe.most_tokens)
                found.append((self.form.encode(prompt, reply), counted))
            except ConfigError as error:
                path = error.path or self.planned.dataset.path
                raise ConfigError(f"row {row.id}: {error.message}", path=path) from None
        return found

    def _reply(self, row: Sample) -> str:
        if self.recipe.completion == COMPLETION:
            return row.targets[0]
        known = {**self.planned.dataset.context, **row.fields, "input": row.input, "target": row.targets[0]}
        template = self.templates.from_string(self.recipe.completion, "--completion")
        text = "".join(one.content for one in render(template, known))
        if not text:
            raise ConfigError("--completion makes no text of it")
        return text


def _manifest(
    recipe: Recipe,
    dataset: Dataset,
    planned: PlannedArm,
    leaked: list[str],
    files: list[ExportedFile],
    rows: Rows,
) -> Manifest:
    params = planned.strategy.complete(recipe.params)
    return Manifest(
        promptsweep=version("promptsweep"),
        dataset={"name": dataset.name, "split": TRAIN, "digest": dataset.digest(TRAIN)},
        strategy={
            "name": recipe.strategy,
            "params": params,
            "system": recipe.system,
            "digest": planned.strategy.digest,
        },
        completion=recipe.completion,
        form=recipe.form,
        validation=recipe.validation,
        seed=recipe.seed,
        limit=recipe.limit,
        leaked=leaked,
        files=files,
        inputs=sorted({mark(row.input) for row in rows}),
    )
