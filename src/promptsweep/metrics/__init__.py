"""Metrics: functions of an answer and its sample, and figures over all answers of an arm."""

from promptsweep.metrics.base import Aggregate, Metric, aggregate, metric
from promptsweep.metrics.classification import UNPARSED, ClassScore, confusion, per_class
from promptsweep.metrics.resolve import defaults, describe, names, resolve

__all__ = [
    "UNPARSED",
    "Aggregate",
    "ClassScore",
    "Metric",
    "aggregate",
    "confusion",
    "defaults",
    "describe",
    "metric",
    "names",
    "per_class",
    "resolve",
]
