"""Data frames of a run."""

from __future__ import annotations

import pandas as pd
import pytest

from promptsweep.api import Run
from promptsweep.errors import ConfigError


@pytest.fixture
def run(house) -> Run:
    return Run(house.store.find_run("plain").id, house.store)


def test_a_run_as_a_table_has_an_arm_a_row_and_limits_beside_each_metric(run):
    frame = run.table().set_index("arm")

    row = frame.loc["few_shot(k=2) | m | lines"]
    assert len(frame) == 4
    assert (row["samples"], row["scored"], row["error"], row["unparsed"], row["param_k"]) == (30, 29, 1, 1, 2)
    assert row["accuracy_low"] < row["accuracy"] < row["accuracy_high"]
    assert (row["prompt_tokens"], row["completion_tokens"]) == (290, 58)
    assert pd.isna(row["token_f1"])


def test_records_have_their_scores_as_columns(run):
    frame = run.records("few_shot")

    by_sample = frame.set_index("sample_id")
    assert len(frame) == 30
    assert by_sample.loc["line-3", "accuracy"] == 1.0
    assert by_sample.loc["line-3", "targets"] == ["good"]
    assert by_sample.loc["line-8", "reply"] == "I cannot tell."
    assert pd.isna(by_sample.loc["line-8", "answer"])
    assert pd.isna(by_sample.loc["line-7", "accuracy"])
    assert frame["accuracy"].mean() == pytest.approx(28 / 29)


def test_all_arms_together_have_the_columns_of_all_metrics(run):
    frame = run.records()

    assert len(frame) == 66
    assert {"accuracy", "squad_em", "token_f1", "words"} <= set(frame.columns)
    assert frame.groupby("arm")["accuracy"].count().max() == 30


def test_comparisons_are_rows(run):
    frame = run.compare()

    assert list(frame["verdict"]) == ["better", "no difference shown"]
    assert run.compare("few", "accuracy")["verdict"].tolist() == ["worse"]


def test_a_metric_whose_name_another_column_has_is_told_apart(own_house):
    root = own_house.workspace.root
    root.joinpath("mine.py").write_text("def reply(answer, sample):\n    return len(answer) / 10\n")
    own_house.run("own", datasets="facts", strategies="zero_shot", metrics=["mine.py:reply"])
    metric = own_house.store.arms(own_house.store.find_run("own").id)[0].metrics

    frame = Run("own", own_house.store).records()

    expected = "score_reply" if '"name":"reply"' in metric else "mine.py:reply"
    assert frame[expected].notna().all()
    assert frame["reply"].str.startswith("Answer:").all()


def test_an_unknown_arm_names_the_nearest(run):
    with pytest.raises(ConfigError, match="unknown arm 'fewshot'"):
        run.records("fewshot")
