"""llama.cpp inside this process: servers for one GGUF file, and the threads that wait for them."""

from __future__ import annotations

import asyncio
import atexit
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from queue import LifoQueue
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any

from promptsweep.errors import RequestError, RunFatalError, ServerError
from promptsweep.types import JSON

if TYPE_CHECKING:
    from xllamacpp import Server

CONTEXT = 2048
"""Tokens of prompt and reply together."""
SLOTS = 4
"""Prompts whose beginnings a server remembers, so that the next one with the same is read faster."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the cores are used."""

    servers: int
    """Copies of the model; their weights share memory."""
    calls: int
    """Most calls in flight at each server."""
    threads: int
    """Threads of each server."""
    batch: int
    """Most tokens computed in one pass, of all a server's calls together."""


def repeatable() -> Layout:
    """The same request gives the same reply at any time, whatever else is in flight.

    llama.cpp adds up floating-point numbers in another order when it computes several tokens in one pass,
    and a near tie between two words then falls the other way: of 8 replies of 40 tokens, 3 came out the same
    alone and with 3 calls beside them. One token a pass and one thread a server make all 8 the same. On 2
    cores this reads as many tokens a second as one server with 2 threads and 4 calls, writes about a quarter
    fewer, and does not collapse when other programs want the cores too.
    """
    return Layout(servers=min(4, os.cpu_count() or 1), calls=1, threads=1, batch=1)


def fast() -> Layout:
    """For models too large to be read token by token. Replies may vary with what else is in flight."""
    return Layout(servers=1, calls=SLOTS, threads=max(2, os.cpu_count() or 2), batch=512)


@dataclass(slots=True)
class Reply:
    """A reply as it grows; given to llama.cpp as the function to call for each piece."""

    parts: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    measured: list[Mapping[str, JSON]] = field(default_factory=list)
    """Tokens with their log-probabilities, where they were asked for."""
    finish: str = "stop"
    usage: Mapping[str, JSON] | None = None
    error: Mapping[str, JSON] | None = None
    seconds: float = 0.0
    cancelled: bool = False

    def __call__(self, piece: Mapping[str, Any]) -> bool:
        """Takes a piece in; true asks llama.cpp to stop."""
        self.error = piece.get("error", self.error)
        self.usage = piece.get("usage", self.usage)
        for choice in piece.get("choices", ()):
            self.finish = choice["finish_reason"] or self.finish
            self.parts.append(choice["delta"].get("content") or "")
            self.reasoning.append(choice["delta"].get("reasoning_content") or "")
            if measured := choice.get("logprobs"):
                self.measured += measured["content"]
        return self.cancelled


class Engine:
    """All servers of one file in this process. Each is started when it is first needed, in about a second."""

    def __init__(self, path: Path, template: str | None, layout: Layout):
        starters = [_Starter(path, template, layout) for _ in range(layout.servers)]
        self._free: LifoQueue[_Starter] = LifoQueue()
        for starter in starters * layout.calls:
            self._free.put(starter)
        self._threads = ThreadPoolExecutor(layout.servers * layout.calls, thread_name_prefix="llama.cpp")
        self._replies: set[Reply] = set()

    async def chat(self, body: Mapping[str, JSON], reply: Reply | None = None) -> Reply:
        """The reply to a chat completions request; one that is given grows meanwhile.

        Where the caller is cancelled, the model stops writing.
        """
        reply = Reply() if reply is None else reply
        working = self._threads.submit(self._work, body, reply)
        try:
            await asyncio.wrap_future(working)
        except asyncio.CancelledError:
            reply.cancelled = True
            raise
        if reply.error is not None:
            raise _failure(reply.error)
        return reply

    def close(self) -> None:
        """Waits for the threads, then frees the servers: in the other order llama.cpp crashes."""
        self._threads.shutdown()
        while not self._free.empty():
            self._free.get().server = None

    def _work(self, body: Mapping[str, JSON], reply: Reply) -> None:
        starter = self._free.get()
        try:
            server = starter.start()
            began = perf_counter()
            request = {**body, "stream": True, "stream_options": {"include_usage": True}}
            server.handle_chat_completions(request, reply)
            reply.seconds = perf_counter() - began
        except (ValueError, TypeError) as error:
            raise RequestError(f"llama.cpp refuses the request: {error}") from None
        finally:
            self._free.put(starter)


@cache
def engine(path: Path, template: str | None, layout: Layout) -> Engine:
    """The one engine of a file in this process, closed when the process ends."""
    made = Engine(path, template, layout)
    atexit.register(made.close)
    return made


class _Starter:
    """A server that is started at most once."""

    def __init__(self, path: Path, template: str | None, layout: Layout):
        self._path, self._template, self._layout = path, template, layout
        self._lock = Lock()
        self.server: Server | None = None

    def start(self) -> Server:
        with self._lock:
            if self.server is None:
                self.server = self._start()
            return self.server

    def _start(self) -> Server:
        from xllamacpp import CommonParams, Server

        params = CommonParams()
        params.model.path = str(self._path)
        params.n_parallel, params.n_ctx = SLOTS, SLOTS * CONTEXT
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self._layout.threads
        params.n_ubatch = self._layout.batch
        params.cache_ram_mib = 0
        params.warmup = params.fit_params = params.ui = params.endpoint_slots = False
        params.verbosity = -1
        if self._template is not None:
            params.chat_template = self._template
        try:
            return Server(params)
        except RuntimeError:
            raise RunFatalError(f"llama.cpp cannot load {self._path}: not a chat model, or damaged") from None


def _failure(error: Mapping[str, JSON]) -> RequestError | ServerError:
    if error.get("type") == "exceed_context_size_error":
        tokens, limit = error.get("n_prompt_tokens"), error.get("n_ctx")
        return RequestError(f"the prompt has {tokens} tokens; the embedded model takes at most {limit}")
    message = f"llama.cpp: {error.get('message', 'unknown error')}"
    return ServerError(message) if int(error.get("code", 500)) >= 500 else RequestError(message)
