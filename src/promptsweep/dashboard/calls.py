"""A record's calls: the messages exactly as they were sent, and what came back."""

from __future__ import annotations

import streamlit as st

from promptsweep.dashboard import plain, wording
from promptsweep.dashboard.words import say
from promptsweep.reports import figures
from promptsweep.reports.browse import Trace
from promptsweep.reports.calls import TraceCall
from promptsweep.types import JUDGE, MEASURE, Completion

MOST_OPEN = 3
"""With more calls than this, they start folded."""


def show(trace: Trace) -> None:
    """Draws every call in order, and the strategy's reply where it is not the text of a call."""
    count = len(trace.calls)
    st.subheader(wording.calls(count), anchor=False)
    if not trace.calls:
        st.caption(
            say(
                "No model was asked: the answer was made elsewhere, or the strategy failed before its "
                "first call."
            )
        )
    for place, call in enumerate(trace.calls, 1):
        title = f"{place} · {_stage(call)} · {figures.duration(call.ended - call.started)}"
        with st.expander(title, expanded=count <= MOST_OPEN):
            _call(place, call)
    if trace.reply is not None and all(_text(call) != trace.reply for call in trace.calls):
        plain.labelled(say("Reply, as the strategy put it together"), trace.reply, "reply")


def _stage(call: TraceCall) -> str:
    if call.judges:
        return say("judge: {rubric}", rubric=plain.inline(call.stage.removeprefix(JUDGE)))
    if call.measures:
        return say("metric: {embedder}", embedder=plain.inline(call.stage.removeprefix(MEASURE)))
    return plain.inline(call.stage)


def _text(call: TraceCall) -> str | None:
    return call.completion.text if call.completion else None


def _call(place: int, call: TraceCall) -> None:
    st.text(plain.cell(" · ".join(_facts(call))))
    if call.pruned:
        st.info(say("The texts of this call were removed from the store."), icon=":material/delete:")
    for number, message in enumerate(call.messages, 1):
        plain.labelled(message.role, message.content, f"call-{place}-message-{number}")
    if call.error:
        plain.labelled(say("Error"), call.error, f"call-{place}-error")
    if call.completion is not None:
        if call.completion.reasoning:
            plain.labelled(say("Reasoning"), call.completion.reasoning, f"call-{place}-reasoning")
        plain.labelled(say("Reply"), call.completion.text, f"call-{place}-reply")
        if call.completion.logprobs:
            first = figures.first_tokens(call.completion.logprobs)
            plain.labelled(say("First token, and what else it could have been"), first, f"call-{place}-first")
    if call.request is not None:
        params = plain.json_text({**call.request.params, "draw": call.request.draw})
        plain.labelled(say("Parameters"), params, f"call-{place}-parameters")


def _facts(call: TraceCall) -> list[str]:
    """Model, timing, tokens, cost and where the reply came from."""
    facts = [call.request.model] if call.request else []
    began, ended = figures.duration(call.started), figures.duration(call.ended)
    facts.append(say("{began} to {ended}", began=began, ended=ended))
    return facts if call.completion is None else facts + _reply_facts(call.completion)


def _reply_facts(reply: Completion) -> list[str]:
    usage = reply.usage
    sent, got = _tokens(usage.prompt), _tokens(usage.completion)
    facts = [say("{sent} + {replied} tokens", sent=sent, replied=got)]
    if usage.cached:
        facts.append(say("{count} of them cached by the endpoint", count=f"{usage.cached:,}"))
    if usage.reasoning:
        facts.append(say("{count} for reasoning", count=f"{usage.reasoning:,}"))
    facts += [wording.dollars(reply.cost), say("finish: {reason}", reason=reply.finish)]
    facts.append(
        say("from the store, nothing sent")
        if reply.cached
        else say("sent, {duration}", duration=figures.duration(reply.seconds))
    )
    if reply.logprobs:
        facts.append(say("mean log-probability {mean}", mean=f"{reply.logprobs.mean:.2f}"))
    return facts + ([say("{count} attempts", count=reply.attempts)] if reply.attempts > 1 else [])


def _tokens(count: int | None) -> str:
    return "?" if count is None else f"{count:,}"
