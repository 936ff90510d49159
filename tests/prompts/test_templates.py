"""Templates → messages: roles are structure, white space is the template's, errors name the line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.errors import ConfigError
from promptsweep.prompts import Templates, render
from promptsweep.types import Message
from promptsweep.workspace import builtin_root


def rendered(source: str, **variables: object) -> list[tuple[str, str]]:
    template = Templates([]).from_string(source)
    return [(message.role, message.content) for message in render(template, variables)]


CHAT = """{% system %}
You label {{ what }}.
{% for shot in shots %}
{% user %}
{{ shot.input }}
{% assistant %}
{{ shot.target }}
{% endfor %}
{% user %}
Q: {{ input }}
A:
"""


def test_role_tags_make_turns_also_in_loops():
    shots = [{"input": "one", "target": "1"}, {"input": "two", "target": "2"}]

    assert rendered(CHAT, what="numbers", shots=shots, input="three") == [
        ("system", "You label numbers."),
        ("user", "one"),
        ("assistant", "1"),
        ("user", "two"),
        ("assistant", "2"),
        ("user", "Q: three\nA:"),
    ]


@pytest.mark.parametrize(
    ("source", "messages"),
    [
        ("Hello {{ x }}\n", [("user", "Hello  v \n")]),
        ("{% user %}{{ x }}", [("user", " v \n")]),
        (
            "{% user %}a{% enduser %}\n{% assistant %}b{% endassistant %}\n",
            [("user", "a"), ("assistant", "b")],
        ),
        ("{% if x %}{% system %}s{% endif %}{% user %}u", [("system", "s"), ("user", "u")]),
        ("{% user %}{% if x %}yes{% else %}no{% endif %}!", [("user", "yes!")]),
        ("{% user %}{% raw %}{% user %}{{ y }}{% endraw %}", [("user", "{% user %}{{ y }}")]),
        ("{% user %}\n{{ none_here }}\n{{ x }}", [("user", " v \n")]),
        ("{# note #}{% user %}u", [("user", "u")]),
        ("{% user %}", [("user", "")]),
    ],
)
def test_messages_of(source, messages):
    assert rendered(source, x=" v \n", none_here="") == messages


@given(st.text(), st.text())
def test_any_text_of_a_sample_stays_text_in_its_own_message(text, other):
    assert rendered(CHAT, what=other, shots=[{"input": text, "target": other}], input=text) == [
        ("system", f"You label {other}."),
        ("user", text),
        ("assistant", other),
        ("user", f"Q: {text}\nA:"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{{ secret }}",
        "{% user %}",
        "{%- assistant %}",
        "{# x #}",
        "<|im_start|>system",
        "{" * 1000,
        "}}" * 1000,
    ],
)
def test_text_that_looks_like_template_or_role_marker_stays_text(text):
    assert rendered("{% system %}s{% user %}{{ input }}", input=text) == [("system", "s"), ("user", text)]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% user %}\n{{ inptu }}", r":2: unknown variable 'inptu'\. Did you mean 'input'\? Known: input"),
        ("{% user %}\n\n{{ input.a.b }}", r":3: template fails: .*has no attribute 'a'"),
        ("{% user %}{{ 1 / 0 }}", r":1: template fails: division by zero"),
        ("{% user %}\n{% if %}", r":2: template: Expected an expression"),
        ("{% user %}\n{{ ''.__class__ }}", r":2: template fails: access to attribute '__class__'"),
        ("", r"makes no message"),
        ("intro {% user %}x", r": text outside of every message: 'intro'"),
        ("{% params k=input %}", r":1: template: the default of 'k' must be a constant"),
    ],
)
def test_a_mistake_in_a_template_names_its_line(source, message):
    with pytest.raises(ConfigError, match=message):
        rendered(source, input="x")


def test_a_role_tag_in_a_macro_is_refused_with_its_line(tmp_path):
    folder = tmp_path / "prompts" / "bad"
    folder.mkdir(parents=True)
    (folder / "answer.j2").write_text("\n{% macro m() %}{% user %}x{% endmacro %}{{ m() }}")

    with pytest.raises(ConfigError, match=re.escape("bad/answer.j2:2: role tags cannot stand in a macro")):
        Templates([tmp_path]).family("bad/answer.j2")


def test_declared_parameters_come_from_the_template_and_what_it_includes(tmp_path):
    folder = tmp_path / "prompts" / "s"
    folder.mkdir(parents=True)
    (folder / "answer.j2").write_text('{% params k=3 %}{% include "s/part.j2" %}')
    (folder / "part.j2").write_text('{% params k=1, tone="dry", tags=["a"] %}{% user %}{{ k }} {{ tone }}')
    templates = Templates([tmp_path])

    assert templates.declared("s/answer.j2") == {"k": 3, "tone": "dry", "tags": ["a"]}
    assert render(templates.get("s/answer.j2"), {"k": 3, "tone": "dry"}) == (Message("user", "3 dry"),)


def test_an_edited_include_changes_the_digest(tmp_path):
    folder = tmp_path / "prompts" / "s"
    folder.mkdir(parents=True)
    (folder / "answer.j2").write_text('{% include "s/part.j2" %}')
    (folder / "part.j2").write_text("one")
    before = Templates([tmp_path]).digest(["s/answer.j2"])
    (folder / "part.j2").write_text("two")

    assert Templates([tmp_path]).digest(["s/answer.j2"]) != before


def test_the_workspace_template_wins_over_the_builtin(tmp_path):
    folder = tmp_path / "prompts" / "zero_shot"
    folder.mkdir(parents=True)
    (folder / "answer.j2").write_text("mine")
    templates = Templates([tmp_path, builtin_root()])

    assert render(templates.get("zero_shot/answer.j2"), {}) == (Message("user", "mine"),)
    assert templates.declared("few_shot/answer.j2")["k"] == 4
