"""A check as GitHub workflow commands: annotations that the page of a workflow run and a pull request show.

Format and escapes: docs.github.com, "Workflow commands for GitHub Actions", and `ActionCommand.cs` of the
runner, which undoes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promptsweep.reports.verdict_text import headline, short, standing
from promptsweep.reports.verdicts import Check, GateResult, Verdict

MOST = 10
"""Annotations of one kind that GitHub shows of a step; it drops the others without a word."""
_LONGEST = 2_000
"""Characters of a message."""
_KINDS = {Verdict.REGRESSED: "error", Verdict.INCONCLUSIVE: "warning"}
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def workflow_commands(check: Check, file: str | None = None) -> str:
    """A line for each gate that failed (`error`) or is inconclusive (`warning`), then one for the whole.

    `file` is the sweep's path, relative to the repository: the annotations then stand at its first line.
    """
    lines = [line for verdict in _KINDS for line in _of(check, verdict, file)]
    kind = {"PASS": "notice", "INCONCLUSIVE": "warning"}.get(standing(check), "error")
    # The line for the whole comes first, so that it is never one of those that GitHub drops.
    return "\n".join([command(kind, _title(check), headline(check), file), *lines])


def command(kind: str, title: str, message: str, file: str | None = None) -> str:
    """One workflow command: `::error title=…,file=…,line=1::message`, on one line whatever the texts hold."""
    properties = {"title": title} | ({} if file is None else {"file": file, "line": "1"})
    given = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in properties.items())
    return f"::{kind} {given}::{_escaped(message, _DATA)}"


def _title(check: Check) -> str:
    return f"promptsweep {short(check.sweep, 60)}: {standing(check)}"


def _of(check: Check, verdict: Verdict, file: str | None) -> Iterator[str]:
    """At most `MOST` less one, for the line of the whole; where there are more, the last says how many."""
    found = [result for result in check.results if result.verdict is verdict]
    most = MOST - 1
    shown = found if len(found) <= most else found[: most - 1]
    for result in shown:
        yield command(_KINDS[verdict], f"{verdict}: {short(result.id)}", _message(check, result), file)
    if len(found) > len(shown):
        more = f"{len(found) - len(shown)} more gates: see the log or the summary"
        yield command(_KINDS[verdict], f"{verdict}: and more", more, file)


def _message(check: Check, result: GateResult) -> str:
    lines = [short(result.reason, _LONGEST)]
    if result.broken:
        lines.append(f"Broken: {', '.join(short(flip.sample_id, 40) for flip in result.broken[:10])}")
    if changes := check.changes.get(result.arm):
        lines.append(f"Changed: {'; '.join(short(line) for line in changes[:10])}")
    return "\n".join(lines)


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(one, one) for one in text)
