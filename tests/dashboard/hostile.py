"""Text that tries everything, and a model that replies with it."""

from __future__ import annotations

from promptsweep.errors import RequestError
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Message, Usage

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> ![p](http://127.0.0.1:9/p.png) "
    "[link](javascript:alert(3)) <b id=pwned>bold</b> $x^2$ :material/home: :red[red] "
    "**strong** \x1b[31mred \u202eflip"
)
LONG = "long " * 40_000


def reply(messages: tuple[Message, ...]) -> Completion:
    """Right more often with worked examples; odd replies for some samples."""
    text = messages[-1].content
    if "breaks" in text:
        raise RequestError(f"400: {HOSTILE}")
    if "endless" in text:
        return Completion(LONG, usage=Usage(30, 2_000), cost=0.002, seconds=1.5)
    right = "good" if any(word in text for word in ("Warm", "smiled", "Best")) else "bad"
    answer = right if len(messages) > 2 or "Warm" in text else "no idea"
    if "script" in text:
        answer = HOSTILE
    return Completion(answer, usage=Usage(20, 2), cost=0.001, seconds=0.25)


def mood_model() -> FunctionModel:
    """The model `m` of the sweeps here."""
    return FunctionModel(lambda request: reply(request.messages), name="m")
