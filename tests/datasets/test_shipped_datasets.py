from __future__ import annotations

import pytest

from promptsweep.datasets import leaks, load
from promptsweep.workspace import Workspace, builtin_root

SHIPPED = Workspace(builtin_root())
NAMES = SHIPPED.names("datasets", ".yaml")


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_dataset_is_free_of_problems(name: str) -> None:
    dataset = load(name, SHIPPED)

    for split in dataset.card.splits:
        assert [str(problem) for problem in dataset.check(split).problems] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_dataset_leaks_nothing_from_test_into_train(name: str) -> None:
    dataset = load(name, SHIPPED)

    shared = leaks(dataset.samples("train"), dataset.samples("test"))

    contexts = [(one.fields.get("context"), other.fields.get("context")) for one, other in shared]
    assert [pair for pair in contexts if pair[0] == pair[1]] == []
