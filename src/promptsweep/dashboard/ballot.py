"""What a grader sees and presses: a question, and a button with a key for all that can be said of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from promptsweep.dashboard import gradebook, plain, source
from promptsweep.dashboard.gradebook import Gradebook
from promptsweep.dashboard.words import say
from promptsweep.errors import PromptsweepError
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.grades import Mode, Subject
from promptsweep.reports.grading import Answer, Question, question, swapped
from promptsweep.types import digest

LONGEST_NOTE = 500
Kind: TypeAlias = Literal["primary", "secondary", "tertiary"]
"""How much a button stands out."""


class Choice(NamedTuple):
    """Something that can be said of a subject."""

    value: int
    label: str
    key: str
    """On the keyboard."""


@st.fragment
def show(info: RunInfo, mode: Mode, grader: str, subjects: Sequence[Subject], targets: bool) -> None:
    """Draws the subject that is next, the buttons, and how far the grader is; a key draws only this anew."""
    try:
        _show(Gradebook.of(info, mode, grader, subjects), targets)
    except (PromptsweepError, SQLAlchemyError) as error:
        # The frame catches nothing of what is drawn anew without it.
        source.reopen()
        st.error(say("The answer cannot be shown."), icon=":material/error:")
        plain.block(str(getattr(error, "orig", None) or error), "grade-error")


def _show(book: Gradebook, targets: bool) -> None:
    place = book.place
    subject = book.subjects[place]
    asked = question(source.store(), book.run, subject)
    swap = book.mode is Mode.PREFERENCE and swapped(subject, book.grader)
    _progress(book, place)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        _buttons(book, subject, _choices(book.mode, swap))
        st.space("stretch")
        _navigation(book, place)
    if reason := gradebook.failure():
        st.error(say("The grade was not stored."), icon=":material/error:")
        plain.block(reason, "grade-error")
    if book.mode is Mode.PREFERENCE:
        _pair(asked, targets, asked.answers[::-1] if swap else asked.answers)
    else:
        _single(asked, targets)
    _note(book, subject)


def _progress(book: Gradebook, place: int) -> None:
    done, count = len(book.given), len(book.subjects)
    shown = say(
        "{place} of {count} · {done} graded", place=f"{place + 1:,}", count=f"{count:,}", done=f"{done:,}"
    )
    st.progress(done / count, text=shown)
    if done == count:
        st.success(say("All are graded. A grade can still be changed."), icon=":material/done_all:")


def _choices(mode: Mode, swap: bool) -> Sequence[Choice]:
    if mode is Mode.VERDICT:
        return Choice(1, say("Correct"), "y"), Choice(0, say("Wrong"), "n")
    if mode is Mode.RATING:
        grades = say("Very poor"), say("Poor"), say("Fair"), say("Good"), say("Very good")
        return [Choice(value, label, str(value)) for value, label in enumerate(grades, 1)]
    first = -1 if swap else 1
    return (
        Choice(first, say("A is better"), "a"),
        Choice(-first, say("B is better"), "b"),
        Choice(0, say("Tie"), "t"),
    )


def _buttons(book: Gradebook, subject: Subject, choices: Sequence[Choice]) -> None:
    """A button for each choice; that of the present grade stands out."""
    grade = book.given.get(subject)
    for choice in choices:
        kind: Kind = "primary" if grade and grade.value == choice.value else "secondary"
        _button(book.key(subject), choice.label, choice.key, kind, book.give, subject, choice.value)


def _navigation(book: Gradebook, place: int) -> None:
    subject, newest = book.subjects[place], next(reversed(book.given), None)
    key, graded = book.key(subject), subject if subject in book.given else None
    before = None if place == 0 else place - 1
    after = None if place + 1 == len(book.subjects) else place + 1
    _button(key, say("Previous"), "k", "tertiary", book.show, before)
    _button(key, say("Next"), "j", "tertiary", book.show, after)
    _button(key, say("Undo"), "u", "tertiary", book.take_back, newest)
    _button(key, say("Remove grade"), "x", "tertiary", book.take_back, graded)


def _button(
    subject: str, label: str, letter: str, kind: Kind, press: Callable[..., None], *args: Any
) -> None:
    """A button with a key on the keyboard, of no use where `press` would get None.

    It belongs to one `subject`: a key that is pressed twice must not grade unseen what comes next.
    """
    st.button(
        label,
        key=f"{letter}-{subject}",
        shortcut=letter,
        type=kind,
        disabled=args[0] is None,
        on_click=press,
        args=args,
    )


def _single(asked: Question, targets: bool) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        plain.labelled(say("Input"), asked.sample.input, "input")
        if targets:
            _targets(asked)
        _fields(asked)
    with right:
        _answer(say("Answer"), asked.answers[0], "answer")


def _pair(asked: Question, targets: bool, answers: Sequence[Answer]) -> None:
    left, right = st.columns(2, gap="large") if targets else (st.container(), None)
    with left:
        plain.labelled(say("Input"), asked.sample.input, "input")
    if right is not None:
        with right:
            _targets(asked)
    _fields(asked)
    for name, column, answer in zip("AB", st.columns(2, gap="large"), answers, strict=True):
        with column:
            _answer(say("Answer {name}", name=name), answer, f"answer-{name}")


def _targets(asked: Question) -> None:
    plain.labelled(say("Accepted answers"), "\n".join(asked.sample.targets) or None, "targets")


def _fields(asked: Question) -> None:
    if asked.sample.fields:
        with st.expander(say("Other fields of the sample")):
            plain.block(plain.json_text(dict(asked.sample.fields)), "fields")


def _answer(label: str, answer: Answer, name: str) -> None:
    """The answer, with the whole reply folded; it is open where no answer could be read from it."""
    plain.labelled(label, answer.answer, name)
    with st.expander(say("The model's reply"), expanded=answer.answer is None):
        if answer.reply is None:
            st.caption(say("The text was removed from the store."))
        else:
            plain.block(answer.reply, f"{name}-reply")


def _note(book: Gradebook, subject: Subject) -> None:
    """A remark on the grade. After each change the field is a new one, which lets go of the keyboard."""
    note = book.note(subject)
    widget = f"note-{book.key(subject)}-{digest(note)}"
    st.text_input(
        say("Note"),
        note,
        key=widget,
        max_chars=LONGEST_NOTE,
        placeholder=say("Stored with the grade"),
        on_change=book.annotate,
        args=(subject, widget),
    )
    st.caption(
        say(
            "Each key stores its grade at once. Keys work where no text field is active, with the keyboard "
            "set to Latin letters."
        )
    )
