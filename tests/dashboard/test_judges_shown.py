"""What the dashboard says of what a run's judges took."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

import promptsweep
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Usage
from workspaces import mood

SCRIPT = """
import streamlit as st
from promptsweep.dashboard import app, pages

app.main()
if st.session_state.pop("cost", False):
    pages.go("cost")
"""
NAME = "**owl** <b>"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Runs `judged`, whose judge takes 100 + 5 tokens a verdict at an unknown price, and `plain`."""
    place = mood(tmp_path_factory.mktemp("judged")).root
    models = {
        "m": FunctionModel(lambda request: Completion("good", usage=Usage(10, 1), cost=0.001), name="m"),
        "j": FunctionModel(lambda request: Completion("Score: 4", usage=Usage(100, 5)), name=NAME),
    }
    sweep = {"datasets": "mood", "models": "m", "strategies": "zero_shot"}
    metrics = ["accuracy", {"judge": {"model": "j", "rubric": "style"}}]
    promptsweep.run({**sweep, "name": "plain"}, models=models, workspace=place)
    promptsweep.run({**sweep, "name": "judged", "metrics": metrics}, models=models, workspace=place)
    return place


def blocks(root, monkeypatch, run="judged", *, cost=False, **query):
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(root))
    test = AppTest.from_string(SCRIPT, default_timeout=30)
    test.query_params.update({"run": run, **query})
    if cost:
        test.session_state["cost"] = True
    test.run()
    assert not test.exception
    return [element.value for element in test.code]


@pytest.mark.parametrize("cost", [False, True])
def test_leaderboard_and_cost_tell_what_a_judge_took_in_the_words_of_the_summary(root, monkeypatch, cost):
    said = blocks(root, monkeypatch, cost=cost)

    words = "6 calls, 600 + 30 tokens, at an unknown price; no part of the arms' own figures."
    assert f"Judge {NAME}: {words}" in said


def test_in_korean_too(root, monkeypatch):
    said = blocks(root, monkeypatch, lang="ko")

    words = "호출 6회, 토큰 600 + 30, 가격을 알 수 없음. 조합별 수치에는 들어 있지 않습니다."
    assert f"심사 모델 {NAME}: {words}" in said


def test_a_run_without_a_judge_says_nothing_of_it(root, monkeypatch):
    assert not any("Judge" in text for text in blocks(root, monkeypatch, "plain"))
