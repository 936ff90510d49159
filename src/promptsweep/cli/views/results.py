"""How a run ended: the leaderboard, and what to do next."""

from __future__ import annotations

from promptsweep.api import Result
from promptsweep.cli.output import emit
from promptsweep.cli.views.leaderboard import print_leaderboard
from promptsweep.reports import figures


def print_result(result: Result) -> None:
    """Prints the leaderboard of a run that just ended, and the commands that look closer."""
    print_leaderboard(result.run)
    progress, identity = result.progress, result.run.id
    done = f"{progress.done:,} of {figures.plural(progress.total, 'record')}"
    sent = f"{figures.plural(progress.requests, 'request')}, {progress.cached:,} from the store"
    emit("", f"Run {identity}: {done}; {sent}.")
    commands = {
        f"promptsweep show {identity} --wrong": "what went wrong",
        f"promptsweep compare {identity}": "which differences are real",
        "promptsweep dashboard": "every prompt, reply and score",
    }
    width = max(map(len, commands))
    emit("Next:", *(f"  {command:<{width}}  {purpose}" for command, purpose in commands.items()))
