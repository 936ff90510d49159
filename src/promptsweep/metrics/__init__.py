"""Metrics: functions of an answer and its sample, and figures over all answers of an arm."""

from promptsweep.metrics.base import RANGES, Aggregate, Judge, Metric, Scorer
from promptsweep.metrics.classification import UNPARSED, ClassScore, confusion, per_class, target_classes
from promptsweep.metrics.define import aggregate, metric
from promptsweep.metrics.judge import judge_models
from promptsweep.metrics.resampling import Resampling
from promptsweep.metrics.resolve import MetricError, defaults, describe, names, resolve

__all__ = [
    "RANGES",
    "UNPARSED",
    "Aggregate",
    "ClassScore",
    "Judge",
    "Metric",
    "MetricError",
    "Resampling",
    "Scorer",
    "aggregate",
    "confusion",
    "defaults",
    "describe",
    "judge_models",
    "metric",
    "names",
    "per_class",
    "resolve",
    "target_classes",
]
