"""One sample tried: what is planned, sent and scored, and that nothing is stored but what it costs."""

from __future__ import annotations

import asyncio

import pytest

from promptsweep.api.trying import (
    MOST_REQUESTS,
    Trial,
    allowance,
    first,
    prepare,
    send,
    some_samples,
    stored,
)
from promptsweep.datasets import load as load_dataset
from promptsweep.errors import AuthenticationError, ConfigError, ServerError
from promptsweep.models.prices import MILLION
from promptsweep.models.retry import Retries
from promptsweep.reports import open_store
from promptsweep.reports.browse import list_runs
from promptsweep.reports.cache import cache_stats
from promptsweep.reports.ledger import Sum, entries
from promptsweep.runners import Allowance
from promptsweep.runners.costs import Cost
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Outcome, Sample, Usage
from promptsweep.workspace import Workspace
from workspaces import mood, rows

FREE = Allowance(requests=MOST_REQUESTS)
WARM = Sample("s-0", "Warm and witty.", ("good",))


class Priced(FunctionModel):
    """A dollar for a million tokens."""

    def price(self, usage: Usage) -> float | None:
        return ((usage.prompt or 0) + (usage.completion or 0)) / MILLION


def planned(place, model=None, **changes):
    model = model or FunctionModel(lambda _: "good", name="m")
    return prepare(
        Trial(**{"strategy": "zero_shot", "dataset": "mood", "model": "m", **changes}), place, {"m": model}
    )


@pytest.fixture
def store(tmp_path):
    opened = open_store(Workspace(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def sent(store):
    return lambda arm, limits=FREE, sample=WARM: asyncio.run(send(arm, sample, limits, store))


def test_a_try_is_scored_and_keeps_what_was_sent(sent, store, tmp_path):
    place = mood(tmp_path)
    arm = planned(place)

    trace = sent(arm)

    assert (trace.outcome, trace.answer, trace.scores["accuracy"].value) == (Outcome.OK, "good", 1.0)
    [call] = trace.calls
    assert call.messages == first(arm, WARM).request.messages
    assert call.completion.text == "good"
    assert (list_runs(store), cache_stats(store).responses) == ([], 0)


def test_what_a_try_costs_is_in_the_ledger_and_no_run(sent, store, tmp_path):
    model = Priced(lambda _: Completion("good", usage=Usage(100, 50), cost=150 / MILLION), name="m")

    sent(planned(mood(tmp_path), model))
    sent(planned(mood(tmp_path), model, strategy="chain_of_thought_two_call"))

    [entry] = entries(store)
    assert (entry.name, entry.sweep, entry.new) == ("(playground)", None, Sum(3, 450, 450 / MILLION))
    assert [one.name for one in entries(store, "model")] == ["m"]


def test_a_try_that_fails_is_entered_at_what_it_may_have_cost(sent, store, tmp_path):
    def fail(_):
        raise ServerError("reset")

    model = Priced(fail, name="m", retries=Retries(attempts=2, first=0.01))
    arm = planned(mood(tmp_path), model, params={"max_tokens": 100})

    sent(arm, Allowance(usd=1.0))

    [entry] = entries(store)
    worst = first(arm, WARM).worst
    assert (entry.new, entry.failed) == (Sum(), Sum(2, 2 * worst.tokens, pytest.approx(2 * worst.usd)))


def test_an_edited_template_is_what_is_sent(sent, tmp_path):
    place = mood(tmp_path)
    arm = planned(place, edits={"answer": "{% user %}Mood of: {{ input }}"})

    [message] = sent(arm).calls[0].messages

    assert message.content == "Mood of: Warm and witty."
    assert arm.arm.key != planned(place).arm.key
    assert "{{ instruction }}" in stored("zero_shot", place).templates["answer"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{% user %}\n{{ inptu }}", "zero_shot/answer.j2:2: unknown variable 'inptu'. Did you mean 'input'?"),
        ("{% user %}\n\n{% if %}", "zero_shot/answer.j2:3: template:"),
        ("{% user %}\n{{ input / 2 }}", "zero_shot/answer.j2:2: template fails:"),
    ],
)
def test_a_mistake_in_an_edited_template_is_one_line_with_its_place(tmp_path, text, problem):
    with pytest.raises(ConfigError) as error:
        first(planned(mood(tmp_path), edits={"answer": text}), WARM)

    assert str(error.value).startswith(problem)
    assert "\n" not in str(error.value)


def test_an_edit_of_a_part_reaches_the_templates_that_include_it(tmp_path):
    files = {
        "prompts/mine/answer.j2": "{% user %}{% include 'mine/part.j2' %} {{ input }}",
        "prompts/mine/part.j2": "old",
    }
    arm = planned(mood(tmp_path, **files), strategy="mine", edits={"part": "new"})

    assert first(arm, WARM).request.messages[0].content == "new Warm and witty."


def test_a_list_is_one_value_and_no_axis(tmp_path):
    arm = planned(mood(tmp_path), params={"stop": ["a", "b"], "temperature": 0})

    assert first(arm, WARM).request.params == {"stop": ["a", "b"], "temperature": 0}


def test_a_rejected_key_is_the_outcome_and_no_traceback(sent, tmp_path):
    def reject(request):
        raise AuthenticationError("the key is rejected: no (HTTP 401)")

    trace = sent(planned(mood(tmp_path), FunctionModel(reject, name="m")))

    assert trace.outcome is Outcome.ERROR
    assert trace.error == "the key is rejected: no (HTTP 401)"
    assert trace.calls[0].request is not None


def test_the_cap_holds_over_all_calls_of_a_strategy(sent, tmp_path):
    model = Priced(lambda _: Completion("1. One\n2. Two", usage=Usage(100, 50), cost=150 / MILLION), name="m")
    arm = planned(mood(tmp_path), model, strategy="skeleton_of_thought", params={"max_tokens": 100})
    worst = first(arm, WARM).worst
    limits = allowance(worst, worst.usd, 0)

    trace = sent(arm, limits)

    assert trace.outcome is Outcome.ERROR
    assert "the budget of" in trace.error
    assert [call.completion is not None for call in trace.calls] == [True, False, False]


def test_where_the_price_is_unknown_the_cap_is_in_tokens():
    assert allowance(Cost(None, 300, 1), 0.1, 5_000) == Allowance(tokens=5_000, requests=MOST_REQUESTS)
    assert allowance(Cost(0.01, 300, 1), 0.1, 5_000) == Allowance(usd=0.1, requests=MOST_REQUESTS)


def test_an_unlimited_reply_is_not_sent_under_a_cap(sent, tmp_path):
    trace = sent(planned(mood(tmp_path)), Allowance(tokens=1_000))

    assert "sets no max_tokens" in trace.error


def test_a_strategy_that_breaks_is_said_in_one_line(tmp_path):
    code = (
        "from promptsweep.prompts import strategy\n@strategy\nasync def odd(sample, ask):\n    return 1 / 0\n"
    )
    place = mood(tmp_path, **{"prompts/odd/answer.j2": "{{ input }}", "prompts/odd/strategy.py": code})

    with pytest.raises(ConfigError, match="strategy odd failed: ZeroDivisionError: division by zero"):
        first(planned(place, strategy="odd"), WARM)


def test_no_key_is_needed_to_see_what_would_be_sent(sent, tmp_path):
    models = {"endpoints": {"acme": {"base_url": "http://127.0.0.1:9/v1", "key": "ACME_TEST_KEY"}}}
    place = mood(tmp_path, **{"runners/models.yaml": models})

    arm = prepare(Trial(strategy="zero_shot", dataset="mood", model="acme/small"), place)

    assert first(arm, WARM).request.model == "small"


def test_a_sample_beyond_the_first_ones_is_found(tmp_path):
    place = mood(tmp_path, **{"datasets/mood.test.jsonl": rows([(f"Day {i}", "good") for i in range(9)])})
    dataset = load_dataset("mood", place)

    assert [one.id for one in some_samples(dataset, "test", 2)] == ["s-0", "s-1"]
    assert [one.id for one in some_samples(dataset, "test", 2, "s-7")] == ["s-0", "s-1", "s-7"]
    assert [one.id for one in some_samples(dataset, "test", 2, "s-1")] == ["s-0", "s-1"]
