"""A server with the files and fine-tuning endpoints of OpenAI: real sockets, jobs by a script."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

NOW = 1_800_000_000
STEPS = ("validating_files", "queued", "running", "succeeded")


@dataclass
class ServedJob:
    """A job: each look at it takes it one step on, and leaves an event."""

    body: dict[str, Any]
    left: list[str]
    events: list[dict[str, Any]] = field(default_factory=list)

    def look(self) -> dict[str, Any]:
        status = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        if self.body["status"] != status:
            self.body["status"] = status
            self.say(f"now {status}")
        if status == "succeeded":
            self.body |= {"fine_tuned_model": f"ft:{self.body['model']}:org::abc", "trained_tokens": 1234}
        if status == "failed":
            self.body["error"] = {"code": "bad", "message": "the loss exploded", "param": None}
        return self.body

    def say(self, message: str, level: str = "info") -> None:
        number = len(self.events)
        self.events.append(
            {"id": f"ev-{number}", "object": "fine_tuning.job.event", "created_at": NOW + number}
            | {"level": level, "message": message, "type": "message", "data": {}}
        )


class TuningServer:
    """Serves while it is entered. `faults` are statuses, or "reset", of the next requests to a path's end."""

    def __init__(self, steps: Sequence[str] = STEPS, page: int = 2):
        self.steps, self.page = steps, page
        self.files: dict[str, bytes] = {}
        self.jobs: dict[str, ServedJob] = {}
        self.requests: list[str] = []
        self.keys: set[str | None] = set()
        self.faults: list[tuple[str, int | str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"house": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def base_url(self) -> str:
        """What a models.yaml would say."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fault(self, method: str, path: str) -> int | str | None:
        """What goes wrong with this request, once for each that is listed."""
        for place, (wanted, fault) in enumerate(self.faults):
            if f"{method} {path}".endswith(wanted):
                del self.faults[place]
                return fault
        return None

    def create(self, asked: dict[str, Any]) -> dict[str, Any]:
        identity = f"ftjob-{len(self.jobs)}"
        body = {
            "id": identity, "object": "fine_tuning.job", "created_at": NOW, "status": self.steps[0],
            "model": asked["model"], "training_file": asked["training_file"], "organization_id": "org",
            "validation_file": asked.get("validation_file"), "result_files": [], "seed": 1, "error": None,
            "fine_tuned_model": None, "trained_tokens": None, "finished_at": None, "hyperparameters": {},
            "metadata": asked.get("metadata"), "method": asked["method"], "asked": asked,
        }  # fmt: skip
        self.jobs[identity] = ServedJob(body, list(self.steps))
        self.jobs[identity].say("created")
        return body


class _Handler(BaseHTTPRequestHandler):
    house: TuningServer

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        house, url = self.house, urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        house.requests.append(f"{method} {url.path}")
        house.keys.add(self.headers.get("Authorization"))
        fault = house.fault(method, url.path)
        if fault == "reset":
            self.connection.close()
        elif fault is not None:
            self._send(int(fault), {"error": {"message": f"no: {self.headers['Authorization']}"}})
        else:
            self._send(*self._served(method, url.path, parse_qs(url.query), body))

    def _served(self, method: str, path: str, query: Any, body: bytes) -> tuple[int, Any]:
        house, found = self.house, re.fullmatch(r"/v1/fine_tuning/jobs/([\w-]+)(/\w+)?", path)
        if path == "/v1/files":
            identity = f"file-{len(house.files)}"
            house.files[identity] = body
            made = {"id": identity, "object": "file", "bytes": len(body), "created_at": NOW}
            return 200, made | {"filename": "f.jsonl", "purpose": "fine-tune", "status": "processed"}
        if path == "/v1/fine_tuning/jobs" and method == "POST":
            return 200, house.create(json.loads(body))
        if path == "/v1/fine_tuning/jobs":
            return 200, self._page([job.body for job in reversed(house.jobs.values())], query)
        if found is None or found[1] not in house.jobs:
            return 404, {"error": {"message": "no such job", "code": "not_found"}}
        return self._of_job(house.jobs[found[1]], found[2], query)

    def _of_job(self, job: ServedJob, what: str | None, query: Any) -> tuple[int, Any]:
        if what == "/events":
            return 200, self._page(job.events[::-1], query)
        if what == "/cancel":
            job.left = ["cancelled"]
        return 200, job.look()

    def _page(self, rows: list[dict[str, Any]], query: Any) -> dict[str, Any]:
        after = query.get("after", [None])[0]
        ids = [row["id"] for row in rows]
        first = ids.index(after) + 1 if after else 0
        shown = rows[first : first + self.house.page]
        return {"object": "list", "data": shown, "has_more": first + len(shown) < len(rows)}

    def _send(self, status: int, content: Any) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
