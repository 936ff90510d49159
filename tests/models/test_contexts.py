"""What is known of context windows."""

from __future__ import annotations

import pytest

from promptsweep.models.contexts import context_window
from promptsweep.workspace import Workspace
from workspaces import write

MODELS = {
    "endpoints": {
        "acme": {"base_url": "http://127.0.0.1:9/v1", "context": {"small": 8_192, "big-*": 32_768}}
    },
    "models": {
        "fast": {"endpoint": "acme", "name": "small"},
        "mini": {"endpoint": "openai", "name": "gpt-4o-mini"},
    },
}


@pytest.mark.parametrize(
    ("reference", "window"),
    [
        ("local", 2_048),
        ("gguf:some.gguf", 2_048),
        ("acme/small", 8_192),
        ("acme:big-2", 32_768),
        ("fast", 8_192),
        ("acme/other", None),
        ("mini", 128_000),
        ("openai/no-such-model", None),
        ("ollama/gemma3:1b", None),
        ("replay:file", None),
        ("nonsense", None),
    ],
)
def test_windows(tmp_path, reference, window):
    place: Workspace = write(tmp_path, {"runners/models.yaml": MODELS})

    assert context_window(reference, place) == window
