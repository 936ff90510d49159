"""What a run notes of its models, so that a recording of it can build the same requests without them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from promptsweep import config
from promptsweep.errors import ConfigError
from promptsweep.models import Model
from promptsweep.models.exchanges import RecordedIdentity
from promptsweep.reports.store import Store, loads
from promptsweep.runners import Plan
from promptsweep.types import JSON

FORMS = "models"
"""Key beside the versions that a run was made with."""
TUNED = "tuned"
"""Key of what is known of tuned models, beside the same."""
NO_VERSIONS = frozenset({FORMS, TUNED})


def noted(plan: Plan) -> dict[str, JSON]:
    """What is stored of the plan's models and embedders, by the names that the sweep uses."""
    models = {model.name: model for model in plan.embedders} | plan.named_models
    tuned = {name: one.as_json() for name, one in plan.tuned.items()}
    found = {name: identity_of(model) for name, model in models.items()}
    return {FORMS: found} | ({TUNED: tuned} if tuned else {})


def identity_of(model: Model) -> dict[str, JSON]:
    """What is stored of a model."""
    return {"digest": model.digest, "form": model.form.as_json()}


def identities(store: Store, run: Any) -> Mapping[str, RecordedIdentity]:
    """Models, judges and embedders of a run (`run` is its row); ConfigError where a model is not noted."""
    known = loads(run.versions).get(FORMS, {})
    names = sorted({arm.model for arm in store.arms(run.id)})
    if any(name not in known for name in names):
        raise ConfigError(
            f"run {run.id} does not say how its requests were made: it is older than recordings, or its "
            "answers were imported. Run the sweep again (stored replies are used), and record that run"
        )
    path = Path(run.path)
    return {name: config.validate(known[name], RecordedIdentity, path) for name in sorted(known)}
