"""Metrics: functions of an answer and its sample, and figures over all answers of an arm."""

from promptsweep.metrics.base import Aggregate, Metric
from promptsweep.metrics.classification import UNPARSED, ClassScore, confusion, per_class, target_classes
from promptsweep.metrics.define import aggregate, metric
from promptsweep.metrics.resampling import Resampling
from promptsweep.metrics.resolve import defaults, describe, names, resolve

__all__ = [
    "UNPARSED",
    "Aggregate",
    "ClassScore",
    "Metric",
    "Resampling",
    "aggregate",
    "confusion",
    "defaults",
    "describe",
    "metric",
    "names",
    "per_class",
    "resolve",
    "target_classes",
]
