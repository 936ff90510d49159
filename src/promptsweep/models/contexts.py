"""How long prompt and reply may be together: a model's context window, where it is known."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache

from promptsweep.models.endpoints import catalog
from promptsweep.models.llama import CONTEXT
from promptsweep.workspace import Workspace


def context_window(reference: str, workspace: Workspace) -> int | None:
    """Tokens of a model as a sweep names it; None where nobody says.

    By `context` in models.yaml, else by the genai-prices package.
    """
    if reference == "local" or reference.startswith("gguf:"):
        return CONTEXT
    known = catalog(workspace)
    short = known.models.get(reference)
    parts = re.split("[/:]", reference, maxsplit=1)
    endpoint = known.endpoints.get(short.endpoint if short else parts[0])
    if endpoint is None:
        return None
    model = short.name if short else parts[-1]
    stated = (size for pattern, size in endpoint.context.items() if fnmatchcase(model, pattern))
    return next(stated, None) or (_vendors(endpoint.provider, model) if endpoint.provider else None)


@cache
def _vendors(provider: str, model: str) -> int | None:
    from genai_prices import Usage, calc_price

    try:
        found = calc_price(Usage(input_tokens=1, output_tokens=1), model, provider_id=provider)
    except LookupError:
        return None
    return found.model.context_window
