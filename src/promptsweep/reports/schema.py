"""The tables. Content (samples, requests, replies) is stored once, under its address."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    inspect,
)

VERSION = 3
"""Raised with every change of the tables; `opening.MIGRATIONS` holds the way up."""

metadata = MetaData()
_Id = BigInteger().with_variant(Integer, "sqlite")

meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created", Float, nullable=False),  # seconds since 1970, UTC
    Column("updated", Float, nullable=False),
    Column("path", Text, nullable=False),
    Column("sweep", Text, nullable=False),  # JSON: the sweep, overrides included
    Column("repeats", Integer, nullable=False),
    Column("fresh", Integer, nullable=False),  # 1: stored replies of other runs were not used
    Column("versions", Text, nullable=False),  # JSON: promptsweep, python, git commit; models
    Column("warnings", Text, nullable=False),  # JSON list
    Column("error", Text),
)

arms = Table(
    "arms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("strategy_params", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("split", Text, nullable=False),
    Column("system", Text),
    Column("task", Text, nullable=False),
    Column("cluster", Text),  # field whose equal values are one cluster in statistics
    Column("metrics", Text, nullable=False),  # JSON [{name, kind, …}]; a score's metric is its place here
    Column("digests", Text, nullable=False),
    Column("planned", Integer, nullable=False),  # samples
    Index("arms_of_run", "run"),
)

samples = Table(
    "samples",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("input", Text, nullable=False),
    Column("targets", Text, nullable=False),
    Column("fields", Text, nullable=False),
)

records = Table(
    "records",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),  # see record_id
    Column("sample_id", Text, nullable=False),
    Column("sample", Text, nullable=False),  # samples.digest
    Column("outcome", Text, nullable=False),
    Column("answer", Text),
    Column("reply_call", Integer),  # the call whose text is the reply; else `reply` holds it
    Column("reply", Text),
    Column("seconds", Float, nullable=False),
    Column("critical_seconds", Float, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("cost", Float),  # price of all its calls, stored replies included; null where unknown
    Column("requests", Integer, nullable=False),
    Column("cached", Integer, nullable=False),
    Column("error", Text),
    Column("details", Text),
)

scores = Table(
    "scores",
    metadata,
    Column("record", _Id, primary_key=True, autoincrement=False),
    Column("metric", Integer, primary_key=True, autoincrement=False),
    Column("value", Float, nullable=False),
    Column("reason", Text),
    sqlite_with_rowid=False,
)

calls = Table(
    "calls",
    metadata,
    Column("record", _Id, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("stage", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("cached", Integer, nullable=False),
    Column("started", Float, nullable=False),
    Column("ended", Float, nullable=False),
    Column("error", Text),
    sqlite_with_rowid=False,
)

preambles = Table(  # what the requests of an arm share: all but the last message's text
    "preambles",
    metadata,
    Column("id", Text, primary_key=True),
    Column("model", Text, nullable=False),
    Column("base_url", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("messages", Text, nullable=False),  # JSON [[role, content], …]; the last content is null
)

responses = Table(
    "responses",
    metadata,
    Column("key", Text, primary_key=True),
    Column("version", Text, primary_key=True),  # "" or the run that asked afresh
    Column("preamble", Text, nullable=False),
    Column("prompt", Text, nullable=False),  # text of the last message
    Column("draw", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("finish", Text, nullable=False),
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    Column("cached_tokens", Integer),
    Column("reasoning_tokens", Integer),
    Column("seconds", Float, nullable=False),
    Column("cost", Float),
    Column("attempts", Integer, nullable=False),
    Column("reasoning", Text),
    Column("created", Float, nullable=False),
    Column("logprobs", Text),  # JSON [tokens, total, {text: …}]; null where they were not asked for
)

leases = Table(  # which runs use which models now
    "leases",
    metadata,
    Column("model", Text, primary_key=True),  # the model's digest
    Column("run", Text, primary_key=True),
    Column("seen", Float, nullable=False),
)

ledger = Table(  # what was paid and saved; stays when replies are pruned or the run is removed
    "ledger",
    metadata,
    Column("run", Text, primary_key=True),  # or a page of the dashboard: see reports.outside
    Column("model", Text, primary_key=True),  # as the sweep names it
    Column("day", Text, primary_key=True),  # YYYY-MM-DD, UTC
    Column("kind", Text, primary_key=True),  # new, failed, saved or authorised: see reports.ledger
    Column("requests", BigInteger, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("usd", Float, nullable=False),  # of the requests whose price is known
    Column("unpriced", BigInteger, nullable=False),  # requests whose price is unknown
)

grades = Table(  # what people said of answers: see reports.grades
    "grades",
    metadata,
    Column("run", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("grader", Text, primary_key=True),
    Column("arm", Integer, primary_key=True, autoincrement=False),
    Column("other", Integer, primary_key=True, autoincrement=False),  # the arm compared with; 0 for none
    Column("sample_id", Text, primary_key=True),
    Column("repeat", Integer, primary_key=True, autoincrement=False),
    Column("value", Integer, nullable=False),
    Column("note", Text),
    Column("created", Float, nullable=False),
    sqlite_with_rowid=False,
)

batches = Table(  # what runs sent to vendors' Batch APIs: see reports.batches
    "batches",
    metadata,
    Column("token", Text, primary_key=True),
    Column("run", Text, nullable=False),
    Column("model", Text, nullable=False),  # the model's digest
    Column("batch", Text),  # the vendor's id; null until it is known
    Column("keys", LargeBinary, nullable=False),  # 16 bytes a request, in the order of the file's lines
    Column("ended", Integer, nullable=False),  # 1: its replies were handed out
    Column("created", Float, nullable=False),
    Index("batches_of_run", "run"),
)

duels = Table(  # which of two arms' answers a judge prefers: see reports.duels
    "duels",
    metadata,
    Column("run", Text, primary_key=True),
    Column("rubric", Text, primary_key=True),
    Column("model", Text, primary_key=True),  # the judge, as models are named
    Column("arm", Integer, primary_key=True, autoincrement=False),  # of the two arms the smaller number
    Column("other", Integer, primary_key=True, autoincrement=False),
    Column("sample_id", Text, primary_key=True),
    Column("repeat", Integer, primary_key=True, autoincrement=False),
    Column("signature", Text, nullable=False),  # of the judge: models, templates, parameters
    Column("unit", Text, nullable=False),  # the sample, or the cluster that it belongs to
    Column("straight", Integer),  # 1: `arm` is better, -1: `other` is, 0: a tie; null: no verdict
    Column("turned", Integer),  # the same with `other` shown first
    Column("reason", Text),  # why, or why there is no verdict
    Column("created", Float, nullable=False),
    sqlite_with_rowid=False,
)

POSITION_BITS, REPEAT_BITS = 33, 10


def to_version_3(connection: Connection) -> None:
    """Brings a store of version 2 log-probabilities of replies, batches at vendors, and duels of judges."""
    if all(column["name"] != "logprobs" for column in inspect(connection).get_columns("responses")):
        connection.exec_driver_sql("ALTER TABLE responses ADD COLUMN logprobs TEXT")
    for table in (batches, duels):
        table.create(connection, checkfirst=True)


def record_id(arm: int, repeat: int, position: int) -> int:
    """A record's number: arm, repeat and position in one, so that it is the same when work is redone."""
    return (arm << (POSITION_BITS + REPEAT_BITS)) | (repeat << POSITION_BITS) | position


def record_range(arm: int) -> tuple[int, int]:
    """First and last record number that an arm can have."""
    return record_id(arm, 0, 0), record_id(arm + 1, 0, 0) - 1


def unpacked(identity: int) -> tuple[int, int, int]:
    """(arm, repeat, position) of a record number."""
    position = identity & ((1 << POSITION_BITS) - 1)
    repeat = (identity >> POSITION_BITS) & ((1 << REPEAT_BITS) - 1)
    return identity >> (POSITION_BITS + REPEAT_BITS), repeat, position
