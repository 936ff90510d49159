"""Judged replies become samples that a sweep can use, and no line is lost or half written."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from promptsweep.api.rating import Rated, keep
from promptsweep.datasets import load
from promptsweep.errors import ConfigError
from promptsweep.types import Message
from workspaces import write

GOOD = Rated(
    message="What is CI?", reply="Continuous integration.", liked=True, model="m", system="Be brief."
)


def test_a_liked_reply_is_the_target(tmp_path):
    place = write(tmp_path, {})

    file = keep(GOOD, "support", place)

    dataset = load("chat_support", place)
    [sample] = dataset.samples()
    assert file == place.root / "datasets" / "chat_support.jsonl"
    assert (sample.input, sample.targets) == ("What is CI?", ("Continuous integration.",))
    assert (sample.fields["label"], sample.fields["model"], sample.fields["system"]) == (
        "right",
        "m",
        "Be brief.",
    )
    assert (dataset.card.task, dataset.card.language) == ("open", "en")
    assert not dataset.check().warnings


def test_a_disliked_reply_is_kept_as_wrong_with_the_better_answer_or_without_a_target(tmp_path):
    place = write(tmp_path, {})
    before = (Message("user", "안녕"), Message("assistant", "네"))

    keep(Rated(message="뭐예요?", reply="몰라요", liked=False, before=before), "ko", place)
    keep(Rated(message="뭐예요?", reply="몰라요", liked=False, better=" 지속적 통합 "), "ko", place)

    bare, better = load("chat_ko", place).samples()
    assert bare.targets == ()
    assert bare.fields["conversation"] == [
        {"role": "user", "content": "안녕"},
        {"role": "assistant", "content": "네"},
    ]
    assert (better.targets, better.fields["reply"], better.fields["label"]) == (
        ("지속적 통합",),
        "몰라요",
        "wrong",
    )
    assert load("chat_ko", place).card.language == "ko"
    assert bare.id != better.id


def test_many_at_once_are_all_kept_whole(tmp_path):
    place = write(tmp_path, {})
    with ThreadPoolExecutor(8) as threads:
        list(
            threads.map(
                lambda number: keep(Rated(message=f"{number}", reply="x" * 9_000, liked=True), "many", place),
                range(60),
            )
        )

    samples = list(load("chat_many", place).samples())
    assert {sample.input for sample in samples} == {str(number) for number in range(60)}
    assert len({sample.id for sample in samples}) == 60


def test_a_line_that_a_crash_cut_does_not_swallow_the_next(tmp_path):
    place = write(tmp_path, {})
    file = keep(GOOD, "cut", place)
    with file.open("ab") as broken:
        broken.write(b'{"input": "ha')

    keep(GOOD, "cut", place)

    assert json.loads(file.read_text(encoding="utf-8").splitlines()[-1])["input"] == "What is CI?"


def test_a_card_that_was_edited_stays(tmp_path):
    place = write(tmp_path, {})
    card = keep(GOOD, "mine", place).with_suffix(".yaml")
    card.write_text(card.read_text(encoding="utf-8") + "author: me\n", encoding="utf-8")

    keep(GOOD, "mine", place)

    assert load("chat_mine", place).card.author == "me"
    assert len(list(load("chat_mine", place).samples())) == 2


def test_a_card_about_something_else_is_not_added_to(tmp_path):
    rows = [{"id": "a", "input": "x"}]
    place = write(
        tmp_path, {"datasets/chat_other.yaml": {"task": "open"}, "datasets/chat_other.test.jsonl": rows}
    )

    with pytest.raises(ConfigError, match=r"is not about chat_other\.jsonl"):
        keep(GOOD, "other", place)

    assert not (place.root / "datasets" / "chat_other.jsonl").exists()


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a.b"])
def test_a_name_leads_nowhere_else(tmp_path, name):
    place = write(tmp_path, {})

    with pytest.raises(ConfigError, match="name"):
        keep(GOOD, name, place)

    assert list((place.root / "datasets").iterdir()) == []
