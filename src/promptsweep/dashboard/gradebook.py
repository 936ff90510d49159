"""One grader's grades of a run: what the buttons of the page read and write."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Final

import streamlit as st

from promptsweep.dashboard import access, address, plain, source
from promptsweep.dashboard.words import say
from promptsweep.errors import IncompleteError
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.grades import Grade, Mode, Subject, give, grades, take_back
from promptsweep.types import digest, nfc

LONGEST_NAME: Final = 80
_NAME, _FAILED = "graded-as", "grade-failed"
"""In the session: the grader's name, and why the last grade could not be stored."""


def grader() -> str | None:
    """Who grades: the visitor who signed in, else the name that is typed here; None where there is none.

    The name stays in the URL and, for the way to other pages and back, in the session.
    """
    email = access.visitor()
    name = email or _tidy(address.get("grader") or st.session_state.get(_NAME) or "")
    if name is None:
        st.text_input(say("Your name"), key="grader", max_chars=LONGEST_NAME, on_change=_named)
        return None
    # No text field any more: what is typed now is keys.
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(say("You grade as {name}", name=plain.cell(name)))
        if email is None:
            address.put("grader", name)
            st.button(say("Change"), type="tertiary", on_click=_name, args=(None,))
    return name


def _tidy(name: str) -> str | None:
    """One form of a name for whoever types or links it; None for none."""
    return nfc(name).strip()[:LONGEST_NAME] or None


def _named() -> None:
    _name(_tidy(st.session_state["grader"]))


def _name(name: str | None) -> None:
    st.session_state[_NAME] = name
    address.put("grader", name)


@dataclass(frozen=True, slots=True)
class Gradebook:
    """What one grader is asked, in order, and has said of it."""

    run: str
    mode: Mode
    grader: str
    subjects: Sequence[Subject]
    given: dict[Subject, Grade]
    """The grades of these subjects, the newest last."""

    @classmethod
    def of(cls, info: RunInfo, mode: Mode, grader: str, subjects: Sequence[Subject]) -> Gradebook:
        """Reads the grader's grades."""
        asked, found = set(subjects), grades(source.store(), info.id, mode, grader)
        given = {subject: grade for subject, grade in found.items() if subject in asked}
        return cls(info.id, mode, grader, subjects, given)

    @property
    def place(self) -> int:
        """Which subject is shown, from 0: the one that the URL names, else the first without a grade."""
        wanted = address.number("item", 0) - 1
        return wanted if 0 <= wanted < len(self.subjects) else self._open(set(self.given), 0)

    def key(self, subject: Subject) -> str:
        """What tells widgets of one subject, mode and grader from those of another."""
        asked = subject.sample_id, subject.repeat, subject.arm, subject.other
        return digest(self.mode.value, self.grader, *asked)

    def show(self, place: int) -> None:
        """Shows a subject, from 0."""
        self._show(place, set(self.given))

    def give(self, subject: Subject, value: int) -> None:
        """Stores a grade with the note that was typed, and shows the next subject without one."""
        if self._store(subject, value):
            given = {*self.given, subject}
            self._show(self._open(given, self.subjects.index(subject)), given)

    def take_back(self, subject: Subject) -> None:
        """Removes a grade and shows what it was of."""
        if _tried(lambda: take_back(source.store(), self.run, self.mode, self.grader, subject)):
            self._show(self.subjects.index(subject), set(self.given) - {subject})

    def note(self, subject: Subject) -> str:
        """The note that was typed, else the stored one, else none."""
        stored = self.given[subject].note if subject in self.given else None
        typed: str | None = st.session_state.get(f"note-{self.key(subject)}")
        return typed if typed is not None else stored or ""

    def annotate(self, subject: Subject, widget: str) -> None:
        """Takes what was typed into a field as the note: of the grade, or of the one that follows."""
        st.session_state[f"note-{self.key(subject)}"] = st.session_state[widget]
        if subject in self.given:
            self._store(subject, int(self.given[subject].value))

    def _store(self, subject: Subject, value: int) -> bool:
        note = self.note(subject) or None
        return _tried(lambda: give(source.store(), self.run, self.mode, self.grader, subject, value, note))

    def _open(self, given: Set[Subject], start: int) -> int:
        """The next subject without a grade, from `start` on and round again; `start` where there is none."""
        count = len(self.subjects)
        places = ((start + step) % count for step in range(count))
        return next((place for place in places if self.subjects[place] not in given), start)

    def _show(self, place: int, given: Set[Subject]) -> None:
        """Names a subject in the URL, unless it would be shown anyway.

        So keys in quick succession, which still carry the URL from before, lead nobody back.
        """
        address.put("item", None if place == self._open(given, 0) else str(place + 1))


def failure() -> str | None:
    """Why the last grade could not be stored, told once."""
    reason: str | None = st.session_state.pop(_FAILED, None)
    return reason


def _tried(write: Callable[[], None]) -> bool:
    """Whether something could be written; if not, `failure` says why."""
    try:
        write()
    except IncompleteError as error:
        st.session_state[_FAILED] = str(error)
        return False
    return True
