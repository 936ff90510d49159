"""The report as one file: what is in it, and that it stays small and harmless."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from made_runs import made_run

from promptsweep.errors import ConfigError
from promptsweep.reports import open_store, schema
from promptsweep.reports.document import document
from promptsweep.reports.html import html_report, scripts
from promptsweep.reports.html.excerpts import Allowance, tongue
from promptsweep.reports.html.methods import methods, note
from promptsweep.reports.html.samples import MOST, MOST_CALLS, worst

STATISTICS = Path(__file__).parents[2] / "docs" / "statistics.md"


NUMBER = re.compile(r"[+-]?\d+\.\d\d+ \[.*?\]")
"""A figure with its interval."""


class Page(HTMLParser):
    """A page's elements with their attributes, its headings, and its text outside scripts and styles."""

    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self._inside.append(tag)

    def handle_endtag(self, tag):
        assert self._inside.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if self._inside and self._inside[-1] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def page(house, run="plain"):
    return Page(html_report(house.store, run))


@pytest.fixture(scope="module")
def pages(house):
    """The same report by language."""
    return {language: html_report(house.store, "plain", language) for language in ("en", "ko")}


def test_the_page_says_what_the_run_found(house):
    text = page(house).text

    assert "incomplete" in text
    assert "Records65 of 66, 1 error" in text
    assert "few_shot(k=2) 0.97 [0.83, 1.00]" in text
    assert "Best of 2 over lines by accuracy: few_shot(k=2) | m." in text
    assert "Every other arm can be told apart from it (95 %)." in text
    assert "few_shot(k=2) +0.48 [+0.26, +0.65] < 0.001 better" in text
    assert "accuracy 0.933 with the missing counted as 0, 0.967 as 1" in text
    assert "exact McNemar test, Newcombe interval" in text
    assert "squad_emnorm:squad-unicode" in text
    assert "name: plain" in text
    assert "- few_shot: k: 2" in text


def test_the_worst_samples_come_with_all_that_was_sent_and_replied(house):
    found = worst(house.store, document(house.store, "plain"))

    few = next(one for one in found if one.name == "few_shot(k=2)")
    assert (few.total, [one.outcome for one in few.samples]) == (2, ["error", "unparsed"])
    [call] = few.samples[1].calls
    assert [(block.label, block.text.head) for block in call.blocks[-2:]] == [
        ("user", "Line 8 is grey."),
        ("Reply", "I cannot tell."),
    ]
    assert [one.score for one in few.samples] == ["", "accuracy 0.00"]
    assert few.samples[1].facts.startswith("accuracy 0.00 (no answer in the reply) · waiting time 0.25 s")


def test_attempts_and_calls_are_counted_where_there_are_more(own_house):
    votes = [{"self_consistency": {"draws": MOST_CALLS + 2}}]
    own_house.run("many", datasets="facts", strategies=votes, repeats=2)

    [arm] = worst(own_house.store, document(own_house.store, "many"))

    assert arm.total == 6
    assert [len(one.calls) for one in arm.samples] == [MOST_CALLS] * 6
    assert {one.more_calls for one in arm.samples} == {2}
    assert {one.facts.partition(" · ")[0] for one in arm.samples} == {"attempt 1 of 2", "attempt 2 of 2"}


def test_a_long_text_keeps_its_beginning_and_its_end_and_says_how_long_it_is():
    room = Allowance(1_000, 300)

    cut, short = room.take("a" * 500 + "b" * 500), room.take("whole")

    assert (cut.head, cut.tail, cut.length, cut.left_out) == ("a" * 200, "b" * 100, 1_000, 700)
    assert (short.head, short.tail, short.left_out) == ("whole", "", 0)


def test_the_texts_of_one_sample_share_their_room():
    room = Allowance(500, 300)

    assert [room.take("x" * 400).left_out for _ in range(3)] == [100, 200, 400]


@pytest.mark.parametrize(
    ("text", "language"), [("서울", "ko"), ("Seoul 서울", "ko"), ("Seoul", ""), ("東京", ""), ("ㅋㅋ", "ko")]
)
def test_hangul_is_marked_as_korean(text, language):
    assert tongue(text) == language


def test_texts_in_korean_are_marked_and_complete(house):
    found = page(house)

    assert "서울은 어느 나라에 있나?" in found.text
    assert {"lang": "ko", "dir": "auto"} in found.all("pre")


def test_the_page_speaks_korean_where_that_is_asked_for(pages):
    found = Page(pages["ko"])

    assert found.all("html") == [{"lang": "ko"}]
    assert "미완료" in found.text
    assert "기록66건 중 65건, 오류 1건" in found.text
    assert "few_shot(k=2) 0.97 [0.83, 1.00]" in found.text
    assert "lines에서 accuracy 기준으로 조합 2개 중 1위: few_shot(k=2) | m" in found.text
    assert "few_shot(k=2) +0.48 [+0.26, +0.65] < 0.001 더 좋음" in found.text
    assert "방법: 맥니마 정확 검정, 뉴컴 구간." in found.text
    assert "30건 중 29건 채점, 오류 1건; 빠진 것을 0으로 보면 accuracy 0.933, 1로 보면 0.967" in found.text
    assert "few_shot(k=2) +0.48 [+0.26, +0.65], 더 좋음" in found.text
    assert "Line 8 is grey." in found.text
    assert "- few_shot: k: 2" in found.text


def test_both_languages_have_the_same_marks_figures_and_policy(pages):
    english, korean = Page(pages["en"]), Page(pages["ko"])

    for name in ("href", "class", "id", "content"):
        marks, others = ([one.get(name) for _, one in found.elements] for found in (korean, english))
        assert marks == others
    assert NUMBER.findall(korean.text) == NUMBER.findall(english.text)


def test_a_page_is_the_same_every_time_and_hardly_longer_in_korean(house, pages):
    assert html_report(house.store, "plain", "ko") == pages["ko"]
    assert len(pages["ko"].encode()) < 1.01 * len(pages["en"].encode())


def test_a_language_that_is_not_ours_is_one_line(house):
    with pytest.raises(ConfigError, match="unknown language 'fr'"):
        html_report(house.store, "plain", "fr")


def test_every_column_that_needs_it_has_a_footnote(house):
    found = page(house)

    assert note("accuracy difference", ["accuracy"]) == note("difference to it", []) == 5
    assert note("samples", ["accuracy"]) is None
    links = {one["href"] for one in found.all("a") if (one["href"] or "").startswith("#note-")}
    ids = {f"#{one['id']}" for one in found.all("li") if one.get("id")}
    assert links <= ids == {f"#note-{place}" for place in range(1, len(methods()) + 1)}


@pytest.mark.skipif(not STATISTICS.is_file(), reason="not in a checkout: docs/ is not shipped")
@pytest.mark.parametrize("method", methods().values(), ids=methods())
def test_a_footnote_has_its_chapter_in_the_documentation(method):
    headings = [line for line in STATISTICS.read_text(encoding="utf-8").splitlines() if line[:3] == "## "]

    assert any(heading[3:].startswith(method.chapter) for heading in headings)


def test_headings_tables_and_charts_can_be_read_without_seeing(house):
    found = page(house)

    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(one.get("scope") in ("col", "row") for one in found.all("th"))
    assert len(found.all("caption")) == len(found.all("table"))
    assert len(found.all("figcaption")) == len(found.all("figure")) == 6


def test_the_page_forbids_any_network_and_asks_not_to_be_indexed(house):
    found = page(house)

    metas = {one.get("http-equiv") or one.get("name"): one.get("content") or "" for one in found.all("meta")}
    policy = metas["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'sha256-" in policy
    assert "connect-src 'none'" in policy
    assert "unsafe" not in policy
    assert metas["robots"].startswith("noindex")
    assert not any(one.get("src") or one.get("href", "#")[0] != "#" for _, one in found.elements)


def test_nothing_in_the_script_ends_it():
    assert not re.search("</script|<!--", scripts.script())


COLOURS = re.compile(r"--(\w+): (#\w{6})")


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_stands_out_from_its_ground_in_light_and_dark():
    found = COLOURS.findall(scripts.style())
    light, dark = dict(found[: len(found) // 2]), dict(found[len(found) // 2 :])

    for theme in (light, dark):
        for text in ("ink", "soft", "mark", "good", "bad", "note"):
            for ground in ("paper", "raised"):
                darker, lighter = sorted(luminance(theme[name]) for name in (text, ground))
                assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (text, ground)


def test_a_run_without_records_is_a_page_too(own_house):
    made_run(own_house.store, arms=2, samples=3)
    with own_house.store.engine.begin() as connection:
        for table in (schema.calls, schema.scores, schema.records):
            connection.execute(table.delete())

    text = page(own_house, "made").text

    assert "0 of 3 scored, 3 not done" in text
    assert "Against" not in text


def test_an_unknown_run_is_one_line(house):
    with pytest.raises(ConfigError, match="unknown run 'nope'"):
        html_report(house.store, "nope")


def test_200_000_records_make_a_page_of_less_than_3_megabytes(house, tmp_path):
    store = open_store(house.workspace, str(tmp_path / "made.db"))
    made_run(store, arms=20, samples=10_000)

    html = html_report(store, "made")

    assert "10,000 of 10,000" in html
    assert len(html.encode()) < 1_500_000
    store.close()


@pytest.mark.parametrize("character", ['"', "\u202e"], ids=["quote", "turn"])
def test_the_longest_texts_do_too(character, house, tmp_path):
    store = open_store(house.workspace, str(tmp_path / "made.db"))
    made_run(store, arms=20, samples=4, texts=character * 1_000_000)

    html = html_report(store, "made")

    assert html.count("of 1,000,002 characters are left out here") >= MOST - 4
    assert len(html.encode()) < 3_000_000
    store.close()
