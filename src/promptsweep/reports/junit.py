"""A check as JUnit XML, which GitLab, Jenkins, Azure, CircleCI and most others read and show.

A sweep is a test suite; a gate judged for an arm is a test case of the arm's class. A regression is a
failure. INCONCLUSIVE is `skipped`, with what it would take: nothing was found to be broken, and the exit code
(3) says whether the job may go on. An incomplete run is a test case of its own, with an error.
"""

from __future__ import annotations

from xml.etree import ElementTree

from promptsweep.reports.verdict_text import BROKEN, gate_text, headline, of
from promptsweep.reports.verdicts import Check, GateResult, Verdict
from promptsweep.words import visible


def junit(check: Check, broken: int = BROKEN) -> str:
    """The XML document, UTF-8 declared, with at most `broken` samples for each gate."""
    root = ElementTree.Element("testsuites", {"name": "promptsweep", **_counts(check)})
    suite = ElementTree.SubElement(root, "testsuite", {"name": visible(check.sweep), **_counts(check)})
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("run", check.run), ("baseline", check.baseline), ("result", headline(check))):
        if value is not None:
            ElementTree.SubElement(properties, "property", name=name, value=visible(value))
    for result in check.results:
        _case(suite, check, result, broken)
    if check.incomplete is not None:
        case = _named(suite, check.sweep, "the run is complete")
        ElementTree.SubElement(case, "error", type="INCOMPLETE", message=visible(check.incomplete))
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _counts(check: Check) -> dict[str, str]:
    errors = int(check.incomplete is not None)
    return {
        "tests": str(len(check.results) + errors),
        "failures": str(len(of(check, Verdict.REGRESSED))),
        "errors": str(errors),
        "skipped": str(len(of(check, Verdict.INCONCLUSIVE))),
        "time": f"{check.seconds:.3f}",
    }


def _case(suite: ElementTree.Element, check: Check, result: GateResult, broken: int) -> None:
    name = " × ".join(part for part in (result.metric, result.slice, result.rule) if part)
    case = _named(suite, result.arm, name)
    if result.verdict is Verdict.PASS:
        return
    message = visible(result.reason)
    if result.verdict is Verdict.INCONCLUSIVE:
        ElementTree.SubElement(case, "skipped", message=message)
        return
    failure = ElementTree.SubElement(case, "failure", type=result.verdict.value, message=message)
    failure.text = gate_text(check, [result], broken)


def _named(suite: ElementTree.Element, group: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=visible(group), name=visible(name), time="0")
