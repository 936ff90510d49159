"""How many of what, in words."""

from __future__ import annotations

from promptsweep.words import say


def samples(count: int) -> str:
    """`1 sample`, `2,000 samples`"""
    return say("1 sample") if count == 1 else say("{count} samples", count=f"{count:,}")


def records(count: int) -> str:
    """`1 record`, `2,000 records`"""
    return say("1 record") if count == 1 else say("{count} records", count=f"{count:,}")


def errors(count: int) -> str:
    """`1 error`, `2,000 errors`"""
    return say("1 error") if count == 1 else say("{count} errors", count=f"{count:,}")


def calls(count: int) -> str:
    """`1 call`, `2,000 calls`"""
    return say("1 call") if count == 1 else say("{count} calls", count=f"{count:,}")


def arms(count: int) -> str:
    """`1 arm`, `20 arms`"""
    return say("1 arm") if count == 1 else say("{count} arms", count=f"{count:,}")


def rows(count: int) -> str:
    """`1 row`, `2,000 rows`"""
    return say("1 row") if count == 1 else say("{count} rows", count=f"{count:,}")
