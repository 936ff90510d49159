"""The router of skeleton-of-thought: learned from labelled questions, and asked without scikit-learn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_score, recall_score

import promptsweep
from promptsweep.datasets import load
from promptsweep.errors import ConfigError
from promptsweep.prompts.router import Router, terms_of, train
from promptsweep.testing import FunctionModel
from promptsweep.workspace import Workspace, builtin_root
from workspaces import write

SHARED = Path(__file__).parents[3] / "shared" / "data" / "sot_router" / "dev.jsonl"
ROUTES = load("routes", Workspace(builtin_root()))
QUESTIONS = [sample.input for sample in ROUTES.samples("train")]
SUITED = ["skeleton" in sample.targets for sample in ROUTES.samples("train")]


@pytest.fixture(scope="module")
def training():
    return train(QUESTIONS, SUITED)


def test_probabilities_are_those_of_scikit_learn(training):
    vectors = TfidfVectorizer(analyzer=terms_of, sublinear_tf=True, min_df=2)
    model = LogisticRegression(C=10, max_iter=1000).fit(vectors.fit_transform(QUESTIONS), SUITED)
    unseen = [sample.input for sample in ROUTES.samples("test")]

    expected = model.predict_proba(vectors.transform(unseen))[:, 1]

    assert [training.router.probability(text) for text in unseen] == pytest.approx(list(expected), abs=1e-3)


def test_precision_and_recall_are_scikit_learns_of_unseen_questions(training):
    outlined = [probability >= training.router.threshold for probability in training.probabilities]

    assert training.precision == precision_score(SUITED, outlined)
    assert training.recall == recall_score(SUITED, outlined)
    assert training.precision >= 0.9
    assert training.recall >= 0.5


@pytest.mark.parametrize("precision", [0.7, 0.8, 1.0])
def test_more_precision_outlines_less(training, precision):
    other = train(QUESTIONS, SUITED, precision)

    assert other.precision >= precision
    assert (other.router.threshold >= training.router.threshold) == (precision >= 0.9)


def test_the_shipped_router_is_what_training_gives(training):
    shipped = builtin_root() / "prompts" / "skeleton_of_thought" / "router.json"

    assert shipped.read_text(encoding="utf-8") == training.router.text()
    assert Router.of(json.loads(training.router.text())) == training.router


@given(st.text())
def test_any_text_has_a_probability(text):
    router = Router({"what": (1.5, 2.0), "what are": (2.0, 4.0)}, -0.5, 0.5)

    assert 0 < router.probability(text) < 1
    assert router.probability("什么") == router.probability("")


@pytest.mark.skipif(not SHARED.is_file(), reason="no shared data")
def test_questions_of_the_paper_are_outlined_with_precision(training):
    rows = [json.loads(line) for line in SHARED.read_text(encoding="utf-8").splitlines()]
    outlined = [training.router.suits(row["input"]) for row in rows]
    right = sum(suits and row["target"] == "skeleton" for suits, row in zip(outlined, rows, strict=True))

    assert right / sum(outlined) >= 0.9
    assert right / sum(row["target"] == "skeleton" for row in rows) >= 0.5


def test_too_few_questions_teach_nothing():
    with pytest.raises(ConfigError, match="at least 20 questions of each kind"):
        train(QUESTIONS[:30], SUITED[:30])


@pytest.mark.parametrize("data", [[], {}, {"terms": {"a": 1}, "intercept": 0, "threshold": 1}])
def test_a_file_that_is_no_router_is_said(data):
    with pytest.raises(ConfigError, match="train-router"):
        Router.of(data)


ROWS = [
    {"id": "list", "input": "What are the pros and cons of school uniforms?", "suits_skeleton": True},
    {"id": "sum", "input": "Solve for x: 3x + 7 = 22.", "suits_skeleton": False},
]
OPEN = {"task": "open", "instruction": "Answer."}


def answer(request):
    text = request.messages[-1].content
    if "Reply with one letter" in text:
        return "A" if "pros and cons" in text else "B: its steps build on each other. A list does not fit."
    return "1. One\n2. Two" if request.messages[0].content.startswith("You plan") else "Body."


def routes(tmp_path, router, rows=ROWS):
    """Sample → the stages of its calls."""
    files = {"datasets/ask.yaml": OPEN, "datasets/ask.test.jsonl": rows}
    workspace = write(tmp_path, files)
    sweep = {"datasets": "ask", "models": "m", "strategies": [{"skeleton_of_thought": {"router": router}}]}
    model = FunctionModel(answer, name="m")
    run = promptsweep.run(sweep, models={"m": model}, workspace=workspace.root)
    found = run.records().to_dict("records")
    return {one["sample_id"]: (one["requests"], one["details"].get("route")) for one in found}, model


@pytest.mark.parametrize(
    ("router", "expected"),
    [
        ("always", {"list": (3, None), "sum": (3, None)}),
        ("never", {"list": (1, "direct"), "sum": (1, "direct")}),
        ("prompt", {"list": (4, "skeleton"), "sum": (2, "direct")}),
        ("trained", {"list": (3, "skeleton"), "sum": (1, "direct")}),
        ("oracle", {"list": (3, "skeleton"), "sum": (1, "direct")}),
    ],
)
def test_each_router_sends_questions_its_own_way(tmp_path, router, expected):
    assert routes(tmp_path, router)[0] == expected


def test_the_prompt_router_is_asked_for_ten_tokens_at_most(tmp_path):
    _, model = routes(tmp_path, "prompt")

    asked = [one.params for one in model.requests if "Reply with one letter" in one.messages[-1].content]
    assert asked == [{"max_tokens": 10}] * 2


@pytest.mark.parametrize(
    ("router", "message"), [("orakel", "Did you mean 'oracle'"), ("oracle", "needs rows with suits_skeleton")]
)
def test_mistakes_are_found_before_anything_is_sent(tmp_path, router, message):
    with pytest.raises(ConfigError, match=message):
        routes(tmp_path, router, [{"id": "a", "input": "What is it?"}])


def test_a_workspaces_own_router_is_used_and_is_another_strategy(tmp_path):
    write(
        tmp_path, {"prompts/skeleton_of_thought/router.json": {"terms": {}, "intercept": 9, "threshold": 0.5}}
    )

    assert routes(tmp_path, "trained")[0] == {"list": (3, "skeleton"), "sum": (3, "skeleton")}
