"""Checks made by hand, with texts that try to be more than text."""

from __future__ import annotations

from promptsweep.reports.flips import Flip
from promptsweep.reports.verdicts import Check, GateResult, Verdict

ARM = "few_shot | acme/m | mood"
HOSTILE = (
    "\x00\x1b[31m]]> &amp; <script>alert(1)</script>\r\n::error::no | `x` **b** @you http://e.vil 한글 "
    "\ud800\ufffe"
)


def flip(name="s-1", text="Warm and witty.", now="bad", before="good"):
    return Flip(name, text, ("good",), before, now, 1.0, 0.0)


def regressed(arm=ARM, broken=None, reason="Accuracy fell by 0.20, more than the margin of 0.02."):
    low, high = -0.3, -0.1
    return GateResult(
        arm, "accuracy", None, "no regression beyond 0.02", Verdict.REGRESSED, 0.7, 0.9, -0.2, low, high, 40,
        None, reason, tuple([flip()] if broken is None else broken),
    )  # fmt: skip


def unclear(arm=ARM):
    reason = "15 samples are too few to tell; about 240 would settle it."
    return GateResult(
        arm, "accuracy", "language=ko", "≥ 0.8", Verdict.INCONCLUSIVE, 0.8, None, None, 0.55, 0.93, 15, 240,
        reason,
    )  # fmt: skip


def passed(arm="zero_shot | acme/m | mood"):
    return GateResult(
        arm, "p95_seconds", None, "≤ 2.5", Verdict.PASS, 1.2, None, None, 1.0, 1.5, 40, None, "At most 1.5 s."
    )  # fmt: skip


def check(*results, changes=None, incomplete=None, name="ci"):
    baseline = "reports/baselines/ci.json"
    return Check(name, "0123abcd", baseline, tuple(results), changes or {}, incomplete, 3.25)
