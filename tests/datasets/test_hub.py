from __future__ import annotations

import datetime as dt
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from made_datasets import Make

from promptsweep.datasets.hub import hub_rows
from promptsweep.errors import ConfigError, MissingExtraError


@dataclass
class ClassNames:
    names: list[str]


@dataclass
class Stream:
    table: list[dict[str, Any]]
    features: dict[str, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.table)


def test_rows_are_streamed_with_the_names_of_their_classes() -> None:
    asked = []
    table = [{"text": "a", "label": 1, "day": dt.date(2024, 5, 1)}, {"text": "b", "label": -1, "day": None}]

    def load_dataset(*given: Any, **named: Any) -> Stream:
        asked.append((given, named))
        return Stream(table, {"label": ClassNames(["neg", "pos"]), "text": object()})

    result = list(hub_rows("acme/reviews", "en", "test", load_dataset))

    assert asked == [(("acme/reviews", "en"), {"split": "test", "streaming": True})]
    assert result == [
        (1, {"text": "a", "label": "pos", "day": "2024-05-01"}),
        (2, {"text": "b", "label": None, "day": None}),
    ]


@pytest.mark.parametrize(
    "error", [FileNotFoundError("no such dataset\nlong story"), ValueError("unknown split")]
)
def test_what_the_hub_does_not_have_is_one_line(error: Exception) -> None:
    def load_dataset(*given: Any, **named: Any) -> Stream:
        raise error

    with pytest.raises(ConfigError) as caught:
        list(hub_rows("acme/reviews", None, "test", load_dataset))

    first_line = str(error).splitlines()[0]
    assert str(caught.value) == f"hf:acme/reviews: cannot be loaded: {first_line}"


def hub_client_is_installed() -> bool:
    client = importlib.util.find_spec("datasets")
    return client is not None and client.origin is not None


@pytest.mark.skipif(hub_client_is_installed(), reason="the extra `hf` is installed")
def test_without_the_extra_the_message_is_the_command_that_installs_it(make: Make) -> None:
    dataset = make("task: qa\nsplits: {test: 'hf:acme/pairs'}")

    with pytest.raises(MissingExtraError, match=r"pip install 'promptsweep\[hf\]'"):
        dataset.check()
