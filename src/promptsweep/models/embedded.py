"""Models that run inside this process, in llama.cpp: `local` and `gguf:<path>`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from promptsweep.errors import MissingExtraError
from promptsweep.models import gguf, tokens
from promptsweep.models.forms import RequestForm
from promptsweep.models.limits import steady
from promptsweep.models.llama import Layout, Reply, engine, fast, repeatable
from promptsweep.models.logprobs import logprobs
from promptsweep.models.replies import told_apart, usage
from promptsweep.models.retry import Retries
from promptsweep.models.streaming import Pieces
from promptsweep.types import JSON, Completion, Message, Request, Usage, digest

PLAIN = (
    "{% for message in messages %}"
    "{% if message.role == 'system' %}{{ message.content }}\n\n"
    "{% elif message.role == 'user' %}Q: {{ message.content }}\n"
    "{% else %}A: {{ message.content }}\n"
    "{% endif %}{% endfor %}A:"
)
"""Chat template for base models, which know no roles: the system text, then questions and answers."""
NEXT_QUESTION = "\nQ:"
"""Where a base model begins to ask itself the next question; its reply ends there."""
DEFAULTS: Mapping[str, JSON] = {"max_tokens": 256}
REFUSED = ("reasoning_effort",)
LISTEN = 0.05
"""Seconds between two looks at a reply that is being written."""


def local() -> EmbeddedModel:
    """Gemma 3 270M, the base model of the extra `local`. Same request, same reply, whatever is in flight."""
    _need_llama()
    file = gguf.gemma()
    notice = (
        "Loading Gemma 3 270M (base, 4-bit) into llama.cpp. Use is subject to the Gemma Terms of Use: "
        f"{gguf.gemma_terms()}"
    )
    return EmbeddedModel("local", "gemma-3-270m", file, plain=True, layout=repeatable(), notice=notice)


def from_file(reference: str, path: Path) -> EmbeddedModel:
    """Any GGUF file, with its own chat template, or the plain one where it has none."""
    _need_llama()
    plain = not gguf.has_chat_template(path)
    return EmbeddedModel(reference, path.stem, gguf.local_file(path), plain=plain, layout=fast())


class EmbeddedModel:
    """A GGUF file in llama.cpp. Its calls cost nothing; without a `seed`, the draw is the seed."""

    def __init__(
        self,
        name: str,
        model: str,
        file: gguf.File,
        *,
        plain: bool,
        layout: Layout,
        notice: str | None = None,
    ):
        self.name, self.notice = name, notice
        self.concurrency = layout.servers * layout.calls
        self.limiter, self.retries = steady(self.concurrency), Retries()
        self.digest = digest(file.digest, PLAIN if plain else None)
        self._path, self._plain, self._layout = file.path, plain, layout
        self.form = RequestForm(
            model=model,
            base_url=f"llama.cpp:{self.digest[:12]}",
            defaults=dict(DEFAULTS),
            refused=list(REFUSED),
            draw_is_seed=True,
            stop=NEXT_QUESTION if plain else None,
        )

    def __repr__(self) -> str:
        return f"EmbeddedModel({self.name!r}, {str(self._path)!r})"

    def check(self, given: Mapping[str, JSON]) -> None:
        """Raises ConfigError for a parameter that llama.cpp does not take, or an impossible value."""
        self.form.check(given, self.name)

    def request(self, messages: tuple[Message, ...], given: Mapping[str, JSON], draw: int) -> Request:
        """The request as llama.cpp gets it."""
        return self.form.request(messages, given, draw)

    async def chat(self, request: Request) -> Completion:
        """The reply. RequestError where the prompt is too long; the first call loads the file."""
        return self._completion(await self._asked(request, Reply()))

    async def stream(self, request: Request) -> Pieces:
        """The pieces of the reply, and last the whole. Raises the errors of `chat`."""
        reply, heard = Reply(), 0
        asked = asyncio.ensure_future(self._asked(request, reply))
        try:
            while not asked.done():
                await asyncio.wait([asked], timeout=LISTEN)
                text = self._text(reply)
                if len(text) > heard:
                    yield text[heard:]
                    heard = len(text)
            yield self._completion(asked.result())
        finally:
            asked.cancel()

    async def _asked(self, request: Request, reply: Reply) -> Reply:
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        serving = engine(self._path, PLAIN if self._plain else None, self._layout)
        return await serving.chat({"messages": messages, **request.params}, reply)

    def _text(self, reply: Reply) -> str:
        text = "".join(reply.parts)
        return text.removeprefix(" ") if self._plain else text

    def _completion(self, reply: Reply) -> Completion:
        text, reasoning = self._text(reply), "".join(reply.reasoning) or None
        return Completion(
            text=text,
            finish=reply.finish,
            usage=told_apart(usage(reply.usage), reasoning, text),
            seconds=reply.seconds,
            cost=0.0,
            reasoning=reasoning,
            logprobs=logprobs(reply.measured),
        )

    def count_tokens(self, text: str) -> int:
        """An estimate: the vocabulary is in the file, which is not loaded for counting."""
        return tokens.estimate(text)

    def price(self, usage: Usage) -> float:  # noqa: ARG002
        """Nothing."""
        return 0.0

    async def close(self) -> None:
        """Nothing to free here: the loaded file serves the next run of this process."""


def _need_llama() -> None:
    if find_spec("xllamacpp") is None:
        raise MissingExtraError("the embedded model", "local")
