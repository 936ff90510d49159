"""What two arms sent."""

from __future__ import annotations

from promptsweep.reports.sent import settings, sources, transcript
from promptsweep.reports.traces import trace
from promptsweep.reports.versus import Side, chosen

ZERO, FEW = "zero_shot | m | lines", "few_shot(k=2) | m | lines"
MINE = "mine | m | lines"


def pair(house, *sides):
    return chosen(house.store, *(Side(house.store.find_run(run).id, arm) for run, arm in sides))


def write(house, text):
    path = house.workspace.root / "prompts" / "mine" / "answer.j2"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_templates_of_the_same_stage_stand_side_by_side(house):
    [found] = sources(pair(house, ("plain", ZERO), ("plain", FEW)), house.workspace)

    assert (found.a.name, found.b.name) == ("zero_shot/answer.j2", "few_shot/answer.j2")
    assert "{{ instruction }}" in found.a.text
    assert "shots" in found.b.text
    assert not found.same


def test_a_template_that_was_edited_since_is_not_shown_as_what_was_sent(own_house):
    write(own_house, "Judge: {{ input }}")
    own_house.run("before", datasets="lines", strategies="mine")
    write(own_house, "판단: {{ input }}")
    own_house.run("after", datasets="lines", strategies="mine")

    [found] = sources(pair(own_house, ("before", MINE), ("after", MINE)), own_house.workspace)

    assert found.a.text is None
    assert found.b.text == "판단: {{ input }}"
    assert found.a.address != found.b.address


def test_a_template_that_is_gone_is_known_by_its_address_alone(own_house):
    write(own_house, "Judge: {{ input }}")
    own_house.run("before", datasets="lines", strategies="mine")
    (own_house.workspace.root / "prompts" / "mine" / "answer.j2").unlink()

    [found] = sources(pair(own_house, ("before", MINE), ("before", MINE)), own_house.workspace)

    assert found.same
    assert found.a.text is None


def test_stages_that_only_one_arm_has_are_told(house):
    found = sources(
        pair(house, ("plain", "zero_shot | m | facts"), ("plain", "self_consistency(draws=2) | m | facts")),
        house.workspace,
    )

    assert {one.a.name if one.a else one.b.name for one in found} >= {"zero_shot/answer.j2"}


def test_settings_that_differ_are_named(house):
    found = settings(pair(house, ("plain", ZERO), ("plain", FEW)))

    assert found == {"strategy": ("zero_shot", "few_shot"), "k": ("", "2")}


def test_a_transcript_has_every_message_of_every_call(house):
    found = transcript(trace(house.store, "plain", "line-3", FEW))

    assert found.startswith("== 1 · answer ==\n\n[system]\n")
    assert found.endswith("[user]\nLine 3 is sunny.")
    assert found.count("[assistant]") == 2
    assert transcript(trace(house.store, "plain", "fact-0", "self_consistency")).count("==\n") == 2
