"""A saved strategy works as the edited one did, overwrites nothing and leaves no half."""

from __future__ import annotations

import asyncio
from contextlib import closing

import pytest

from promptsweep import prompts
from promptsweep.api.naming import plain_name
from promptsweep.api.saving import save_strategy
from promptsweep.api.trying import Trial, first, prepare, send
from promptsweep.errors import ConfigError
from promptsweep.prompts import Templates, load
from promptsweep.reports import open_store
from promptsweep.runners import Allowance
from promptsweep.testing import FunctionModel
from promptsweep.types import Sample
from workspaces import mood

WARM = Sample("s-0", "Warm and witty.", ("good",))
OWN = """from promptsweep.prompts import strategy


@strategy(calls=lambda **_: 2)
async def twice(sample, ask, *, loud=True):
    return await ask("answer") + await ask("part")
"""


def arm(place, strategy, model=None, **edits):
    model = model or FunctionModel(lambda _: "good", name="m")
    return prepare(Trial(strategy=strategy, dataset="mood", model="m", edits=edits), place, {"m": model})


def stages(place, strategy, reply):
    planned = arm(place, strategy, FunctionModel(lambda _: reply, name="m"))
    with closing(open_store(place)) as store:
        trace = asyncio.run(send(planned, WARM, Allowance(requests=20), store))
    return [call.stage for call in trace.calls]


def test_a_strategy_of_one_call_is_a_folder_of_templates(tmp_path):
    place = mood(tmp_path)

    folder = save_strategy("mine", "zero_shot", {"answer": "{% user %}\nMood: {{ input }}\n"}, place)

    assert [path.name for path in folder.iterdir()] == ["answer.j2"]
    assert (folder / "answer.j2").read_bytes() == b"{% user %}\nMood: {{ input }}\n"
    assert "mine" in prompts.names(place)
    assert first(arm(place, "mine"), WARM).request.messages[0].content == "Mood: Warm and witty."


def test_a_shipped_strategy_of_several_calls_keeps_its_calls(tmp_path):
    place = mood(tmp_path)

    save_strategy("outline", "skeleton_of_thought", {"skeleton": "{% user %}List: {{ input }}"}, place)

    assert stages(place, "outline", "1. One\n2. Two") == ["skeleton", "expand", "expand"]
    saved, shipped = (
        load(name, Templates(place.roots), place) for name in ("outline", "skeleton_of_thought")
    )
    assert saved.params == shipped.params
    fewer = {**saved.params, "max_points": 3}
    assert saved.most_calls(fewer) == shipped.most_calls(fewer) == 4


def test_one_that_votes_over_its_only_template_still_votes(tmp_path):
    place = mood(tmp_path)

    save_strategy("votes", "self_consistency", {}, place)

    assert stages(place, "votes", "Answer: good") == ["answer"] * 5


def test_code_of_ones_own_is_copied_and_works_under_the_new_name(tmp_path):
    place = mood(tmp_path, **{"prompts/twice/answer.j2": "{{ input }}", "prompts/twice/part.j2": "more",
                              "prompts/twice/strategy.py": OWN, "prompts/twice/words.txt": "a"})  # fmt: skip

    folder = save_strategy("thrice", "twice", {"part": "even more"}, place)

    assert stages(place, "thrice", "good") == ["answer", "part"]
    assert (folder / "words.txt").exists()
    assert (folder / "strategy.py").read_text(encoding="utf-8").startswith(OWN)


def test_the_function_of_another_file_is_part_of_a_strategys_identity(tmp_path):
    place = mood(tmp_path)
    save_strategy("tools", "tool_loop", {}, place)
    copied = load("tools", Templates(place.roots), place)
    code = place.root / "prompts" / "tools" / "strategy.py"
    code.write_text(
        code.read_text(encoding="utf-8").replace("tool_loop", "skeleton_of_thought"), encoding="utf-8"
    )

    assert load("tools", Templates(place.roots), place).digest != copied.digest


def test_a_part_that_is_included_is_the_copys_own(tmp_path):
    text = "{% user %}{% include 'base/part.j2' %} of 'base/part.j2': {{ input }}"
    place = mood(tmp_path, **{"prompts/base/answer.j2": text, "prompts/base/part.j2": "old"})

    save_strategy("copy", "base", {"part": "new"}, place)

    message = first(arm(place, "copy"), WARM).request.messages[0].content
    assert message == "new of 'base/part.j2': Warm and witty."


@pytest.mark.parametrize("name", ["zero_shot", "taken", "system"])
def test_nothing_is_overwritten(tmp_path, name):
    place = mood(tmp_path, **{"prompts/taken/answer.j2": "{{ input }}"})

    with pytest.raises(ConfigError, match=f"there is a folder prompts/{name} already"):
        save_strategy(name, "zero_shot", {"answer": "x"}, place)

    assert (place.root / "prompts" / "taken" / "answer.j2").read_text(encoding="utf-8") == "{{ input }}"
    assert not (place.root / "prompts" / "zero_shot").exists()


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "../up",
        "a/b",
        "a\\b",
        "/etc",
        "C:x",
        ".hidden",
        "_private",
        "a.b",
        "a b",
        "1st",
        "class",
        "x" * 61,
        "a\0b",
        "a\nb",
    ],
)
def test_a_name_leads_nowhere_else(tmp_path, name):
    place = mood(tmp_path)

    with pytest.raises(ConfigError, match="name"):
        save_strategy(name, "zero_shot", {}, place)

    assert list((place.root / "prompts").iterdir()) == []


def test_a_name_may_be_of_any_script_and_is_stored_in_one_form():
    assert plain_name(" 요약_2 ", "strategy") == "요약_2"
    assert plain_name("요약", "strategy") == "요약"


def test_a_template_that_cannot_be_read_is_not_saved(tmp_path):
    place = mood(tmp_path)

    with pytest.raises(ConfigError, match=r"mine/answer\.j2:1"):
        save_strategy("mine", "zero_shot", {"answer": "{% if %}"}, place)

    assert not (place.root / "prompts" / "mine").exists()
