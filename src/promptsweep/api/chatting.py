"""A plain chat with a model: what is sent, whether it fits, and the reply as it comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from promptsweep.api.documents import Document
from promptsweep.errors import ConfigError, RateLimitError, ServerError, unknown
from promptsweep.models import Model, tokens
from promptsweep.models.streaming import stream
from promptsweep.prompts import Templates, render
from promptsweep.reports import Store
from promptsweep.reports.outside import CHAT, entering
from promptsweep.runners import Allowance, Budget
from promptsweep.runners.costs import PER_MESSAGE, Cost, failed, paid, reply_cap, worst_case
from promptsweep.runners.gateway import Enter
from promptsweep.types import Completion, Message, Request
from promptsweep.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Room:
    """How a request fits into a context window, in tokens."""

    prompt: int
    reply: int
    """Kept free for the reply; 0 where nothing limits it."""
    window: int | None
    """None where it is unknown: then everything fits."""
    exact: bool
    """Whether the model's vocabulary is known, so that `prompt` is counted and no estimate."""

    @property
    def excess(self) -> int:
        """How much too long it is; 0 where it fits."""
        return 0 if self.window is None else max(0, self.prompt + self.reply - self.window)


def personas(workspace: Workspace) -> list[str]:
    """Names of the system messages in `prompts/system/`."""
    return workspace.names("prompts/system", ".j2")


def persona(name: str, language: str, workspace: Workspace) -> str:
    """The text of a system message outside of any dataset. Raises ConfigError where it needs one."""
    if name not in personas(workspace):
        raise ConfigError(unknown("system message", name, personas(workspace)))
    template = Templates(workspace.roots).get(f"system/{name}.j2")
    variables = {"language": language, "task": "open", "instruction": "", "form": "", "labels": []}
    return "\n\n".join(message.content for message in render(template, variables))


def messages(system: str, document: Document | None, turns: Sequence[Message]) -> tuple[Message, ...]:
    """All that is sent: the instructions, the document before the first question, and the turns."""
    rules = [text for text in (system.strip(), document.rule if document else "") if text]
    first, *others = turns
    if document is not None:
        first = Message(first.role, f"{document.delimited}\n\n{first.content}")
    return (*(Message("system", "\n\n".join(rules)) for _ in rules[:1]), first, *others)


def room(request: Request, model: Model, window: int | None) -> Room:
    """How a request fits, counted before it is sent."""
    count = sum(model.count_tokens(message.content) + PER_MESSAGE for message in request.messages)
    return Room(count, reply_cap(request) or 0, window, tokens.vocabulary(request.model) is not None)


async def reply(
    model: Model, request: Request, limits: Allowance, hear: Callable[[str], None], store: Store
) -> Completion:
    """One reply, under the model's limits and within what may be spent; `hear` gets its pieces.

    It is sent once: who chats can send again. What it cost, or may have cost, is entered into the ledger of
    `store`. Raises the sorted errors, and IncompleteError where the ledger cannot be written; closes the
    model.
    """
    worst = worst_case(request, model)
    try:
        async with entering(store, CHAT) as enter:
            await Budget(limits).reserve(worst)
            return await _within_limits(model, request, worst, hear, enter)
    finally:
        await model.close()


async def _within_limits(
    model: Model, request: Request, worst: Cost, hear: Callable[[str], None], enter: Enter
) -> Completion:
    async with model.limiter.turn(sum(len(one.content) for one in request.messages) // 3) as turn:
        try:
            completion = await _charged(model, request, worst, hear, enter)
        except (RateLimitError, ServerError) as error:
            if isinstance(error, RateLimitError) or error.overloaded:
                turn.limited(error.retry_after)
            raise
        turn.succeeded(completion.seconds)
    return completion


async def _charged(
    model: Model, request: Request, worst: Cost, hear: Callable[[str], None], enter: Enter
) -> Completion:
    """The reply, its cost entered; without one, or where nobody waits for it, what may have been charged."""
    try:
        completion = await _heard(model, request, hear)
    except BaseException as error:
        enter("failed", model.name, failed(error, worst))
        raise
    enter("new", model.name, paid(completion, worst))
    return completion


async def _heard(model: Model, request: Request, hear: Callable[[str], None]) -> Completion:
    async with aclosing(stream(model, request)) as pieces:
        async for piece in pieces:
            if isinstance(piece, str):
                hear(piece)
            else:
                completion = piece
    return completion
