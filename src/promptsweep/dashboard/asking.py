"""Which model is asked and how: what the pages that send something have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from promptsweep.api.endpoints import endpoints, is_served, missing_key, short_names
from promptsweep.api.trying import allowance
from promptsweep.dashboard import address, knobs, plain, source
from promptsweep.dashboard.words import say
from promptsweep.errors import ConfigError, unknown
from promptsweep.models import Model
from promptsweep.reports.recent import recent_models
from promptsweep.runners import Allowance
from promptsweep.runners.costs import Cost
from promptsweep.types import JSON
from promptsweep.workspace import Workspace

MOST_RECENT = 20
"""Models of earlier runs that are offered."""
USUAL: Final[Mapping[str, JSON]] = {"max_tokens": 512}
"""Sampling parameters where the URL names none: a limit, so that the most that a reply costs is known."""
CAP_CENTS, CAP_TOKENS = 10, 20_000
"""What one send may spend where the visitor says nothing else."""
MOST_CENTS = 1_000
"""What one send may spend at most, whatever the visitor says."""


def model(place: Workspace) -> str:
    """Draws the choice of a model. One of a known endpoint can be written too, but no path of a file.

    Raises ConfigError for anything else.
    """
    offered = _offered(place)
    chosen = address.get("model") or offered[0]
    picked: str | None = st.selectbox(
        say("Model"),
        list(dict.fromkeys([*offered, chosen])),
        format_func=lambda name: _label(name, place),
        accept_new_options=True,
        help=say("Any other can be written, as in a sweep: `openai/gpt-4o-mini`, `ollama/gemma3:1b`."),
        **address.bound("model", chosen, offered[0]),
    )
    name = picked or offered[0]
    if name not in offered and not is_served(name, place):
        raise ConfigError(
            unknown("model", name, [*offered, *(f"{one.name}/<name>" for one in endpoints(place))])
        )
    return name


def sampling() -> dict[str, JSON]:
    """Draws the sampling parameters, each empty where the model's own default is meant."""
    query, drawn = "sampling", ("temperature", "max_tokens")
    words = {"placeholder": say("the model's own"), "width": 190}
    with st.container(horizontal=True):
        knobs.number(query, USUAL, drawn[0], 0.0, 2.0, 0.1, label=say("Temperature"), **words)
        knobs.number(query, USUAL, drawn[1], 1, 100_000, 64, label=say("Most tokens of a reply"), **words)
        knobs.others(query, USUAL, drawn, say("Other parameters, as JSON"))
    return knobs.values(query, USUAL)


def notice(asked: Model) -> None:
    """Draws what is to be said before a model is used, such as its terms."""
    if asked.notice is not None:
        st.caption(plain.literal(asked.notice))


def limits(worst: Cost) -> Allowance:
    """Draws what one send may spend: dollars, or tokens where the price is unknown; nothing if it is free."""
    if worst.usd is None:
        bound = address.bound("tokens", max(1, address.number("tokens", CAP_TOKENS)), CAP_TOKENS)
        tokens = st.number_input(say("Most tokens for one send"), 1, 999_999, step=1_000, **bound)
        return allowance(worst, 0.0, tokens)
    if worst.usd == 0:
        return allowance(worst, 0.0, 0)
    cents = min(MOST_CENTS, address.number("cents", CAP_CENTS))
    bound = address.bound("cents", cents, CAP_CENTS)
    cents = st.number_input(say("Most US cents for one send"), 0, MOST_CENTS, step=5, **bound)
    return allowance(worst, cents / 100, 0)


def lacking(name: str, place: Workspace) -> str | None:
    """Draws what is missing before the model can be asked, and returns it; None where nothing is."""
    missing = missing_key(name, place)
    if missing is not None:
        st.warning(
            say("{variable} is not set. Put it into the environment or into .env.", variable=missing),
            icon=":material/key_off:",
        )
    return missing


def problem(title: str, error: Exception | str) -> None:
    """Draws an error: our words, and below the line that says what and where."""
    st.error(title, icon=":material/error:")
    plain.block(str(error), "error")


def _offered(place: Workspace) -> list[str]:
    """`local`, the short names of models.yaml, and models of earlier runs that still have an endpoint."""
    try:
        recent = _recent()
    except ConfigError:  # there is no store yet
        recent = []
    served = [name for name in recent if name.startswith("gguf:") or is_served(name, place)]
    return list(dict.fromkeys(["local", *(name for name, _ in short_names(place)), *served]))


def _recent() -> list[str]:
    return _models(source.store().url)


@st.cache_data(show_spinner=False, ttl=5)
def _models(url: str) -> list[str]:  # noqa: ARG001  read again for another store
    return recent_models(source.store(), MOST_RECENT)


def _label(name: str, place: Workspace) -> str:
    missing = missing_key(name, place)
    shown = plain.line(name)
    return shown if missing is None else say("{model} (needs {variable})", model=shown, variable=missing)
