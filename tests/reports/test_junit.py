"""A check as JUnit XML."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from made_checks import ARM, HOSTILE, check, flip, passed, regressed, unclear
from promptsweep.reports.junit import junit

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("junit.xsd")))


def parsed(made, broken=10):
    root = etree.fromstring(junit(made, broken).encode("utf-8"))
    SCHEMA.assertValid(root)
    return root


def test_a_gate_is_a_test_case_of_its_arm():
    root = parsed(check(regressed(), unclear(), passed()))

    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert cases == [
        (ARM, "accuracy × no regression beyond 0.02"),
        (ARM, "accuracy × language=ko × ≥ 0.8"),
        ("zero_shot | acme/m | mood", "p95_seconds × ≤ 2.5"),
    ]


def test_the_counts_are_those_of_the_cases():
    root = parsed(
        check(regressed(), regressed("b"), unclear(), passed(), incomplete="2 of 80 records failed")
    )

    for node in (root, root[0]):
        assert {name: node.get(name) for name in ("tests", "failures", "errors", "skipped", "time")} == {
            "tests": "5", "failures": "2", "errors": "1", "skipped": "1", "time": "3.250",
        }  # fmt: skip
    assert [len(list(root.iter(name))) for name in ("testcase", "failure", "error", "skipped")] == [
        5,
        2,
        1,
        1,
    ]


def test_a_failure_shows_the_table_what_changed_and_the_broken_samples():
    root = parsed(check(regressed(), changes={ARM: ("template few_shot/answer.j2",)}))

    [failure] = root.iter("failure")
    assert failure.get("type") == "REGRESSED"
    assert failure.get("message") == "Accuracy fell by 0.20, more than the margin of 0.02."
    lines = failure.text.splitlines()
    assert lines[0] == f"REGRESSED {ARM}"
    assert lines[3].split("  ")[:3] == ["accuracy × no regression beyond 0.02", "0.70", " 0.90"]
    assert "  template few_shot/answer.j2" in lines
    assert "  s-1: Warm and witty." in lines
    assert "    target: good · before: good · now: bad" in lines


def test_inconclusive_is_skipped_and_says_what_it_takes():
    [skipped] = parsed(check(unclear())).iter("skipped")

    assert skipped.get("message") == "15 samples are too few to tell; about 240 would settle it."


def test_an_incomplete_run_is_an_error_of_its_own():
    root = parsed(check(passed(), incomplete="2 of 80 records ended in an error"))

    [error] = root.iter("error")
    assert error.getparent().get("name") == "the run is complete"
    assert error.get("message") == "2 of 80 records ended in an error"


def test_a_check_without_results_is_still_a_report():
    assert parsed(check(incomplete="the key was rejected")).get("tests") == "1"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_so_many_broken_samples_are_shown_as_asked(count):
    broken = [flip(f"s-{place}") for place in range(3)]

    [failure] = parsed(check(regressed(broken=broken)), count).iter("failure")

    assert sum("before: good" in line for line in failure.text.splitlines()) == count


def test_hostile_text_stays_text():
    broken = [flip(HOSTILE, HOSTILE, HOSTILE, HOSTILE)]
    made = check(
        regressed(HOSTILE, broken, HOSTILE), changes={HOSTILE: (HOSTILE,)}, incomplete=HOSTILE, name=HOSTILE
    )

    root = parsed(made)

    [failure] = root.iter("failure")
    assert "\\x00\\x1b[31m]]> &amp; <script>alert(1)</script>" in failure.text
    assert "한글 \\ud800\\ufffe" in failure.text
    assert len(root.findall(".//script")) == 0


@given(st.text(st.characters(codec=None), max_size=40))
def test_any_text_makes_a_document_that_is_valid(text):
    parsed(
        check(
            regressed(text, [flip(text, text, text, None)], text), unclear(text), incomplete=text, name=text
        )
    )
