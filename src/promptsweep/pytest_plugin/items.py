"""A sweep file as a collector of tests, and a gate as a test."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promptsweep.errors import ConfigError, PromptsweepError
from promptsweep.pytest_plugin.places import once, opened_store, replay_models, sweep_path, workspace

if TYPE_CHECKING:
    from promptsweep.reports.verdicts import Check, GateResult
    from promptsweep.runners.gates import Demand


class GateFailed(Exception):  # noqa: N818  a verdict, not an error
    """A gate that did not pass; the message is what the test report shows."""


class SweepTests(pytest.File):
    """A sweep: one test for each rule of its gates and each arm it is for. To know them sends nothing."""

    def collect(self) -> Iterator[GateTest]:
        """The tests; CollectError with file and line where the sweep is wrong."""
        try:
            demands = self._demands()
        except PromptsweepError as error:
            raise self.CollectError(str(error)) from None
        for name, demand in zip(_names(demands), demands, strict=True):
            yield GateTest.from_parent(self, name=name, demand=demand)

    def check(self) -> Check:
        """The sweep's check: run by the first test that asks, in whatever process."""
        key = json.dumps(["check", str(self.path), self.config.getoption("promptsweep_replay")])
        return _check_of(once(self.config)(key, self._checked))

    def _demands(self) -> Sequence[Demand]:
        from promptsweep.api.checks import demands

        sweep = str(self.path)
        return demands(sweep, workspace(), replay_models(self.config, sweep))

    def _checked(self) -> str:
        from promptsweep.api.checks import check

        sweep, fresh = str(self.path), self.config.getoption("promptsweep_fresh")
        with opened_store() as store:
            models = replay_models(self.config, sweep)
            found = check(sweep, workspace(), store, models=models, fresh=fresh)
        return json.dumps(dataclasses.asdict(found), ensure_ascii=False)


class GateTest(pytest.Item):
    """One rule of a gate for one arm; by each value of its slice, where it has one."""

    def __init__(self, *, demand: Demand, **given: Any):
        super().__init__(**given)
        self.demand = demand
        self.add_marker(pytest.mark.promptsweep)

    def runtest(self) -> None:
        """Fails where the gate does; skips what is inconclusive if asked to."""
        assert isinstance(self.parent, SweepTests)
        check = self.parent.check()
        results = [result for result in check.results if _is_of(result, self.demand)]
        if not results:
            raise GateFailed(f"{self.demand.id}: nothing was judged, as there are no samples for it")
        failure = judge(self.config, check, results)
        if failure is not None:
            raise GateFailed(failure)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The verdict table, or the one line of a user's mistake; a traceback only for what is a bug."""
        if isinstance(excinfo.value, GateFailed | PromptsweepError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The sweep's file, and the test's name as the headline of its failure."""
        return self.path, None, self.name


def judge(config: pytest.Config, check: Check, results: Sequence[GateResult]) -> str | None:
    """Why a test fails: the verdict tables; None where all passed and the run is complete.

    With `--promptsweep-inconclusive=skip` the test is skipped where some are inconclusive and none failed.
    """
    from promptsweep.reports.verdict_text import gate_text
    from promptsweep.reports.verdicts import Verdict

    wrong = [result for result in results if result.verdict is not Verdict.PASS]
    if check.incomplete is None:
        if not wrong:
            return None
        if config.getoption("promptsweep_inconclusive") == "skip" and not any(
            result.verdict is Verdict.REGRESSED for result in wrong
        ):
            pytest.skip(" ".join(f"{result.verdict}: {result.reason}" for result in wrong))
    shown = wrong or results
    arms = dict.fromkeys(result.arm for result in shown)
    texts = [gate_text(check, [result for result in shown if result.arm == arm]) for arm in arms]
    if check.incomplete is not None:
        texts.append(f"The run {check.run} is incomplete: {check.incomplete}")
    return "\n\n".join(texts)


def sweep_paths(references: Iterable[str]) -> list[Path]:
    """The files of the sweeps, each once; pytest.UsageError with the nearest name where one is unknown."""
    try:
        paths = [sweep_path(one) for one in references]
    except ConfigError as error:
        raise pytest.UsageError(f"--promptsweep: {error}") from None
    return list(dict.fromkeys(paths))


def _names(demands: Sequence[Demand]) -> list[str]:
    """`arm × metric`, with the rule only where several rules are for the same two."""
    short = [" × ".join(filter(None, (one.arm, one.figure.name, _sliced(one)))) for one in demands]
    count = Counter(short)
    return [name if count[name] == 1 else one.id for name, one in zip(short, demands, strict=True)]


def _sliced(demand: Demand) -> str | None:
    return None if demand.slice is None else f"each {demand.slice}"


def _is_of(result: GateResult, demand: Demand) -> bool:
    if (result.arm, result.metric, result.rule) != (demand.arm, demand.figure.name, demand.text):
        return False
    if demand.slice is None or result.slice is None:
        return demand.slice is result.slice
    return result.slice.startswith(f"{demand.slice}=")


def _check_of(text: str) -> Check:
    from pydantic import TypeAdapter

    from promptsweep.reports.verdicts import Check

    return TypeAdapter(Check).validate_json(text)
