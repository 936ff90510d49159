"""How a run ended: the leaderboard, and what to do next."""

from __future__ import annotations

from promptsweep.api import Result
from promptsweep.cli.output import emit
from promptsweep.cli.views.leaderboard import print_leaderboard
from promptsweep.reports import figures
from promptsweep.types import Status


def print_result(result: Result) -> None:
    """Prints the leaderboard of a run that just ended, and the commands that look closer.

    Not the leaderboard of an interrupted run: it can take seconds, and who interrupts will not wait.
    """
    if result.status is not Status.INTERRUPTED:
        print_leaderboard(result.run)
        emit("")
    progress, identity = result.progress, result.run.id
    done = f"{progress.done:,} of {figures.plural(progress.total, 'record')}"
    stored = progress.cached - progress.recalled
    sent = f"{figures.plural(progress.requests, 'request')}, {stored:,} from the store"
    sent += f", {progress.recalled:,} from the recording" if progress.recalled else ""
    emit(f"Run {identity}: {done}; {sent}.")
    commands = {
        f"promptsweep show {identity} --wrong": "what went wrong",
        f"promptsweep compare {identity}": "which differences are real",
        "promptsweep dashboard": "every prompt, reply and score",
    }
    width = max(map(len, commands))
    emit("Next:", *(f"  {command:<{width}}  {purpose}" for command, purpose in commands.items()))
