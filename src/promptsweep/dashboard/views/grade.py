"""Are the answers good: grades given by hand, key by key, and how far metrics and graders agree."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from promptsweep.dashboard import address, ballot, banner, consensus, gradebook, labels, plain, source
from promptsweep.dashboard.words import say
from promptsweep.reports import ArmSummary
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.grades import Mode
from promptsweep.reports.grading import Draw

MOST_SAMPLES, USUAL_SAMPLES = 1_000, 50
MOST_SEED = 999_999


def show() -> None:
    """Draws the page."""
    info = source.current()
    banner.heading(say("Grade"), info)
    datasets: dict[str, list[ArmSummary]] = {}
    for arm in source.summaries(info):
        datasets.setdefault(arm.dataset, []).append(arm)
    dataset = next(iter(datasets))
    if len(datasets) > 1:
        below = ("arms", "one", "two", "item")
        with st.columns(3)[0]:
            dataset = address.pick(say("Dataset"), "dataset", list(datasets), *below, format_func=plain.line)
    shown = labels.of_arms(datasets[dataset])
    halves = [say("Grading"), say("Agreement")]
    st.session_state["half"] = halves[address.get("half") == "agreement"]
    grading, agreeing = st.tabs(halves, key="half", on_change=_turned, args=(halves[1],))
    if grading.open:
        with grading:
            _grading(info, shown)
    else:
        with agreeing:
            consensus.show(info, dataset, shown)


def _turned(agreement: str) -> None:
    """Writes into the URL which of the halves is open."""
    address.put("half", "agreement" if st.session_state["half"] == agreement else None)


def _grading(info: RunInfo, shown: Mapping[str, str]) -> None:
    who, asks, hides = st.columns([2, 3, 2], vertical_alignment="bottom")
    with who:
        name = gradebook.grader()
    with asks:
        mode = _mode()
    bound = address.bound("targets", address.get("targets") is None, True)
    targets = hides.toggle(say("Show accepted answers"), **bound)
    if mode is Mode.PREFERENCE and len(shown) < 2:
        st.info(say("A or B needs two arms on the same dataset."), icon=":material/info:")
        return
    draw = _draw(info, mode, shown)
    if name is None:
        st.info(say("Type your name to begin: grades are stored with it."), icon=":material/person:")
        return
    subjects = source.drawn(info, draw)
    if not subjects:
        st.info(say("No answer fits."), icon=":material/filter_alt_off:")
        return
    ballot.show(info, mode, name, subjects, targets)


def _mode() -> Mode:
    asked = {
        Mode.VERDICT: say("Correct or wrong"),
        Mode.RATING: say("1 to 5"),
        Mode.PREFERENCE: say("A or B"),
    }
    wanted = address.get("mode")
    value = wanted if wanted in list(Mode) else Mode.VERDICT.value
    chosen = st.segmented_control(
        say("Question"),
        [mode.value for mode in asked],
        format_func=lambda mode: asked[Mode(mode)],
        required=True,
        **address.bound("mode", value, Mode.VERDICT.value, "item"),
    )
    return Mode(chosen)


def _draw(info: RunInfo, mode: Mode, shown: Mapping[str, str]) -> Draw:
    """Which answers are graded, as the user picks them."""
    which, only, some, seeded, again = st.columns([4, 2, 1.2, 1.2, 1], vertical_alignment="bottom")
    with which:
        arms = _arms(mode, shown)
    answers = {"all": say("All answers"), "failures": say("Only failures")}
    with only:
        picked = address.pick(say("Answers"), "only", list(answers), "item", format_func=answers.__getitem__)
    samples = min(MOST_SAMPLES, max(1, address.number("samples", USUAL_SAMPLES)))
    seed = min(MOST_SEED, address.number("seed", 0))
    some.number_input(
        say("Samples"), 1, MOST_SAMPLES, **address.bound("samples", samples, USUAL_SAMPLES, "item")
    )
    seeded.number_input(
        say("Seed"),
        0,
        MOST_SEED,
        help=say("The same seed draws the same answers for every grader."),
        **address.bound("seed", seed, 0, "item"),
    )
    repeat = 0
    if info.repeats > 1:
        with again:
            repeats = [str(number) for number in range(info.repeats)]
            repeat = int(address.pick(say("Repeat"), "repeat", repeats, "item"))
    return Draw(mode, tuple(arms), samples, seed, picked == "failures", repeat)


def _arms(mode: Mode, shown: Mapping[str, str]) -> list[str]:
    """The arms whose answers are graded; for a preference two."""
    if mode is not Mode.PREFERENCE:
        options = list(shown)
        names = shown.__getitem__
        return address.picks(say("Arms"), "arms", options, "item", default=options[:1], format_func=names)
    left, right = st.columns(2)
    with left:
        one = address.pick(say("Arm"), "one", list(shown), "two", "item", format_func=shown.__getitem__)
    others = [arm for arm in shown if arm != one]
    with right:
        return [one, address.pick(say("Other arm"), "two", others, "item", format_func=shown.__getitem__)]
