"""Statuses, outcomes and verdicts as people read them; files and filters have them as they are."""

from __future__ import annotations

from promptsweep.types import Outcome, Status
from promptsweep.words import say


def status(one: Status) -> str:
    """Where a run stands."""
    words = {
        Status.RUNNING: say("running"),
        Status.DONE: say("done"),
        Status.INCOMPLETE: say("incomplete"),
        Status.INTERRUPTED: say("interrupted"),
    }
    return words[one]


def outcome(one: Outcome) -> str:
    """Why a sample has, or has not, a score."""
    words = {
        Outcome.OK: say("ok"),
        Outcome.UNPARSED: say("unparsed"),
        Outcome.REFUSED: say("refused"),
        Outcome.TRUNCATED: say("truncated"),
        Outcome.ERROR: say("error"),
    }
    return words[one]


def change(one: str) -> str:
    """What became of a sample, from one arm to the other."""
    words = {
        "lost": say("lost"),
        "won": say("won"),
        "lower": say("lower"),
        "higher": say("higher"),
    }
    return words[one]


def method(one: str) -> str:
    """A test and an interval, by name."""
    words = {
        "exact McNemar test": say("exact McNemar test"),
        "sign-flip permutation test": say("sign-flip permutation test"),
        "approximate randomisation test": say("approximate randomisation test"),
        "Newcombe interval": say("Newcombe interval"),
        "no interval": say("no interval"),
        "Student interval": say("Student interval"),
        "BCa bootstrap interval": say("BCa bootstrap interval"),
        "Student and score interval": say("Student and score interval"),
        "BCa bootstrap and score interval": say("BCa bootstrap and score interval"),
        "percentile and Student bootstrap interval": say("percentile and Student bootstrap interval"),
    }
    return ", ".join(words.get(part, part) for part in one.split(", "))


def verdict(one: str) -> str:
    """The verdict of a comparison."""
    words = {
        "better": say("better"),
        "worse": say("worse"),
        "higher": say("higher"),
        "lower": say("lower"),
    }
    return words.get(one, say("no difference shown"))
