"""An OpenAI-compatible server for tests: real sockets, its behaviour a function of the request."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import orjson
from aiohttp import web

Fault = Literal["reset", "truncate", "hang", "stall", "drip"]
DRIP = 0.1
"""Seconds between two bytes of a body that drips."""


@dataclass(frozen=True)
class Answer:
    """A reply in all its parts: `body` is sent as it is, or as JSON."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before anything is sent."""
    fault: Fault | None = None
    """What goes wrong: `reset` the connection, or `truncate` the body in its middle; or, until the client
    gives up, `hang` before anything is sent, `stall` in the middle of the body, or `drip` it byte by byte."""


Behaviour = Callable[[dict[str, Any]], "str | dict[str, Any] | Answer | Awaitable[Any]"]


def chat_completion(text: str, **changes: Any) -> dict[str, Any]:
    """The JSON of a completion; `changes` replace top-level fields."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "test",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
        **changes,
    }


def error(status: int, message: str = "no", code: str | None = None, **headers: str) -> Answer:
    """An error as OpenAI writes it; header names are given with underscores."""
    body = {"error": {"message": message, "type": code, "code": code}}
    return Answer(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


def in_turn(*answers: Any) -> Behaviour:
    """Gives one answer after the other, the last one for ever."""
    left = list(answers)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


class ChatServer:
    """Serves while it is entered: `with ChatServer(lambda request: "yes") as server: … server.base_url`.

    The behaviour returns a text, the JSON of a completion, or an `Answer`; it may be asynchronous. It serves
    at a free port where none is given.
    """

    def __init__(self, behaviour: Behaviour, port: int = 0):
        self.behaviour, self.port = behaviour, port
        self.requests: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.paths: list[str] = []
        self.connections = 0
        self.peak_in_flight = 0
        self._in_flight = 0
        self._peers: set[Any] = set()
        self._transports: set[asyncio.Transport] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def base_url(self) -> str:
        """What a models.yaml would say."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def texts(self) -> Sequence[str]:
        """The last message of every request."""
        return [request["messages"][-1]["content"] for request in self.requests]

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def drop_connections(self) -> None:
        """Breaks every connection off, as a network does that went away; the server goes on serving."""
        for transport in list(self._transports):
            self._loop.call_soon_threadsafe(transport.abort)
        self._transports.clear()

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _start(self) -> None:
        application = web.Application(client_max_size=1 << 26)
        application.add_routes([*self._routes(), web.post("/{path:.*}", self._handle)])
        self._runner = web.AppRunner(
            application, shutdown_timeout=0.1, access_log=None, handler_cancellation=True
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    def _routes(self) -> Sequence[web.RouteDef]:
        """What a subclass serves besides chat."""
        return ()

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        self._note(http, orjson.loads(await http.read()))
        self._in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self._in_flight)
        try:
            answer = self.behaviour(self.requests[-1])
            return await self._send(http, await answer if inspect.isawaitable(answer) else answer)
        finally:
            self._in_flight -= 1

    def _note(self, http: web.Request, request: dict[str, Any]) -> None:
        self.requests.append(request)
        self.headers.append(dict(http.headers))
        self.paths.append(http.path_qs)
        assert http.transport is not None
        self._transports.add(http.transport)
        self._peers.add(http.transport.get_extra_info("peername"))
        self.connections = len(self._peers)

    async def _send(self, http: web.Request, answer: Any) -> web.StreamResponse:
        if not isinstance(answer, Answer):
            answer = Answer(chat_completion(answer) if isinstance(answer, str) else answer)
        body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        await asyncio.sleep(3600 if answer.fault == "hang" else answer.delay)
        if answer.fault is not None:
            return await self._break(http, body, answer.fault)
        headers = {"Content-Type": "application/json", **answer.headers}
        return web.Response(body=body, status=answer.status, headers=headers)

    async def _break(self, http: web.Request, body: bytes, fault: Fault) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(body))})
        if fault != "reset":
            await response.prepare(http)
        if fault == "drip":
            for byte in body:
                await response.write(bytes([byte]))
                await asyncio.sleep(DRIP)
            return response
        if fault in {"truncate", "stall"}:
            await response.write(body[: len(body) // 2])
        if fault == "stall":
            await asyncio.sleep(3600)
        assert http.transport is not None
        http.transport.abort()
        return response
