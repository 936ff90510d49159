"""Which models can be asked, and what they lack."""

from __future__ import annotations

import pytest

from promptsweep.api.endpoints import is_served, missing_key, without_key
from workspaces import write

MODELS = {
    "endpoints": {
        "acme": {"base_url": "http://127.0.0.1:9/v1", "key": "ACME_TEST_KEY"},
        "here": {"base_url": "http://127.0.0.1:9/v1"},
    },
    "models": {"fast": {"endpoint": "acme", "name": "small"}},
}


@pytest.mark.parametrize(
    ("reference", "missing", "served"),
    [
        ("acme/small", "ACME_TEST_KEY", True),
        ("acme:small", "ACME_TEST_KEY", True),
        ("fast", "ACME_TEST_KEY", True),
        ("here/any/model:1b", None, True),
        ("acme", None, False),
        ("local", None, False),
        ("gguf:x.gguf", None, False),
        ("nowhere/model", None, False),
    ],
)
def test_models(tmp_path, monkeypatch, reference, missing, served):
    place = write(tmp_path, {"runners/models.yaml": MODELS})

    assert (missing_key(reference, place), is_served(reference, place)) == (missing, served)
    assert (reference in without_key([reference], place)) is (missing is not None)

    monkeypatch.setenv("ACME_TEST_KEY", "k")
    assert missing_key(reference, place) is None
