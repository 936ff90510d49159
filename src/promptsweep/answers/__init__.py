"""Pure functions that read an answer from a reply. None of them raises, whatever the text is."""

from promptsweep.answers.jsons import JsonAnswer, canonical_json, json_value
from promptsweep.answers.labels import label
from promptsweep.answers.numbers import canonical_number, number, same_number, strict_number
from promptsweep.answers.tasks import Parser, parser
from promptsweep.answers.texts import by_patterns, final_text
from promptsweep.answers.verdicts import Verdict, preference, rating

__all__ = [
    "JsonAnswer",
    "Parser",
    "Verdict",
    "by_patterns",
    "canonical_json",
    "canonical_number",
    "final_text",
    "json_value",
    "label",
    "number",
    "parser",
    "preference",
    "rating",
    "same_number",
    "strict_number",
]
