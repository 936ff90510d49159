"""Files of lines, plain and compressed."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promptsweep.errors import ConfigError
from promptsweep.models.archives import SUFFIXES, read_lines, written

ROWS = [f'{{"row": {place}, "text": "한국어 {place % 7}\\r\x85\u2028"}}\n'.encode() for place in range(5_000)]


def save(path, lines):
    with written(path) as file:
        for line in lines:
            file.write(line)
    return path


def lines_of(path):
    return [line for _, line in read_lines(path)]


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(lines=st.lists(st.binary().map(lambda line: line.replace(b"\n", b"") + b"\n"), max_size=20))
def test_what_is_written_is_read_line_by_line(tmp_path, suffix, lines):
    if suffix == ".jsonl" and lines and lines[0].startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
        return

    assert lines_of(save(tmp_path / f"x{suffix}", lines)) == lines


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_content_gives_the_same_bytes_and_no_draft_is_left(tmp_path, suffix):
    one, other = (save(tmp_path / name / f"x{suffix}", ROWS).read_bytes() for name in ("a", "b"))

    assert one == other
    assert [path.name for path in (tmp_path / "a").iterdir()] == [f"x{suffix}"]


def test_the_last_line_may_lack_its_end_and_the_content_decides_not_the_name(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(gzip.compress(b"a\nb"))

    assert list(read_lines(path)) == [(1, b"a\n"), (2, b"b")]


@pytest.mark.parametrize("suffix", SUFFIXES[1:])
def test_joined_files_are_one_file(tmp_path, suffix):
    path = save(tmp_path / f"x{suffix}", ROWS)
    path.write_bytes(path.read_bytes() * 2)

    assert lines_of(path) == ROWS * 2


@pytest.mark.parametrize("suffix", SUFFIXES[1:])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_compressed_file_that_is_cut_off_is_one_clear_line(tmp_path, suffix, share):
    path = save(tmp_path / f"x{suffix}", ROWS)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(ConfigError, match="is cut off: the compressed file has no end") as caught:
        lines_of(path)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("suffix", "says"), [(".jsonl.gz", "damaged gzip"), (".jsonl.zst", "damaged Zstandard")]
)
def test_a_damaged_file_is_one_clear_line(tmp_path, suffix, says):
    path = save(tmp_path / f"x{suffix}", ROWS)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    path.write_bytes(damaged)

    with pytest.raises(ConfigError, match=says) as caught:
        lines_of(path)

    assert "\n" not in str(caught.value)


def test_a_file_that_fails_while_it_is_written_is_not_there(tmp_path):
    path = save(tmp_path / "x.jsonl", [b"old\n"])

    def lines():
        yield b"new\n"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        save(path, lines())

    assert path.read_bytes() == b"old\n"
    assert list(tmp_path.iterdir()) == [path]


def test_names_and_places_that_cannot_be_are_the_users_mistake(tmp_path):
    with pytest.raises(ConfigError, match=r"must end in one of \.jsonl, \.jsonl\.gz, \.jsonl\.zst"):
        save(tmp_path / "x.txt", [])
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        lines_of(tmp_path / "absent.jsonl")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        save(tmp_path / "file" / "x.jsonl", [])
