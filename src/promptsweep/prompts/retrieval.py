"""Retrieval: passages that fit the question are found among the dataset's contexts, and answered from."""

from __future__ import annotations

from collections.abc import Sequence

from promptsweep.datasets.corpus import Passage
from promptsweep.errors import ConfigError, unknown
from promptsweep.metrics.abstention import abstained
from promptsweep.prompts.ask import Ask
from promptsweep.prompts.strategies import strategy
from promptsweep.types import Sample

CONTEXTS = ("retrieved", "gold", "none")
RANKINGS = ("tfidf", "embedding", "hybrid")
RANKED, RANKED_PARTS = 10, 100
"""Passages whose order is noted, however few are shown; and parts of passages that are searched for them."""


@strategy(
    calls=lambda top, widest, context, **_: 1 + (_doublings(top, widest) if context == "retrieved" else 0)
)
async def retrieve(  # noqa: PLR0913  each parameter is an axis of a sweep
    sample: Sample,
    ask: Ask,
    *,
    context: str = "retrieved",
    top: int = 3,
    widest: int = 0,
    by: str = "tfidf",
    embedder: str = "",
    chunk: int = 0,
    overlap: int = 0,
) -> str:
    """Find the passages that fit the question among the dataset's contexts, and answer from them.

    `context` is `retrieved` (the `top` passages), `gold` (the row's own) or `none`: the arms that tell
    finding from reading. `by` ranks them by TF-IDF, by vectors of the `embedder`, or by both (`hybrid`). With
    `chunk`, passages are parts of so many characters, `overlap` of them shared. While the answer is "not
    enough information", twice as many are tried, up to `widest`. Noted: the ids `retrieved` and `gold`, and
    how many were shown last.
    """
    _check_retrieval(context, top, by, embedder, chunk, overlap)
    gold = ask.corpus().gold(sample)
    if context == "gold" and gold is None:
        raise ConfigError(f"retrieve: sample {sample.id!r} has no context of its own")
    own = {"none": [], "gold": [gold]}.get(context)
    most = max(top, widest, RANKED_PARTS if chunk else RANKED)
    found = await ask.search(sample.input, most, by=by, chunk=chunk, overlap=overlap) if own is None else own
    shown = top if own is None else len(found)
    reply = await ask("answer", passages=_shown(found[:shown]))
    while own is None and shown < min(widest, len(found)) and abstained(ask.parse(reply)):
        shown = min(2 * shown, widest)
        reply = await ask("answer", passages=_shown(found[:shown]))
    different = list(dict.fromkeys(one.id for one in found if one))
    noted = {"retrieved": different[: max(top, widest, RANKED)]} if own is None else {}
    ask.note(**noted, gold=[gold.id] if gold else [], shown=shown)
    return reply


def _check_retrieval(context: str, top: int, by: str, embedder: str, chunk: int, overlap: int) -> None:
    if context not in CONTEXTS or top < 1:
        raise ConfigError(f"retrieve: {unknown('context', context, CONTEXTS)}; top must be at least 1")
    if by not in RANKINGS:
        raise ConfigError(f"retrieve: by: {unknown('ranking', by, RANKINGS)}")
    if by != "tfidf" and not embedder:
        known = "minilm, openai/text-embedding-3-small or any other <endpoint>/<model>"
        raise ConfigError(f"retrieve: by: {by} needs an embedder: {known}")
    if chunk < 0 or overlap < 0 or (chunk and overlap >= chunk):
        raise ConfigError(f"retrieve: overlap must be from 0 to below chunk ({chunk}), not {overlap}")


def _doublings(top: int, widest: int) -> int:
    """How often `top` is doubled until it reaches `widest`."""
    return 0 if top >= widest else 1 + _doublings(2 * top, widest)


def _shown(passages: Sequence[Passage | None]) -> list[dict[str, str]]:
    return [{"id": one.id, "text": one.text} for one in passages if one]
