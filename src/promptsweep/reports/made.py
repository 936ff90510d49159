"""What a run's replies and records become in the store: rows, wherever they are made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from promptsweep.reports.rows import (
    Row,
    call_rows,
    preamble_row,
    record_row,
    response_row,
    sample_row,
    score_rows,
)
from promptsweep.reports.store import Store, loads
from promptsweep.types import JSON, Completion, Record, Request

Reply = tuple[Request, Completion]
Made = dict[str, list[Row]]
"""Table → rows of it."""
Places = Mapping[str, tuple[int, Mapping[str, int]]]
"""Arm's key → its number in the store, and each metric's place in its list."""


class Maker:
    """Makes the rows of one run."""

    def __init__(self, arms: Places, version: str):
        """`version` is the run's id where its replies are its own, else empty."""
        self.arms, self.version = arms, version
        self._preambles: set[str] = set()
        self._last: tuple[Any, str] | None = None
        """What the newest request shares, and its preamble: most have that of the one before."""

    @classmethod
    def of(cls, store: Store, run: str, *, apart: bool) -> Maker:
        """The maker of a stored run; `apart` keeps its replies from others'."""
        arms = {arm.key: (arm.id, _places(loads(arm.metrics))) for arm in store.arms(run)}
        return cls(arms, run if apart else "")

    def made(self, thing: Reply | Record) -> Made:
        """The rows of a reply or a record alone."""
        rows: defaultdict[str, list[Row]] = defaultdict(list)
        self.make(rows, thing)
        return dict(rows)

    def make(self, rows: dict[str, list[Row]], thing: Reply | Record) -> None:
        """Adds the rows of a reply or a record; `rows` has a list for every table."""
        if isinstance(thing, Record):
            self._add_record(rows, thing)
        else:
            self._add_reply(rows, *thing)

    def _add_reply(self, rows: dict[str, list[Row]], request: Request, completion: Completion) -> None:
        preamble = self._preamble(rows, request)
        rows["responses"].append(response_row(request, completion, preamble, self.version))

    def _preamble(self, rows: dict[str, list[Row]], request: Request) -> str:
        """The id of a request's preamble, with a row for it where it is the first that has it."""
        roles = [message.role for message in request.messages[-1:]]
        shared = request.model, request.base_url, request.params, request.messages[:-1], roles
        if self._last is None or self._last[0] != shared:
            row = preamble_row(request)
            if row["id"] not in self._preambles:
                self._preambles.add(row["id"])
                rows["preambles"].append(row)
            self._last = shared, row["id"]
        return self._last[1]

    def _add_record(self, rows: dict[str, list[Row]], record: Record) -> None:
        arm, places = self.arms[record.arm]
        row = record_row(record, arm)
        rows["samples"].append(sample_row(record.sample))
        rows["records"].append(row)
        rows["scores"] += score_rows(record, row["id"], places)
        rows["calls"] += call_rows(record, row["id"])


def _places(metrics: Sequence[Mapping[str, JSON]]) -> dict[str, int]:
    return {metric["name"]: place for place, metric in enumerate(metrics)}
