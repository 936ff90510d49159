"""YAML into dataclasses: every mistake is one line with its place and the nearest valid name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

import pytest

from promptsweep import config
from promptsweep.errors import ConfigError, unknown


@dataclass(frozen=True, kw_only=True)
class Wheel:
    __pydantic_config__: ClassVar = {"extra": "forbid"}

    size: int = 28


@dataclass(frozen=True, kw_only=True)
class Bike:
    __pydantic_config__: ClassVar = {"extra": "forbid"}

    kind: Literal["road", "cargo"] = "road"
    front: Wheel = field(default_factory=Wheel)
    spares: dict[str, Wheel] = field(default_factory=dict)
    owner: str


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("owner: a\nknd: road\n", "b.yaml:2: unknown key 'knd'. Did you mean 'kind'?"),
        (
            "owner: a\nkind: rod\n",
            "b.yaml:2: kind: unknown value 'rod'. Did you mean 'road'? Known: cargo, road",
        ),
        ("owner: a\nfront:\n  sise: 3\n", "b.yaml:3: unknown key 'sise'. Did you mean 'size'?"),
        ("owner: a\nspares:\n  old:\n    sise: 3\n", "b.yaml:4: unknown key 'sise'. Did you mean 'size'?"),
        ("kind: road\n", "b.yaml: 'owner' is required"),
        ("owner: a\nfront: {size: big}\n", "b.yaml:2: front.size: Input should be a valid integer"),
        ("owner: [a\n", "b.yaml:2: bad YAML:"),
        ("owner: a\nowner: b\n", "b.yaml:2: bad YAML: found duplicate key"),
        ("- a\n", "b.yaml:1: must hold keys and values"),
    ],
)
def test_a_mistake_names_file_line_and_the_nearest_valid_name(tmp_path, text, message):
    path = tmp_path / "b.yaml"
    path.write_text(text)

    with pytest.raises(ConfigError) as error:
        config.load(path, Bike)

    assert str(error.value).startswith(f"{tmp_path}/{message}")
    assert "\n" not in str(error.value)


def test_text_that_is_not_utf8_names_the_line(tmp_path):
    path = tmp_path / "b.yaml"
    path.write_bytes("owner: a\nkind: 도로\n".encode("cp949"))

    with pytest.raises(ConfigError, match=r"b.yaml:2: not UTF-8 text"):
        config.read_text(path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "b.yaml"
    path.write_bytes(b"\xef\xbb\xbfowner: a\n")

    assert config.load(path, Bike).owner == "a"


def test_plain_data_has_no_trace_of_yaml(tmp_path):
    path = tmp_path / "b.yaml"
    path.write_text("a: [1, 2.5, yes, 'x']\nb: {c: true, d: null}\n")
    data = config.plain(config.read_yaml(path))

    assert data == {"a": [1, 2.5, "yes", "x"], "b": {"c": True, "d": None}}
    assert {type(value) for value in (data, *data["a"], data["b"]["c"])} == {dict, int, float, str, bool}


def test_unknown_lists_at_most_twenty_names():
    line = unknown("thing", "zzz", [f"name{i:02}" for i in range(30)])

    assert line.endswith("name18, name19, …")
    assert "Did you mean" not in line


def test_a_missing_file_is_one_line():
    with pytest.raises(ConfigError, match=r"nowhere.yaml: cannot be read: No such file"):
        config.read_text(Path("/tmp/nowhere.yaml"))
