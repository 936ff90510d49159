"""Models behind OpenAI-compatible endpoints.

Chat completions are sent with aiohttp and orjson, not through the `openai` package. Measured against a local
server without latency, 64 calls in flight: a bare `AsyncOpenAI` loop takes 5.8 to 6.4 ms of CPU a call, of
which parameter transforms, pydantic and its connection pool are the greater part (the package alone, with
no socket, takes 1.8); its own aiohttp transport with a raw `post` takes 2.9, aiohttp straight 0.35 to 0.55.
A sweep is thousands of small calls, so this way it is the endpoint and not the client that sets the pace.
The `openai` package stays the reference for what its endpoints say and mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from functools import cache, cached_property
from importlib.metadata import version
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlencode, urlsplit

import orjson

from promptsweep.errors import ModelError, ServerError
from promptsweep.models import failures, replies, streaming, thinking, tokens
from promptsweep.models.deadlines import Deadlines
from promptsweep.models.endpoints import Endpoint
from promptsweep.models.forms import RequestForm
from promptsweep.models.keys import hide
from promptsweep.models.limits import shared
from promptsweep.models.prices import Rates, endpoint_rates
from promptsweep.models.streaming import Pieces
from promptsweep.models.window import START
from promptsweep.types import JSON, Completion, Message, Request, Usage, digest
from promptsweep.urls import shown

if TYPE_CHECKING:
    import aiohttp
    from openai import AsyncOpenAI


class OpenAIModel:
    """One model of one endpoint, over one pool of connections that is as large as its concurrency."""

    notice: str | None = None

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        model: str,
        *,
        base_url: str,
        key: str | None = None,
        defaults: Mapping[str, JSON] | None = None,
    ):
        self.name, self.concurrency = name, endpoint.concurrency
        self.endpoint, self._model, self.key = endpoint, model, key
        self._base_url = base_url.rstrip("/")
        self.form = endpoint_form(endpoint, model, self._base_url, defaults)
        self._url = _url(self._base_url, endpoint, model)
        self.digest = digest(self._url, model)
        self.retries = endpoint.retries
        start = endpoint.concurrency if _is_here(self._base_url) else START
        self.limiter = shared(digest(self._url, model, key), endpoint.limits, start)
        self._opened: tuple[aiohttp.ClientSession, Deadlines] | None = None
        self.check(self.form.defaults)

    def __repr__(self) -> str:
        return f"OpenAIModel({self.name!r}, {shown(self._base_url)!r})"

    def check(self, given: Mapping[str, JSON]) -> None:
        """Raises ConfigError for a parameter that the model refuses, or a value no endpoint takes."""
        self.form.check(given, self.name)

    def request(self, messages: tuple[Message, ...], given: Mapping[str, JSON], draw: int) -> Request:
        """The request as it will be sent."""
        return self.form.request(messages, given, draw)

    async def chat(self, request: Request) -> Completion:
        """The reply to one attempt. Raises the sorted errors; no error ever holds the key."""
        try:
            completion = await self._post(request)
            return thinking.apart(completion) if self.form.think_tags else completion
        except ModelError as error:
            error.args = (f"{self.name}: {hide(str(error), self.key)}",)
            raise

    async def stream(self, request: Request) -> Pieces:
        """The pieces of the reply to one attempt, and last the whole. Raises the errors of `chat`."""
        try:
            sent = streaming.counted(lambda more: self._streamed(request, more))
            async with aclosing(thinking.answered(sent) if self.form.think_tags else sent) as parts:
                async for part in parts:
                    yield part
        except ModelError as error:
            error.args = (f"{self.name}: {hide(str(error), self.key)}",)
            raise

    def count_tokens(self, text: str) -> int:
        """Tokens of a text; exact where the vocabulary is known."""
        return tokens.count(text, self._model)

    def price(self, usage: Usage) -> float | None:
        """US dollars for one call; None where the price is unknown."""
        return None if self._rates is None else self._rates.cost(usage)

    def body(self, request: Request) -> dict[str, JSON]:
        """What is posted."""
        return {"model": request.model, "messages": request.messages, **request.params}

    def read(self, request: Request, content: bytes, seconds: float) -> Completion:  # noqa: ARG002
        """The reply in the body of a 200; ServerError where there is none."""
        return replies.read(content, seconds, self.price)

    def client(self, path: str = "") -> AsyncOpenAI:
        """A client of the `openai` package for what is not chat; `path` is appended to the base URL.

        Whoever makes it closes it. It sends the headers that chats have and repeats nothing.
        """
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Omit, Timeout

        own = self._headers()
        del own["Content-Type"]

        async def with_own_headers(request: Any) -> None:
            del request.headers["Authorization"]
            request.headers.update(own)

        endpoint, hooks = self.endpoint, {"request": [with_own_headers]}
        return AsyncOpenAI(
            api_key="in the headers",
            base_url=self._base_url + path,
            default_headers=cast("Any", {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}),
            default_query=endpoint.query,
            max_retries=0,
            timeout=Timeout(endpoint.first_byte_timeout, connect=endpoint.connect_timeout),
            http_client=DefaultAsyncHttpxClient(follow_redirects=False, event_hooks=hooks),
        )

    async def close(self) -> None:
        """Closes the connections; the next call opens new ones."""
        opened, self._opened = self._opened, None
        if opened is not None:
            session, deadlines = opened
            deadlines.close()
            await session.close()

    @cached_property
    def _rates(self) -> Rates | None:
        return endpoint_rates(self.endpoint, self._model)

    async def _post(self, request: Request) -> Completion:
        session, deadlines = self._opened or self._open()
        asked, began = self._asked(self.body(request)), perf_counter()
        try:
            sent = session.post(self._url, **asked)
            with deadlines:
                async with sent as response:
                    content = await response.read()
        except _network_errors() as error:
            raise self._unreached(error) from None
        self.limiter.learn(response.headers)
        if response.status != 200:
            raise failures.sort(response.status, response.headers, content)
        return self.read(request, content, perf_counter() - began)

    async def _streamed(self, request: Request, more: Mapping[str, JSON]) -> Pieces:
        session, deadlines = self._opened or self._open()
        asked, began = self._asked({**self.body(request), **more}), perf_counter()
        try:
            with deadlines:
                async with session.post(self._url, **asked) as response:
                    self.limiter.learn(response.headers)
                    if response.status != 200:
                        raise failures.sort(response.status, response.headers, await response.read())
                    async for piece in streaming.pieces(response, began, self.price):
                        yield piece
        except _network_errors() as error:
            raise self._unreached(error) from None

    def _asked(self, body: Mapping[str, JSON]) -> dict[str, Any]:
        """How a request's body is posted."""
        return {"data": orjson.dumps(body), "proxy": self._proxy, "allow_redirects": False}

    def _unreached(self, error: Exception) -> ServerError:
        sent = not isinstance(error, _unconnected())
        if isinstance(error, TimeoutError):
            allowed = self.endpoint
            return ServerError(
                f"no connection in {allowed.connect_timeout:g} s, no byte in "
                f"{allowed.first_byte_timeout:g} s, or no whole reply in {allowed.timeout:g} s",
                sent=sent,
            )
        why = str(error) or type(error).__name__
        return ServerError(f"the connection to {shown(self._base_url)} failed: {why}", sent=sent)

    def _open(self) -> tuple[aiohttp.ClientSession, Deadlines]:
        import aiohttp

        endpoint = self.endpoint
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.concurrency),
            timeout=aiohttp.ClientTimeout(
                total=None,
                sock_connect=endpoint.connect_timeout,
                sock_read=endpoint.first_byte_timeout,
            ),
            headers=self._headers(),
        )
        self._opened = session, Deadlines(endpoint.timeout)
        return self._opened

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": f"promptsweep/{version('promptsweep')}"}
        if self.key:
            bearer = self.endpoint.key_header.lower() == "authorization"
            headers[self.endpoint.key_header] = f"Bearer {self.key}" if bearer else self.key
        return headers | self.endpoint.headers

    @cached_property
    def _proxy(self) -> str | None:
        """The proxy that the environment names for this URL."""
        from urllib.request import getproxies, proxy_bypass

        parts = urlsplit(self._base_url)
        return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def endpoint_form(
    endpoint: Endpoint, model: str, base_url: str, defaults: Mapping[str, JSON] | None = None
) -> RequestForm:
    """What an endpoint's model makes of a request; `defaults` go before those of the endpoint."""
    return RequestForm(
        model=model,
        base_url=base_url.rstrip("/"),
        defaults={**endpoint.params, **(defaults or {})},
        names=endpoint.names(model),
        refused=endpoint.refused(model),
        json_object=endpoint.reply_format(model) == "json_object",
        think_tags=endpoint.writes_think_tags(model),
    )


def _is_here(base_url: str) -> bool:
    """Whether a server is on this machine: one's own, that needs no careful beginning."""
    host = urlsplit(base_url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def _url(base_url: str, endpoint: Endpoint, model: str) -> str:
    query = f"?{urlencode(endpoint.query)}" if endpoint.query else ""
    return base_url + endpoint.path.replace("{model}", quote(model, safe="")) + query


@cache
def _unconnected() -> tuple[type[Exception], ...]:
    """No connection, so nothing was sent."""
    import aiohttp

    return (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@cache
def _network_errors() -> tuple[type[Exception], ...]:
    import aiohttp

    return (aiohttp.ClientError, OSError)
