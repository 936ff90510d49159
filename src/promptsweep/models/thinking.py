"""Reasoning that a model writes into its reply, as `<think>…</think>` before the answer.

Only for endpoints and families that say `think_tags: true` in models.yaml: elsewhere tags are text.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, replace

from promptsweep.models.replies import told_apart
from promptsweep.models.streaming import Pieces
from promptsweep.types import Completion

OPEN, CLOSE = "<think>", "</think>"


def apart(completion: Completion) -> Completion:
    """The completion with its reasoning apart from the answer.

    A block that is not closed is all reasoning: the reply was cut. One that is not opened is, too: some
    servers write the opening tag into the prompt.
    """
    before, closed, after = completion.text.partition(CLOSE)
    opened = before.lstrip().startswith(OPEN)
    if not (opened or closed):
        return completion
    inline = before.lstrip().removeprefix(OPEN).strip()
    reasoning = "\n".join(filter(None, [completion.reasoning, inline])) or None
    text = after.lstrip()
    usage = told_apart(completion.usage, reasoning, text)
    return replace(completion, text=text, reasoning=reasoning, usage=usage)


async def answered(parts: Pieces) -> Pieces:
    """The pieces of a reply without those of its reasoning, and last the whole with it apart.

    Where a block is not opened, its pieces come like those of the answer; the whole is right all the same.
    """
    heard = _Heard()
    async with aclosing(parts):
        async for part in parts:
            if isinstance(part, Completion):
                if rest := heard.rest():
                    yield rest
                yield apart(part)
            elif piece := heard.take(part):
                yield piece


@dataclass(slots=True)
class _Heard:
    """Pieces as they come, held back while they are, or may become, reasoning."""

    held: str = ""
    thinking: bool = False
    thought: bool = False
    """Whether the block is over: what begins like another one is the answer."""
    begun: bool = False
    """Whether the answer has begun."""

    def take(self, piece: str) -> str:
        """What of the answer is new with this piece."""
        if self.begun:
            return piece
        self.held = (self.held + piece).lstrip()
        if not self.thought:
            self._find_tags()
        may_be_tag = not self.thought and OPEN.startswith(self.held)
        if self.thinking or not self.held or may_be_tag:
            return ""
        self.begun = True
        return self.rest()

    def _find_tags(self) -> None:
        if not self.thinking and self.held.startswith(OPEN):
            self.thinking, self.held = True, self.held[len(OPEN) :]
        if self.thinking:
            _, closed, after = self.held.partition(CLOSE)
            self.thinking, self.thought = not closed, bool(closed)
            self.held = after.lstrip() if closed else self.held[1 - len(CLOSE) :]

    def rest(self) -> str:
        """What is held back of an answer that may yet have become a tag."""
        held, self.held = self.held, ""
        return "" if self.thinking else held
