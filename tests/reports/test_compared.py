"""All that one `compare` says, and its forms."""

from __future__ import annotations

import csv
import json

import pytest
from markdown_it import MarkdownIt

from promptsweep.errors import ConfigError
from promptsweep.reports.compare_files import compared_csv, compared_markdown
from promptsweep.reports.compared import Question, compared


def ask(house, run="plain", **question):
    return compared(house.store, Question(run, **question))


def html(text):
    return MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)


def test_the_best_arm_is_named_within_a_run_only(house):
    assert [one.arm for one in ask(house).best] == ["few_shot(k=2) | m | lines", "zero_shot | m | facts"]
    assert ask(house, other="twice").best == []
    assert ask(house, metric="macro_f1").best == []


def test_a_baseline_of_one_dataset_leaves_out_the_others(house):
    found = ask(house, baseline="few_shot", cost=True)

    assert {one.dataset for one in (*found.comparisons, *found.best, *found.costs)} == {"lines"}


def test_the_json_document_has_what_was_asked_for(house):
    plain, full = ask(house).as_json(), ask(house, cost=True, slice="label", flips=2).as_json()

    assert list(plain) == list(full) == ["comparisons", "best", "costs", "slices", "tuned", "flips"]
    assert [plain[name] for name in ("costs", "slices", "tuned", "flips")] == [[], [], [], []]
    assert len(full["costs"]) == 4
    assert {row["value"] for row in full["slices"]} >= {"good", "bad"}
    assert [flip["change"] for flip in full["flips"]] == ["won", "won"]
    json.dumps(full, allow_nan=False)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (
            {"metric": "macro_f1", "cost": True},
            "macro_f1 is computed .* --cost needs a metric of single samples",
        ),
        ({"metric": "macro_f1", "slice": "label", "flips": 3}, "--slice and --flips needs"),
        ({"other": "twice", "cost": True}, "--cost looks at the arms of one run"),
        ({"slice": "lable"}, "unknown slice 'lable'. Did you mean 'label'"),
        ({"metric": "acuracy"}, "unknown metric 'acuracy'"),
    ],
)
def test_what_cannot_be_answered_is_one_line(house, question, message):
    with pytest.raises(ConfigError, match=message):
        ask(house, **question)


def test_markdown_has_every_figure_of_a_comparison(house):
    text = compared_markdown(ask(house))

    assert "## Against zero_shot \\| m \\| lines" in text
    headers = ["arm", "accuracy difference", "p", "verdict", "samples", "lost", "won"]
    assert f"| {' | '.join([*headers, 'correlation', 'detects', 'to settle'])} |" in text
    assert "| few_shot(k=2) \\| m | +0.48 \\[+0.26, +0.65\\] | &lt; 0.001 | better | 29 | 0 | 14 |" in text
    assert "29 samples of 30 and 29 are scored in both" in text
    assert "exact McNemar test, Newcombe interval" in text
    assert "corrected for having been picked" in text


def test_markdown_of_costs_slices_and_samples_is_tables(house):
    page = html(compared_markdown(ask(house, cost=True, slice="label", flips=1)))

    assert page.count("<table>") == 2 + 1 + 2 + 2
    assert "what a score costs" in page
    assert "few_shot(k=2) | m against zero_shot | m | lines, by label" in page


def test_texts_of_models_and_datasets_stay_text(own_house):
    def evil(request):
        shots = any(message.role == "assistant" for message in request.messages)
        return "한국" if shots else "| a | <script>alert(1)</script> **b** @you"

    strategies = ["zero_shot", {"few_shot": {"k": 1}}]
    root = own_house.workspace.root
    root.joinpath("datasets/facts.train.jsonl").write_text('{"id": "t", "input": "x", "target": "y"}\n')
    own_house.run("evil", evil, fresh=True, datasets="facts", strategies=strategies)

    page = html(compared_markdown(ask(own_house, "evil", flips=5, slice="label")))

    assert not any(tag in page for tag in ("<script", "<strong", "<td>?"))
    assert "한국" in page


def test_csv_is_one_table_of_the_json_keys(house):
    for question, key in (({}, "comparisons"), ({"cost": True}, "costs"), ({"slice": "label"}, "slices")):
        found = ask(house, **question)

        table = list(csv.DictReader(compared_csv(found).splitlines()))

        assert len(table) == len(found.as_json()[key])
        assert list(table[0]) == list(found.as_json()[key][0])
    assert {row["few"] for row in table} == {"true"}


def test_csv_of_two_tables_is_refused(house):
    with pytest.raises(ConfigError, match="CSV is one table"):
        compared_csv(ask(house, cost=True, slice="label"))
