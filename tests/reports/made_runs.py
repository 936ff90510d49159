"""Runs of any size, written into a store by the database itself: no model is asked."""

from __future__ import annotations

from sqlalchemy import text

from promptsweep.reports import Store, schema
from promptsweep.reports.rows import dumps

_NUMBERS = "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < :most - 1)"
METRICS = [
    {"name": "accuracy", "spec": "accuracy", "kind": "binary", "higher_is_better": True, "signature": ""},
]


def made_run(store: Store, arms: int, samples: int, texts: str = "word " * 10) -> str:
    """Enters a run `made` in a SQLite store: its arm k is right on about 50 + k % of the samples."""
    with store.engine.begin() as connection:
        connection.execute(schema.runs.insert().values(_run("made")))
        size = {"most": samples, "text": texts}
        connection.execute(text(_SAMPLES), size)
        connection.execute(schema.preambles.insert().values(_PREAMBLE))
        for place in range(arms):
            made = connection.execute(schema.arms.insert().values(_arm("made", place, samples)))
            first, _ = schema.record_range(made.inserted_primary_key[0])
            given = size | {"first": first, "right": 50 + place, "arm": place}
            for statement in (_RECORDS, _SCORES, _CALLS, _RESPONSES):
                connection.execute(text(statement), given)
    return "made"


def _run(name: str) -> dict[str, object]:
    whole = {"name": name, "status": "done", "created": 1.8e9, "updated": 1.8e9, "path": "", "sweep": "{}"}
    return whole | {"id": name, "repeats": 1, "fresh": 0, "versions": "{}", "warnings": "[]"}


def _arm(run: str, place: int, samples: int) -> dict[str, object]:
    return {
        "run": run,
        "key": f"arm-{place}",
        "label": f"few_shot(k={place}) | m | made",
        "strategy": "few_shot",
        "strategy_params": dumps({"k": place}),
        "model": "m",
        "params": "{}",
        "dataset": "made",
        "split": "test",
        "task": "classification",
        "metrics": dumps(METRICS),
        "digests": "{}",
        "planned": samples,
    }


_PREAMBLE = {
    "id": "p",
    "model": "m",
    "base_url": "http://m",
    "params": "{}",
    "messages": dumps([["system", "Answer."], ["user", None]]),
}
_RIGHT = "(abs((n + 1) * 2654435761 + :arm * 40503) % 1000) < :right * 10"
_SAMPLES = f"""{_NUMBERS} INSERT INTO samples (digest, input, targets, fields)
    SELECT 'digest-' || n, n || ' ' || :text, '["yes"]', '{{}}' FROM number"""
_RECORDS = f"""{_NUMBERS} INSERT INTO records (id, sample_id, sample, outcome, answer, reply_call, seconds,
    critical_seconds, prompt_tokens, completion_tokens, cost, requests, cached)
    SELECT :first + n, 'sample-' || n, 'digest-' || n, 'ok', CASE WHEN {_RIGHT} THEN 'yes' ELSE 'no' END, 0,
    0.5, 0.5, 100 + :arm * 10, 5, 0.001 * (1 + :arm), 1, 0 FROM number"""
_SCORES = f"""{_NUMBERS} INSERT INTO scores (record, metric, value)
    SELECT :first + n, 0, {_RIGHT} FROM number"""
_CALLS = f"""{_NUMBERS} INSERT INTO calls (record, seq, stage, key, cached, started, ended)
    SELECT :first + n, 0, 'answer', :arm || '-' || n, 0, 0.0, 0.5 FROM number"""
_RESPONSES = f"""{_NUMBERS} INSERT INTO responses (key, version, preamble, prompt, draw, text, finish,
    seconds, attempts, created)
    SELECT :arm || '-' || n, '', 'p', n || ' ' || :text, 0, :text, 'stop', 0.5, 1, 0.0 FROM number"""
