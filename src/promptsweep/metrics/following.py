"""How well a reply keeps the instructions that its sample lists in the field `instructions`."""

from __future__ import annotations

from collections.abc import Mapping

from promptsweep.errors import ConfigError
from promptsweep.metrics.define import metric
from promptsweep.metrics.instructions import follows, loosened
from promptsweep.types import Sample, Score


@metric(kind="binary", reads="reply", signature=lambda **_: "checks:ifeval-25")
def follows_all(reply: str, sample: Sample, *, loose: bool = False) -> Score | None:
    """The reply keeps every instruction of its sample (IFEval, prompt level, 0 or 1)."""
    broken = _broken(reply, sample, loose)
    return None if broken is None else Score(float(not broken), _reason(broken))


@metric(reads="reply", signature=lambda **_: "checks:ifeval-25")
def follows_each(reply: str, sample: Sample, *, loose: bool = False) -> Score | None:
    """Share of its sample's instructions that the reply keeps (IFEval, instruction level, 0–1).

    A mean over samples; the paper's counts every instruction the same, however many its prompt has.
    """
    broken = _broken(reply, sample, loose)
    return None if broken is None else Score(1 - len(broken) / len(_instructions(sample)), _reason(broken))


def _broken(reply: str, sample: Sample, loose: bool) -> list[str] | None:
    """The instructions that no reading of the reply keeps; None where the sample has none."""
    readings = loosened(reply) if loose else [reply]
    broken = [
        name
        for name, arguments in _instructions(sample)
        if not any(follows(reading, name, arguments) for reading in readings)
    ]
    return broken if _instructions(sample) else None


def _instructions(sample: Sample) -> list[tuple[str, Mapping[str, object]]]:
    try:
        listed = sample.fields.get("instructions", ())
        return [(str(one["instruction_id"]), dict(one.get("kwargs") or {})) for one in listed]
    except (KeyError, TypeError, AttributeError):
        raise ConfigError(
            f"sample {sample.id!r}: instructions are a list of objects with instruction_id and kwargs"
        ) from None


def _reason(broken: list[str]) -> str:
    return f"broken: {', '.join(broken)}" if broken else ""
