"""A recording builds the very requests of the live model, whatever kind of model that is."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.errors import ConfigError
from promptsweep.models import load
from promptsweep.models.embedded import EmbeddedModel
from promptsweep.models.endpoints import Endpoint, Family
from promptsweep.models.exchanges import Header, RecordedIdentity, header_of
from promptsweep.models.gguf import File
from promptsweep.models.llama import fast
from promptsweep.models.loading import form_today
from promptsweep.models.openai import OpenAIModel
from promptsweep.models.replay import ReplayModel
from promptsweep.testing import FunctionModel
from promptsweep.types import Message


def openai(**endpoint):
    defaults = {"temperature": 0.3, "extra": {"tier": "flex"}}
    return OpenAIModel("a/m", Endpoint(**endpoint), "m", base_url="http://a.test/v1/", defaults=defaults)


def embedded(plain):
    file = File(Path("model.gguf"), "0" * 32)
    return EmbeddedModel("gguf:model.gguf", "model", file, plain=plain, layout=fast())


@pytest.fixture(scope="module")
def hand_written(tmp_path_factory):
    path = tmp_path_factory.mktemp("replay") / "hand.jsonl"
    path.write_bytes(orjson.dumps({"messages": [{"role": "user", "content": "a"}], "completion": "b"}))
    return ReplayModel("replay:hand.jsonl", path)


MODELS = {
    "an endpoint's": openai(),
    "an endpoint's with names of its own": openai(rename={"seed": "random_seed"}, params={"top_p": 0.5}),
    "one of a family": openai(
        families=[Family(match="m", rename={"max_tokens": "max_completion_tokens"}, refuse=["stop"])]
    ),
    "one that knows no schemas and thinks aloud": openai(response_format="json_object", think_tags=True),
    "an embedded base model": embedded(plain=True),
    "an embedded chat model": embedded(plain=False),
    "a function": FunctionModel(lambda request: "", name="함수"),
}
GIVEN = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "max_tokens": st.integers(1, 9_999),
        "seed": st.integers(0, 2**62),
        "stop": st.text(min_size=1) | st.lists(st.text(min_size=1), min_size=1),
        "response_format": st.sampled_from([{"type": "json_object"}, {"type": "json_schema"}]),
        "extra": st.dictionaries(st.text(), st.none() | st.booleans() | st.floats() | st.text()),
    },
)
MESSAGES = st.lists(
    st.builds(Message, st.sampled_from(["system", "user", "assistant"]), st.text()), min_size=1
).map(tuple)


def through_a_file(model):
    """The model's form, written into a header and read again."""
    identity = RecordedIdentity(digest=model.digest, form=model.form)
    header = Header(sweep="s", run="r", replies=0, models={model.name: identity})
    return header_of(header.line(), Path("r.jsonl")).models[model.name].form


@pytest.mark.parametrize("kind", MODELS)
@given(messages=MESSAGES, params=GIVEN, draw=st.integers(0, 3_000_000))
def test_the_request_from_a_recording_has_the_key_of_the_live_one(kind, messages, params, draw):
    model = MODELS[kind]

    assert (
        through_a_file(model).request(messages, params, draw).key == model.request(messages, params, draw).key
    )


def test_so_has_the_request_of_a_replayed_model(hand_written):
    messages = (Message("user", "ㄱ"),)

    rebuilt = through_a_file(hand_written).request(messages, {"seed": 1}, 2)

    assert rebuilt.key == hand_written.request(messages, {"seed": 1}, 2).key


def test_a_recording_refuses_the_parameters_that_the_live_model_refuses():
    with pytest.raises(ConfigError, match="a/m does not take 'stop'"):
        through_a_file(MODELS["one of a family"]).check({"stop": "x"}, "a/m")


def test_an_edited_models_file_changes_the_form_and_an_environment_does_not(workspace, monkeypatch):
    def write(**keys):
        catalog = {"endpoints": {"acme": {"base_url": "http://a.test/v1", "url_from": "ACME_URL", **keys}}}
        (workspace.root / "runners" / "models.yaml").write_bytes(orjson.dumps(catalog))

    write()
    monkeypatch.setenv("ACME_URL", "http://proxy.test/v1")
    recorded = load("acme/m", workspace).form
    monkeypatch.delenv("ACME_URL")

    assert form_today("acme/m", recorded, workspace) == recorded
    write(params={"temperature": 1})
    assert form_today("acme/m", recorded, workspace).defaults == {"temperature": 1}
    write(rename={"seed": "random_seed"})
    assert form_today("acme/m", recorded, workspace).names == {"seed": "random_seed"}


@pytest.mark.parametrize("name", ["local", "gguf:model.gguf", "function", "gone/m"])
def test_what_no_endpoint_serves_keeps_its_recorded_form(workspace, name):
    form = MODELS["an embedded base model"].form

    assert form_today(name, form, workspace) == form
