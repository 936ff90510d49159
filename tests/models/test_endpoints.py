"""models.yaml and the references to what is in it."""

from __future__ import annotations

import os
import re

import pytest

from promptsweep.errors import ConfigError
from promptsweep.models import load
from promptsweep.models.endpoints import catalog

PRESETS = {
    "anthropic", "azure", "gemini", "groq", "llamacpp", "lmstudio",
    "mistral", "ollama", "openai", "openrouter", "together", "vllm",
}  # fmt: skip


def write(workspace, text):
    path = workspace.root / "runners" / "models.yaml"
    path.write_text(text)
    return path


def test_every_preset_is_there_and_names_where_its_key_comes_from(workspace):
    endpoints = catalog(workspace).endpoints

    assert set(endpoints) == PRESETS
    own = {"ollama", "vllm", "llamacpp", "lmstudio"}
    assert {name for name, endpoint in endpoints.items() if endpoint.key is None} == own


def test_a_workspace_overrides_single_keys_of_a_preset(workspace):
    write(workspace, "endpoints: {openai: {concurrency: 3}}")

    openai = catalog(workspace).endpoints["openai"]

    assert (openai.concurrency, openai.key, openai.provider) == (3, "OPENAI_API_KEY", "openai")


@pytest.mark.parametrize(
    ("model", "name", "refuses_temperature"),
    [
        ("gpt-4o-mini", "max_tokens", False),
        ("o3-mini", "max_completion_tokens", True),
        ("gpt-5", "max_completion_tokens", True),
        ("gpt-5-mini-2025-08-07", "max_completion_tokens", True),
        ("gpt-5.2", "max_completion_tokens", False),
    ],
)
def test_openai_reasoning_models_rename_the_token_limit(workspace, model, name, refuses_temperature):
    openai = catalog(workspace).endpoints["openai"]

    assert openai.names(model).get("max_tokens", "max_tokens") == name
    assert ("temperature" in openai.refused(model)) is refuses_temperature


@pytest.mark.parametrize(
    ("endpoint", "model", "held_to"),
    [
        ("openai", "gpt-4o-mini", "json_schema"),
        ("openai", "gpt-4.1", "json_schema"),
        ("openai", "gpt-4-turbo", "json_object"),
        ("groq", "llama-3.3-70b-versatile", "json_object"),
        ("groq", "openai/gpt-oss-20b", "json_schema"),
        ("ollama", "qwen3", "json_schema"),
    ],
)
def test_a_preset_knows_what_replies_can_be_held_to(workspace, endpoint, model, held_to):
    assert catalog(workspace).endpoints[endpoint].reply_format(model) == held_to


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (
            "endpoints:\n  acme:\n    response_format: json_objekt",
            3,
            "unknown value 'json_objekt'. Did you mean 'json_object'?",
        ),
        ("endpoint: {}", 1, "unknown key 'endpoint'. Did you mean 'endpoints'?"),
        ("endpoints:\n  acme:\n    base_ulr: x", 3, "unknown key 'base_ulr'. Did you mean 'base_url'?"),
        ("endpoints:\n  acme:\n    base_url: localhost:8000", 3, "must begin with http:// or https://"),
        ("endpoints:\n  acme: {concurrency: 0}", 2, "concurrency: "),
        ("endpoints:\n  acme:\n    families:\n      - match: '('", 4, "not a regular expression"),
        ("endpoints:\n  local: {}", 2, "'local' cannot be a name in endpoints"),
        ("endpoints:\n  a/b: {}", 2, "'a/b' cannot be a name in endpoints"),
        ("models:\n  quick: {endpoint: openai}", 2, "quick: 'name' is required"),
        ("models:\n  replay: {endpoint: openai, name: x}", 2, "'replay' cannot be a name in models"),
        ("endpoints:\n  - acme", 1, "endpoints: "),
    ],
)
def test_a_mistake_names_the_file_and_the_line(workspace, text, line, says):
    path = write(workspace, text)

    with pytest.raises(ConfigError, match=re.escape(says)) as caught:
        catalog(workspace)

    assert caught.value.path == path
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("opnai/gpt-4o", "unknown endpoint 'opnai'. Did you mean 'openai'?"),
        ("loca", "unknown model 'loca'. Did you mean 'local'?"),
        ("quik", "unknown model 'quik'. Did you mean 'quick'?"),
        ("openai/gpt-4o", "openai needs the environment variable OPENAI_API_KEY; set it or put it into .env"),
        ("azure/x", "azure needs the environment variable AZURE_OPENAI_ENDPOINT"),
        ("nowhere/x", "endpoint 'nowhere' has no base_url"),
        ("gguf:missing.gguf", "no such file: missing.gguf"),
        ("replay:missing.jsonl", "no such file: missing.jsonl"),
    ],
)
def test_a_reference_that_means_nothing_is_one_clear_line(workspace, reference, says):
    write(workspace, "endpoints: {nowhere: {}}\nmodels: {quick: {endpoint: openai, name: gpt-4o-mini}}")

    with pytest.raises(ConfigError, match=re.escape(says)):
        load(reference, workspace)


def test_a_base_url_from_the_environment_is_checked_too(workspace, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost:8000")

    with pytest.raises(ConfigError, match="OPENAI_BASE_URL must begin with http"):
        load("openai/gpt-4o", workspace)


def test_an_edited_file_is_read_again(workspace):
    path = write(workspace, "endpoints: {acme: {base_url: 'http://one'}}")
    assert catalog(workspace).endpoints["acme"].base_url == "http://one"

    path.write_text("endpoints: {acme: {base_url: 'http://two'}}")
    os.utime(path, ns=(0, 0))

    assert catalog(workspace).endpoints["acme"].base_url == "http://two"


def test_models_keep_the_name_that_the_sweep_gave_them(workspace, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    write(workspace, "models: {quick: {endpoint: openai, name: gpt-4o-mini}}")

    names = [load(name, workspace).name for name in ("quick", "ollama:gemma3:1b")]

    assert names == ["quick", "ollama:gemma3:1b"]
