"""One grader's grades of a run: what the buttons of the page read and write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    name = email or address.get("grader") or st.session_state.get(_NAME) or None
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


def _named() -> None:
    _name(nfc(st.session_state["grader"]).strip() or None)


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
        return wanted if 0 <= wanted < len(self.subjects) else self.open_after(-1) or 0

    def open_after(self, place: int) -> int | None:
        """The next subject without a grade, from the beginning again; None where there is no other."""
        count = len(self.subjects)
        others = ((place + step) % count for step in range(1, count + (place < 0)))
        return next((other for other in others if self.subjects[other] not in self.given), None)

    def give(self, subject: Subject, value: int, then: int) -> None:
        """Stores a grade with the note that was typed, and shows the subject `then`."""
        note = self.note(subject) or None
        _tried(lambda: give(source.store(), self.run, self.mode, self.grader, subject, value, note), then)

    def note(self, subject: Subject) -> str:
        """The note that was typed, else the stored one, else none."""
        stored = self.given[subject].note if subject in self.given else None
        typed: str | None = st.session_state.get(f"note-{key(subject)}")
        return typed if typed is not None else stored or ""

    def annotate(self, subject: Subject, widget: str) -> None:
        """Takes what was typed into a field as the note: at once to the grade, or to the one that follows."""
        st.session_state[f"note-{key(subject)}"] = st.session_state[widget]
        if subject in self.given:
            self.give(subject, self.given[subject].value, self.subjects.index(subject))

    def take_back(self, subject: Subject, then: int) -> None:
        """Removes a grade and shows the subject `then`."""
        _tried(lambda: take_back(source.store(), self.run, self.mode, self.grader, subject), then)


def show(place: int) -> None:
    """Shows a subject, from 0."""
    address.put("item", str(place + 1))


def key(subject: Subject) -> str:
    """What tells widgets of one subject from those of another."""
    return digest(subject.sample_id, subject.repeat, subject.arm, subject.other)


def failure() -> str | None:
    """Why the last grade could not be stored, told once."""
    reason: str | None = st.session_state.pop(_FAILED, None)
    return reason


def _tried(write: Callable[[], None], then: int) -> None:
    try:
        write()
    except IncompleteError as error:
        st.session_state[_FAILED] = str(error)
    else:
        show(then)
