"""Reads a class label from a reply, and rather nothing than a label the reply does not mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from promptsweep.answers.contract import contents
from promptsweep.types import nfc

_NOISE = " \t\r\n*_`\"'“”‘’「」『』.,!?:;()[]{}<>。！？"
_OPENERS = " \t*_`\"'“‘(["
_SEPARATORS = re.compile(r"[\s_-]+")
_JOINTS = re.compile(r"(?<=[^\W_])[\s_-]+(?=[^\W_])")
_SEGMENTS = re.compile(r"\n+|(?<=[.!?。！？])\s+")

_LEFT = r"(?<![^\W_])(?:(?<![^\W_][_-])|(?<=\bnon-))"
_ENDINGS = (
    "적?(?:이|인|임|은|는|가|을|를|의|도|만|과|와|에|에서|으?로|으로서|이?며|이?고|이?라고?|이?라는|입니다|입니까|이?다"
    "|이?에요|이?예요|이?야|이?죠|이?지만|이?네요|이군요|인데|이?므로|이기에|일|이?었습니다|였습니다"
    "|한|함|한다|합니다|하다|해요|하며|하고|하게)?"
)
_RIGHT = rf"(?={_ENDINGS}(?![^\W_])(?![_-][^\W_]))"
_ARTICLE = r"(?!\s+(?!(?:is|was|because|since|and|or|as|would|seems?|best|correct)\b)[a-z])"

_NEGATED_BEFORE = re.compile(
    r"(?:\b(?:not|never|neither|nor|non|cannot|hardly)|n['’]t)"
    r"(?:\s+(?!(?:so|but|and|thus|hence|therefore|because)\b)[\w'’]+){0,3}[\s\"'“‘*_(\[-]*$",
    re.IGNORECASE,
)
_NEGATED_AFTER = re.compile(
    r"[가-힣]{0,6}(?:\s?(?:않|못[하한합해])"
    r"|(?:\s[가-힣]{1,4})?\s?아[니닌닙님녜]"
    r"|\s(?:보이|느껴지|생각되|판단되)지[는도]?\s?않"
    r"|\s(?:보기|[볼할] ?수)[는가]?\s?(?:어렵|어려|힘들|없))"
)
_NEGATION_REACH = 60


def label(text: str, labels: Sequence[str]) -> str | None:
    """The one label that the text gives as its answer, as `labels` spells it; None where it is unclear.

    A reply that is a label and nothing else counts at once. Else the last contract line (`Answer: X`)
    that names exactly one label decides, else the last line or sentence that mentions any. Two labels
    there, or a negated one ("not positive", "긍정적이지 않다"), are no answer. Case, Unicode form and the
    separators `_`, `-` and space do not matter; labels of one letter are matched in their own case.
    """
    matcher = _matcher(tuple(labels))
    text = nfc(text)
    whole = matcher.whole(text)
    if whole is not None:
        return whole
    for content in reversed(contents(text)):
        mentions = matcher.mentions(content)
        if mentions.negated:
            return None
        if mentions.only:
            return mentions.only
    for segment in reversed(_SEGMENTS.split(text)):
        mentions = matcher.mentions(segment)
        if mentions.any:
            return mentions.only
    return None


@dataclass(frozen=True, slots=True)
class _Mentions:
    labels: frozenset[str]
    negated: bool

    @property
    def any(self) -> bool:
        return self.negated or bool(self.labels)

    @property
    def only(self) -> str | None:
        return next(iter(self.labels)) if len(self.labels) == 1 and not self.negated else None


@dataclass(frozen=True, slots=True)
class _Matcher:
    names: dict[str, str]
    pattern: re.Pattern[str]

    def whole(self, text: str) -> str | None:
        stripped = text.strip()
        return self.names.get(stripped) or self.names.get(_key(stripped.strip(_NOISE)))

    def mentions(self, place: str) -> _Mentions:
        hits = [(match, name) for match, name in self._hits(place) if name is not None]
        negated = any(_is_negated(place, match) for match, _ in hits)
        found = frozenset(name for _, name in hits)
        if len(found) > 1:
            marked = frozenset(name for match, name in hits if _is_marked_letter(place, match))
            found = marked if len(marked) == 1 else found
        return _Mentions(found, negated)

    def _hits(self, place: str) -> Iterator[tuple[re.Match[str], str | None]]:
        for match in self.pattern.finditer(place):
            yield match, self.names.get(_key(match.group()))


@lru_cache(maxsize=512)
def _matcher(labels: tuple[str, ...]) -> _Matcher:
    """Longest labels come first in the pattern, so that no label is found inside a longer one."""
    names = {form: name for name in labels if (form := nfc(name).strip())}
    cores = [(_core(form), name) for form, name in names.items()]
    for core, name in cores:
        names.setdefault(_key(core), name)
    longest_first = sorted({core for core, _ in cores}, key=len, reverse=True)
    alternatives = "|".join(_alternative(core) for core in longest_first)
    pattern = f"{_LEFT}(?:{alternatives})" if alternatives else r"(?!)"
    return _Matcher(names, re.compile(pattern, re.IGNORECASE))


def _core(name: str) -> str:
    """The label without brackets and quotes around it, unless it is made of nothing else."""
    return name.strip(_NOISE) or name


def _key(text: str) -> str:
    """The form in which mentions and labels are looked up; a lone letter keeps its case."""
    return text if len(text) == 1 else _SEPARATORS.sub(" ", text).casefold()


def _alternative(core: str) -> str:
    if _is_letter(core):
        return f"(?-i:{core}){_RIGHT}" + (f"(?-i:{_ARTICLE})" if core in "AI" else "")
    words = r"[\s_-]+".join(re.escape(word) for word in _JOINTS.split(core))
    return rf"(?<!\d[.,]){words}{_RIGHT}(?![.,]\d)" if core.isdigit() else words + _RIGHT


def _is_letter(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text.isalpha()


def _is_negated(place: str, match: re.Match[str]) -> bool:
    before = place[max(0, match.start() - _NEGATION_REACH) : match.start()]
    return bool(_NEGATED_BEFORE.search(before) or _NEGATED_AFTER.match(place, match.end()))


def _is_marked_letter(place: str, match: re.Match[str]) -> bool:
    """True for the letters in `(C)`, `C)` and, at the start of the place, `C.` and `C:`."""
    after = place[match.end() : match.end() + 1]
    if not after or not _is_letter(match.group()):
        return False
    opens_place = not place[: match.start()].strip(_OPENERS)
    return after in ")]" or (opens_place and after in ".:,")
