"""A server with OpenAI's files and batches, whose lines are answered as `ChatServer` answers calls."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from servers import Answer, Behaviour, ChatServer, chat_completion


@dataclass
class ServedBatch:
    """A batch as the server keeps it."""

    id: str
    file: str
    metadata: Mapping[str, str]
    lines: Sequence[Mapping[str, Any]]
    polls: int = 0
    status: str = "in_progress"
    errors: Sequence[Mapping[str, Any]] = ()
    files: dict[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> list[str]:
        """The last message of each line."""
        return [line["body"]["messages"][-1]["content"] for line in self.lines]


LOST = Answer(fault="reset")
"""The connection breaks, and the server has done what it was asked."""

STUCK = Answer(fault="hang")
"""No answer comes, but a batch is made before."""


class BatchServer(ChatServer):
    """`with BatchServer(lambda request: "yes") as server: … server.batches`.

    `behaviour` answers a line as a live call: a text, a completion, an `Answer` with a status; or a line's
    whole row but its id, `{"error": …}`, or None for no line at all. `ends` says how a batch ends: a status,
    after so many polls. `faults` are answers in place of an operation's, in turn.
    """

    def __init__(self, behaviour: Behaviour, ends: Callable[[ServedBatch], str] = lambda batch: "completed"):
        super().__init__(behaviour)
        self.ends, self.polls_needed = ends, 1
        self.batches: dict[str, ServedBatch] = {}
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[Answer]] = {}
        self.seen: Counter[str] = Counter()
        self.ending = math.inf
        """How many batches, the first ones, may end; the others go on until it is raised."""

    @property
    def asked(self) -> list[str]:
        """The last message of every line of every batch."""
        return [text for batch in self.batches.values() for text in batch.asked]

    def _routes(self) -> Sequence[web.RouteDef]:
        return [
            web.post("/v1/files", self._upload),
            web.get("/v1/files/{id}/content", self._download),
            web.post("/v1/batches", self._create),
            web.get("/v1/batches", self._list),
            web.get("/v1/batches/{id}", self._retrieve),
            web.post("/v1/batches/{id}/cancel", self._cancel),
        ]

    async def _faulty(self, http: web.Request, operation: str) -> web.StreamResponse | None:
        self.seen[operation] += 1
        faults = self.faults.get(operation)
        return await self._send(http, faults.pop(0)) if faults else None

    async def _upload(self, http: web.Request) -> web.StreamResponse:
        self.headers.append(dict(http.headers))
        form = await http.post()
        if (fault := await self._faulty(http, "upload")) is not None:
            return fault
        assert form["purpose"] == "batch"
        return self._filed(form["file"].file.read())

    def _filed(self, content: bytes) -> web.Response:
        return web.json_response(self._file(content))

    def _file(self, content: bytes) -> dict[str, Any]:
        identity = f"file-{len(self.files)}"
        self.files[identity] = content
        return {
            "id": identity,
            "object": "file",
            "bytes": len(content),
            "created_at": 0,
            "filename": "f",
            "purpose": "batch",
            "status": "processed",
        }

    async def _create(self, http: web.Request) -> web.StreamResponse:
        asked = orjson.loads(await http.read())
        faults = self.faults.get("create", [])
        lost = bool(faults) and faults[0] in (LOST, STUCK)
        if not lost and (fault := await self._faulty(http, "create")) is not None:
            return fault
        lines = [orjson.loads(line) for line in self.files[asked["input_file_id"]].splitlines()]
        assert {line["url"] for line in lines} == {asked["endpoint"]}
        identity = f"batch_{len(self.batches)}"
        batch = ServedBatch(identity, asked["input_file_id"], asked["metadata"], lines)
        self.batches[identity] = batch
        if lost:
            return await self._faulty(http, "create")
        return web.json_response(self._shown(batch))

    async def _list(self, http: web.Request) -> web.StreamResponse:
        if (fault := await self._faulty(http, "list")) is not None:
            return fault
        newest = list(reversed(self.batches.values()))
        after = http.query.get("after")
        start = 1 + [one.id for one in newest].index(after) if after else 0
        page = newest[start : start + 2]
        more = start + 2 < len(newest)
        return web.json_response(
            {"object": "list", "data": [self._shown(one) for one in page], "has_more": more}
        )

    async def _retrieve(self, http: web.Request) -> web.StreamResponse:
        if (fault := await self._faulty(http, "retrieve")) is not None:
            return fault
        batch = self.batches.get(http.match_info["id"])
        if batch is None:
            return web.json_response({"error": {"message": "no such batch"}}, status=404)
        batch.polls += 1
        if batch.status == "in_progress" and batch.polls >= self.polls_needed and self._free(batch):
            await self._end(batch, self.ends(batch))
        return web.json_response(self._shown(batch))

    def _free(self, batch: ServedBatch) -> bool:
        return list(self.batches.values()).index(batch) < self.ending

    async def _cancel(self, http: web.Request) -> web.StreamResponse:
        batch = self.batches[http.match_info["id"]]
        self.seen["cancel"] += 1
        await self._end(batch, "cancelled")
        return web.json_response({**self._shown(batch), "status": "cancelling"})

    async def _download(self, http: web.Request) -> web.StreamResponse:
        content = self.files.get(http.match_info["id"])
        faults = self.faults.get("download")
        self.seen["download"] += 1
        if faults:
            fault = faults.pop(0)
            whole = Answer(content, fault.status, fault.headers, fault.delay, fault.fault)
            return await self._send(http, whole if fault.fault else fault)
        if content is None:
            return web.json_response({"error": {"message": "no such file"}}, status=404)
        return web.Response(body=content)

    async def _end(self, batch: ServedBatch, status: str) -> None:
        batch.status = status
        if status == "failed":
            return
        rows = [await self._row(line) for line in batch.lines]
        found = [row for row in rows if row is not None]
        good = [row for row in found if (row["response"] or {}).get("status_code") == 200]
        for name, some in (("output_file_id", good), ("error_file_id", [r for r in found if r not in good])):
            if some:
                batch.files[name] = self._file(b"\n".join(map(orjson.dumps, some)))["id"]

    async def _row(self, line: Mapping[str, Any]) -> dict[str, Any] | None:
        answer = self.behaviour(line["body"])
        answer = await answer if asyncio.iscoroutine(answer) else answer
        if answer is None:
            return None
        row = {"id": "r", "custom_id": line["custom_id"], "response": None, "error": None}
        if isinstance(answer, dict) and "error" in answer:
            return {**row, **answer}
        if not isinstance(answer, Answer):
            answer = Answer(chat_completion(answer) if isinstance(answer, str) else answer)
        return {**row, "response": {"status_code": answer.status, "request_id": "q", "body": answer.body}}

    def _shown(self, batch: ServedBatch) -> dict[str, Any]:
        now = int(time.time())
        done = 0 if batch.status == "in_progress" else len(batch.lines)
        return {
            "id": batch.id,
            "object": "batch",
            "completion_window": "24h",
            "created_at": now - 60,
            "completed_at": None if batch.status == "in_progress" else now,
            "endpoint": "/v1/chat/completions",
            "input_file_id": batch.file,
            "status": batch.status,
            "metadata": batch.metadata,
            "errors": {"object": "list", "data": list(batch.errors)},
            "request_counts": {"total": len(batch.lines), "completed": done, "failed": 0},
            **batch.files,
        }


EXPIRED = {"error": {"code": "batch_expired", "message": "not executed before the completion window expired"}}
CANCELLED = {"error": {"code": "batch_cancelled", "message": "cancelled"}}
