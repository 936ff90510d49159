"""A check as Markdown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from made_checks import ARM, HOSTILE, check, flip, passed, regressed, unclear
from promptsweep.reports.step_summary import check_markdown

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})


def test_the_verdict_comes_first_and_failures_head_the_table():
    lines = check_markdown(check(passed(), unclear(), regressed())).splitlines()

    assert lines[0] == "## ❌ REGRESSED: ci"
    counts, _, run = lines[2].partition("; ")
    assert counts == "1 of 3 gates failed, 1 is inconclusive"
    assert run == "run `0123abcd` against <code>reports/baselines/ci.json</code>."
    rows = [line for line in lines if line.startswith("| ")][2:]
    assert [row.split(" | ")[0] for row in rows[:3]] == ["| ❌ REGRESSED", "| ⚠️ INCONCLUSIVE", "| ✅ PASS"]
    assert r"| 0.70 | 0.90 | -0.20 \[-0.30, -0.10\] | 40 |" in rows[0]


def test_it_says_why_what_changed_and_which_samples_broke():
    text = check_markdown(check(regressed(), changes={ARM: ("template answer.j2",)}))

    assert ": Accuracy fell by 0.20, more than the margin of 0.02." in text
    assert "### What changed" in text
    assert "<code>template answer.j2</code>" in text
    assert "<details><summary>1 broken sample: " in text
    assert (
        "| <code>s-1</code> | <code>Warm and witty.</code> | <code>good</code> | <code>good</code> |" in text
    )


def test_a_check_that_passed_is_short():
    text = check_markdown(check(passed()))

    assert text.startswith("## ✅ PASS: ci\n\n1 gate passed; run ")
    assert "What changed" not in text
    assert "<details>" not in text


def test_an_incomplete_run_says_why():
    text = check_markdown(check(passed(), incomplete="2 of 80 records ended in an error"))

    assert text.startswith("## ❌ INCOMPLETE: ci")
    assert "> The run is incomplete: <code>2 of 80 records ended in an error</code>" in text


def test_the_table_in_a_fold_is_a_table():
    html = MARKDOWN.render(check_markdown(check(regressed())))

    fold = html.partition("<details>")[2].partition("</details>")[0]
    assert "<table>" in fold
    assert "<td><code>Warm and witty.</code></td>" in fold


def test_hostile_text_stays_text():
    broken = [flip(HOSTILE, HOSTILE, HOSTILE, HOSTILE)]
    made = check(
        regressed(HOSTILE, broken, HOSTILE), changes={HOSTILE: (HOSTILE,)}, incomplete=HOSTILE, name=HOSTILE
    )

    html = MARKDOWN.render(check_markdown(made))

    assert "<script" not in html
    assert "<a " not in html
    assert "<strong>b</strong>" not in html
    assert "한글" in html


@given(st.text(max_size=60))
def test_no_text_adds_rows_columns_or_headings(text):
    html = MARKDOWN.render(check_markdown(check(regressed(text, [flip(text, text, text)], text))))

    assert html.count("<tr>") == 4
    assert html.count("<th") - html.count("<thead") == 12
    assert html.count("<h2>") == 1
    assert html.count("<details>") == 1


def test_it_is_never_longer_than_github_shows():
    long = "가" * 200
    broken = [flip(f"{long}{place}", long, long, long) for place in range(10)]
    made = check(*(regressed(f"arm {place}", broken) for place in range(300)))

    text = check_markdown(made)

    assert 400_000 < len(text.encode()) <= 1_000_000
    assert text.endswith("*Cut here: the rest would be longer than GitHub shows.*\n")
    assert text.count("<details>") == text.count("</details>") > 0


def test_what_does_not_fit_is_cut_between_sections():
    text = check_markdown(check(regressed(), changes={ARM: ("template answer.j2",)}), most_bytes=700)

    assert "<details>" not in text
    assert "Cut here" in text
