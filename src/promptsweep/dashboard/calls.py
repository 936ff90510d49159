"""A record's calls: the messages exactly as they were sent, and what came back."""

from __future__ import annotations

import streamlit as st

from promptsweep.dashboard import plain
from promptsweep.reports import figures
from promptsweep.reports.browse import Trace
from promptsweep.reports.calls import TraceCall

MOST_OPEN = 3
"""With more calls than this, they start folded."""


def show(trace: Trace) -> None:
    """Draws every call in order, and the strategy's reply where it is not the text of a call."""
    st.subheader(figures.plural(len(trace.calls), "call"), anchor=False)
    if not trace.calls:
        st.caption(
            "No model was asked: the answer was made elsewhere, or the strategy failed before its first call."
        )
    for place, call in enumerate(trace.calls, 1):
        title = f"{place} · {plain.inline(call.stage)} · {figures.duration(call.ended - call.started)}"
        with st.expander(title, expanded=len(trace.calls) <= MOST_OPEN):
            _call(place, call)
    if trace.reply is not None and all(_text(call) != trace.reply for call in trace.calls):
        plain.labelled("Reply, as the strategy put it together", trace.reply)


def _text(call: TraceCall) -> str | None:
    return call.completion.text if call.completion else None


def _call(place: int, call: TraceCall) -> None:
    st.text(plain.cell(" · ".join(_facts(call))))
    if call.pruned:
        st.info("The texts of this call were removed from the store.", icon=":material/delete:")
    for number, message in enumerate(call.messages, 1):
        plain.labelled(message.role, message.content, f"call-{place}-message-{number}")
    if call.error:
        plain.labelled("Error", call.error, f"call-{place}-error")
    if call.completion is not None:
        if call.completion.reasoning:
            plain.labelled("Reasoning", call.completion.reasoning, f"call-{place}-reasoning")
        plain.labelled("Reply", call.completion.text, f"call-{place}-reply")
    if call.request is not None:
        params = plain.json_text({**call.request.params, "draw": call.request.draw})
        plain.labelled("Parameters", params, f"call-{place}-parameters")


def _facts(call: TraceCall) -> list[str]:
    """Model, timing, tokens, cost and where the reply came from."""
    facts = [call.request.model] if call.request else []
    facts.append(f"{figures.duration(call.started)} to {figures.duration(call.ended)}")
    reply = call.completion
    if reply is None:
        return facts
    facts.append(f"{_tokens(reply.usage.prompt)} + {_tokens(reply.usage.completion)} tokens")
    facts += [f"{reply.usage.cached:,} of them cached by the endpoint"] if reply.usage.cached else []
    facts += [f"{reply.usage.reasoning:,} for reasoning"] if reply.usage.reasoning else []
    facts += [figures.dollars(reply.cost), f"finish: {reply.finish}"]
    facts.append(
        "from the store, nothing sent" if reply.cached else f"sent, {figures.duration(reply.seconds)}"
    )
    facts += [figures.plural(reply.attempts, "attempt")] if reply.attempts > 1 else []
    return facts


def _tokens(count: int | None) -> str:
    return "?" if count is None else f"{count:,}"
