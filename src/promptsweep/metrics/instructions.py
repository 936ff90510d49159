"""Instructions that a program can verify: the 25 kinds of IFEval (Zhou et al. 2023).

A check says whether a reply keeps an instruction. Words and sentences are those of `metrics.tokens`, so that
scripts without Latin letters count as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import orjson

from promptsweep.errors import ConfigError, MissingExtraError, unknown
from promptsweep.metrics import tokens
from promptsweep.types import JSON, nfc

Check: TypeAlias = Callable[..., bool]
Relation: TypeAlias = Literal["at least", "less than"]

CHECKS: Final[dict[str, Check]] = {}
"""Instruction id → its check, a function of the reply and the instruction's arguments."""

_FIXED_REPLIES = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_HIGHLIGHT = re.compile(r"\*\*([^*\n]+)\*\*|\*([^*\n]+)\*")
_BULLET = re.compile(r"^\s*[*-](?!\*)\s*\S", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\[[^\[\]\n]+\]")
_TITLE = re.compile(r"<<[^<>\n]+>>")
_DIVIDER = re.compile(r"\s*\*\*\*\s*")
_QUOTES = (('"', '"'), ("“", "”"), ("「", "」"), ("『", "』"))


def follows(reply: str, instruction: str, arguments: Mapping[str, JSON]) -> bool:
    """Whether a reply keeps an instruction; an empty one keeps none. Arguments that are None count as absent.

    Raises ConfigError for an instruction that is unknown or whose arguments do not fit.
    """
    check = CHECKS.get(instruction)
    if check is None:
        raise ConfigError(unknown("instruction", instruction, CHECKS))
    given = {name: value for name, value in arguments.items() if value is not None}
    if not reply.strip():
        return False
    try:
        return check(nfc(reply), **given)
    except TypeError as error:
        raise ConfigError(f"instruction {instruction}: arguments {given}: {error}") from None


def loosened(reply: str) -> list[str]:
    """The reply and seven more readings of it: without its first or last line or both, and without asterisks.

    A reply keeps an instruction loosely if one of them does.
    """
    lines = reply.split("\n")
    cut = [lines, lines[1:], lines[:-1], lines[1:-1]]
    texts = ["\n".join(one).strip() for one in cut]
    return texts + [text.replace("*", "") for text in texts]


def _check(instruction: str) -> Callable[[Check], Check]:
    def register(function: Check) -> Check:
        CHECKS[instruction] = function
        return function

    return register


def _meets(count: int, relation: Relation, wanted: int) -> bool:
    return count >= wanted if relation == "at least" else count < wanted


@_check("keywords:existence")
def _has_keywords(reply: str, keywords: Sequence[str]) -> bool:
    return all(nfc(word).casefold() in reply.casefold() for word in keywords)


@_check("keywords:forbidden_words")
def _lacks_words(reply: str, forbidden_words: Sequence[str]) -> bool:
    """Whole words count, whatever their case."""
    return not any(
        re.search(rf"(?<!\w){re.escape(nfc(word))}(?!\w)", reply, re.IGNORECASE) for word in forbidden_words
    )


@_check("keywords:frequency")
def _keyword_frequency(reply: str, keyword: str, frequency: int, relation: Relation) -> bool:
    return _meets(reply.casefold().count(nfc(keyword).casefold()), relation, frequency)


@_check("keywords:letter_frequency")
def _letter_frequency(reply: str, letter: str, let_frequency: int, let_relation: Relation) -> bool:
    return _meets(reply.casefold().count(nfc(letter).casefold()), let_relation, let_frequency)


@_check("length_constraints:number_words")
def _number_of_words(reply: str, num_words: int, relation: Relation) -> bool:
    return _meets(len(tokens.words(reply)), relation, num_words)


@_check("length_constraints:number_sentences")
def _number_of_sentences(reply: str, num_sentences: int, relation: Relation) -> bool:
    return _meets(len(tokens.sentences(reply)), relation, num_sentences)


@_check("length_constraints:number_paragraphs")
def _number_of_paragraphs(reply: str, num_paragraphs: int) -> bool:
    """Paragraphs are divided by a line of three asterisks."""
    return len([part for part in _DIVIDER.split(reply) if part.strip()]) == num_paragraphs


@_check("length_constraints:nth_paragraph_first_word")
def _first_word(reply: str, num_paragraphs: int, nth_paragraph: int, first_word: str) -> bool:
    """Paragraphs are divided by empty lines."""
    paragraphs = [part for part in re.split(r"\n\s*\n", reply) if part.strip()]
    if len(paragraphs) != num_paragraphs or not 1 <= nth_paragraph <= num_paragraphs:
        return False
    return tokens.words(paragraphs[nth_paragraph - 1])[:1] == tokens.words(first_word)[:1]


@_check("detectable_content:number_placeholders")
def _placeholders(reply: str, num_placeholders: int) -> bool:
    return len(_PLACEHOLDER.findall(reply)) >= num_placeholders


@_check("detectable_content:postscript")
def _postscript(reply: str, postscript_marker: str) -> bool:
    wanted = re.escape(nfc(postscript_marker)).replace(r"\.", r"\.\s?")
    return re.search(rf"(?<!\w){wanted}", reply, re.IGNORECASE) is not None


@_check("detectable_format:number_bullet_lists")
def _bullets(reply: str, num_bullets: int) -> bool:
    return len(_BULLET.findall(reply)) == num_bullets


@_check("detectable_format:number_highlighted_sections")
def _highlights(reply: str, num_highlights: int) -> bool:
    found = ("".join(groups).strip() for groups in _HIGHLIGHT.findall(reply))
    return len([text for text in found if text]) >= num_highlights


@_check("detectable_format:multiple_sections")
def _sections(reply: str, section_spliter: str, num_sections: int) -> bool:
    """Sections begin with the word and a number."""
    return len(re.findall(rf"(?<!\w){re.escape(section_spliter)}\s*\d+", reply)) >= num_sections


@_check("detectable_format:title")
def _title(reply: str) -> bool:
    return any(title.strip("<> ") for title in _TITLE.findall(reply))


@_check("detectable_format:json_format")
def _json(reply: str) -> bool:
    """All of the reply is JSON, of any kind; a code fence around it is allowed."""
    text = re.sub(r"\A```(?:json)?\s*|\s*```\Z", "", reply.strip(), flags=re.IGNORECASE)
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


@_check("detectable_format:constrained_response")
def _constrained(reply: str) -> bool:
    return any(fixed in reply for fixed in _FIXED_REPLIES)


@_check("combination:two_responses")
def _two_responses(reply: str) -> bool:
    """Two different answers, divided by six asterisks."""
    parts = [part.strip() for part in reply.split("******") if part.strip()]
    return len(parts) == 2 and parts[0] != parts[1]


@_check("combination:repeat_prompt")
def _repeats(reply: str, prompt_to_repeat: str) -> bool:
    return reply.strip().casefold().startswith(nfc(prompt_to_repeat).strip().casefold())


@_check("startend:end_checker")
def _ends_with(reply: str, end_phrase: str) -> bool:
    return reply.strip().strip('"').casefold().endswith(nfc(end_phrase).strip().casefold())


@_check("startend:quotation")
def _quoted(reply: str) -> bool:
    text = reply.strip()
    return len(text) > 1 and any(text[0] == opens and text[-1] == closes for opens, closes in _QUOTES)


@_check("punctuation:no_comma")
def _no_comma(reply: str) -> bool:
    return not re.search("[,，、]", reply)


@_check("change_case:english_capital")
def _capitals(reply: str) -> bool:
    return reply.isupper()


@_check("change_case:english_lowercase")
def _lower_case(reply: str) -> bool:
    return reply.islower()


@_check("change_case:capital_word_frequency")
def _capital_words(reply: str, capital_frequency: int, capital_relation: Relation) -> bool:
    """Words all in capitals, single letters included."""
    count = sum(word.isupper() for word in re.findall(r"[^\W_]+", reply))
    return _meets(count, capital_relation, capital_frequency)


@_check("language:response_language")
def _language(reply: str, language: str) -> bool:
    try:
        import py3langid
    except ImportError:
        raise MissingExtraError("the instruction language:response_language", "language") from None
    found: str = py3langid.classify(reply)[0]
    return found == language.lower()
