"""Labelled data: a card and its rows, streamed as Samples; sampling and worked examples."""

from promptsweep.datasets.card import Card
from promptsweep.datasets.dataset import Dataset, load
from promptsweep.datasets.select import choose
from promptsweep.datasets.shots import SELECTORS, Shots, leaks
from promptsweep.datasets.survey import Problem, Survey

__all__ = ["SELECTORS", "Card", "Dataset", "Problem", "Shots", "Survey", "choose", "leaks", "load"]
