"""The shipped strategies that make more than one call; their templates are in `prompts/<name>/`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from promptsweep.answers import json_value
from promptsweep.errors import ConfigError, unknown
from promptsweep.metrics.lengths import LENGTH_UNITS, length_in
from promptsweep.prompts.ask import Ask
from promptsweep.prompts.calibration import few_shot  # noqa: F401  found here by its name
from promptsweep.prompts.consistency import self_consistency  # noqa: F401
from promptsweep.prompts.points import numbered_points
from promptsweep.prompts.retrieval import retrieve  # noqa: F401  found here by its name
from promptsweep.prompts.router import Router
from promptsweep.prompts.strategies import strategy
from promptsweep.prompts.structured import structured  # noqa: F401  found here by its name
from promptsweep.prompts.tools import CALCULATOR, look_up, use_tools
from promptsweep.types import JSON, Sample


@strategy(calls=lambda **_: 2)
async def chain_of_thought_two_call(sample: Sample, ask: Ask) -> str:
    """Reason in one call, and draw the answer from the reasoning in another (Kojima et al. 2022)."""
    reasoning = await ask("reason")
    return await ask("conclude", reasoning=reasoning)


ROUTERS = ("always", "never", "prompt", "trained", "oracle")
ROUTE_TOKENS = 10
"""Most tokens of the prompt router's reply."""


@strategy(
    calls=lambda max_points, router, **_: {"never": 1, "prompt": 2 + max_points}.get(router, 1 + max_points)
)
async def skeleton_of_thought(
    sample: Sample, ask: Ask, *, max_points: int = 10, router: str = "always"
) -> str:
    """Outline the answer in one call, then write all its points at the same time (Ning et al. 2024).

    `router` says which questions are outlined (SoT-R in the paper), the others being answered
    straight: `always`, `never`, those that the model itself (`prompt`) or a classifier (`trained`, see
    `promptsweep train-router`) takes for lists, or those whose field `suits_skeleton` says so (`oracle`).
    """
    if max_points < 1:
        raise ConfigError(f"skeleton_of_thought: max_points must be at least 1, not {max_points}")
    if router not in ROUTERS:
        raise ConfigError(f"skeleton_of_thought: {unknown('router', router, ROUTERS)}")
    if router != "always":
        outlined = await _suits_outline(sample, ask, router)
        ask.note(route="skeleton" if outlined else "direct")
        if not outlined:
            return await ask("direct")
    skeleton = await ask("skeleton", max_points=max_points)
    points = numbered_points(skeleton)[:max_points]
    ask.note(points=[point for _, point in points])
    if not points:
        return skeleton
    outline = "\n".join(f"{index}. {point}" for index, point in points)
    bodies = await ask.together(
        "expand", [{"skeleton": outline, "index": index, "point": point} for index, point in points]
    )
    return "\n\n".join(body.strip() for body in bodies)


async def _suits_outline(sample: Sample, ask: Ask, router: str) -> bool:
    """What a router says of a question."""
    if router == "prompt":
        reply = await ask("route", call_params={"max_tokens": ROUTE_TOKENS})
        letter = re.search(r"\b[ABC]\b", reply)
        return letter is not None and letter[0] == "A"
    if router == "oracle":
        if not isinstance(sample.fields.get("suits_skeleton"), bool):
            raise ConfigError(
                "skeleton_of_thought: router oracle needs rows with suits_skeleton: true or false"
            )
        return bool(sample.fields["suits_skeleton"])
    return router == "trained" and Router.of(ask.data("router.json")).suits(sample.input)


@strategy(calls=lambda mode, rounds, **_: rounds if mode == "per_round" else 1)
async def chain_of_density(
    sample: Sample, ask: Ask, *, mode: str = "one_call", rounds: int = 5, step: int = 3
) -> str:
    """Rewrite a summary at the same length, each time with more entities (Adams et al. 2023).

    `mode` is `one_call` (the paper's: all rounds in one JSON reply) or `per_round` (a call for each).
    `step` picks the summary to return, from 1 to `rounds`; readers of the paper preferred 2 to 3. All
    steps are kept in the record's details.
    """
    if mode not in ("one_call", "per_round"):
        raise ConfigError(f"chain_of_density: mode must be one_call or per_round, not {mode!r}")
    if not 1 <= step <= rounds:
        raise ConfigError(f"chain_of_density: step must be from 1 to rounds ({rounds}), not {step}")
    if mode == "per_round":
        summaries = await _per_round(ask, rounds)
        ask.note(steps=[{"summary": summary} for summary in summaries])
        return summaries[step - 1]
    reply = await ask("one_call", rounds=rounds)
    steps = _steps(reply)
    ask.note(steps=steps)
    return str(steps[min(step, len(steps)) - 1]["summary"]) if steps else reply


async def _per_round(ask: Ask, rounds: int) -> list[str]:
    """The summaries of all rounds: a vague first draft, and its ever denser rewritings."""
    summaries = [(await ask("first")).strip()]
    while len(summaries) < rounds:
        summaries.append((await ask("denser", summary=summaries[-1], round=len(summaries) + 1)).strip())
    return summaries


def _steps(reply: str) -> list[dict[str, JSON]]:
    """The rounds in a one-call reply; empty when it holds no list of summaries."""
    found = json_value(reply)
    rounds = found.value if found and isinstance(found.value, list) else []
    return [
        {"summary": str(one["denser_summary"]).strip(), "entities": one.get("missing_entities", [])}
        for one in rounds
        if isinstance(one, dict) and one.get("denser_summary")
    ]


@strategy(calls=lambda tries, **_: tries)
async def retry_to_length(
    sample: Sample, ask: Ask, *, least: int = 40, most: int = 60, tries: int = 3, unit: str = "words"
) -> str:
    """Ask again, with the draft and its length, until the reply has from `least` to `most` words.

    Or characters, with `unit: chars`. After `tries` replies the one nearest to the length is returned.
    Noted: the length of each, and whether the returned one complies.
    """
    if not 0 <= least <= most or tries < 1:
        raise ConfigError("retry_to_length: least must not be above most, and tries be at least 1")
    if unit not in LENGTH_UNITS:
        raise ConfigError(f"retry_to_length: {unknown('unit', unit, LENGTH_UNITS)}")
    drafts = [await ask("answer", least=least, most=most, unit=unit)]
    lengths = [length_in(unit, drafts[0])]
    while len(drafts) < tries and not least <= lengths[-1] <= most:
        length = lengths[-1]
        draft = await ask("retry", least=least, most=most, unit=unit, draft=drafts[-1], length=length)
        drafts.append(draft)
        lengths.append(length_in(unit, draft))
    missed = [max(least - length, length - most, 0) for length in lengths]
    ask.note(**{unit: lengths, "complies": min(missed) == 0})
    return drafts[missed.index(min(missed))]


@strategy(calls=lambda parts, **_: parts + 2)
async def decompose(sample: Sample, ask: Ask, *, parts: int = 4) -> str:
    """Split the task into smaller questions, answer them in turn, and combine (a prompt chain).

    Each step is a call of its own in the trace; where the first reply holds no list, it is combined as it is.
    """
    if parts < 1:
        raise ConfigError(f"decompose: parts must be at least 1, not {parts}")
    plan = await ask("split", parts=parts)
    solved: list[dict[str, str]] = []
    for _, question in numbered_points(plan)[:parts]:
        answer = await ask("solve", question=question, solved=solved)
        solved.append({"question": question, "answer": answer.strip()})
    ask.note(parts=len(solved))
    return await ask("combine", solved=solved or [{"question": plan.strip(), "answer": ""}])


MEMORIES = ("full", "window", "summary")


@strategy(calls=lambda max_turns, memory, **_: max_turns + 1 + (max_turns if memory == "summary" else 0))
async def conversation(
    sample: Sample, ask: Ask, *, memory: str = "full", keep: int = 2, max_turns: int = 20
) -> str:
    """Talk through the row's `turns`, and answer its input last, with a memory of a kind.

    `turns` are what the user says before; the replies are the model's own. `full` remembers every exchange,
    `window` the last `keep`, `summary` a summary that a call of its own renews after each.
    """
    if memory not in MEMORIES:
        raise ConfigError(f"conversation: {unknown('memory', memory, MEMORIES)}")
    turns = sample.fields.get("turns") or []
    if not isinstance(turns, list) or len(turns) > max_turns:
        raise ConfigError(f"conversation: sample {sample.id!r} needs a list of at most {max_turns} turns")
    exchanges: list[dict[str, str]] = []
    summary = ""
    for turn in turns:
        reply = await _say(ask, str(turn), exchanges, summary, memory, keep)
        exchanges.append({"user": str(turn), "assistant": reply.strip()})
        if memory == "summary":
            summary = (await ask("summarise", summary=summary, exchange=exchanges[-1])).strip()
    ask.note(turns=len(turns), **({"summary": summary} if summary else {}))
    return await _say(ask, sample.input, exchanges, summary, memory, keep, closing=True)


async def _say(
    ask: Ask,
    message: str,
    exchanges: Sequence[Mapping[str, str]],
    summary: str,
    memory: str,
    keep: int,
    *,
    closing: bool = False,
) -> str:
    """The reply to a message, with what the memory holds."""
    remembered = {"full": exchanges, "window": exchanges[-keep:] if keep else [], "summary": []}[memory]
    return await ask("turn", message=message, remembered=remembered, summary=summary, closing=closing)


@strategy(calls=lambda steps, **_: steps)
async def tool_loop(sample: Sample, ask: Ask, *, steps: int = 6) -> str:
    """Let the model call a calculator, and search the row's `notes`, in at most `steps` replies.

    For tools of one's own: a strategy that calls `promptsweep.prompts.tools.use_tools`.
    """
    if steps < 1:
        raise ConfigError(f"tool_loop: steps must be at least 1, not {steps}")
    notes = sample.fields.get("notes")
    searching = [look_up([str(note) for note in notes])] if isinstance(notes, list) and notes else []
    return await use_tools(ask, [CALCULATOR, *searching], steps)
