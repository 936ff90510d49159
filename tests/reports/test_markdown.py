"""The report for pull requests."""

from __future__ import annotations

from markdown_it import MarkdownIt

from promptsweep.reports.markdown import markdown_report


def report(house, run="plain") -> str:
    return markdown_report(house.store, run)


def test_the_report_shows_metrics_with_intervals_and_what_failed(house):
    text = report(house)

    assert text.startswith("# plain\n\n**incomplete** · 65 of 66 records · 1 error · $0.0680")
    assert "| few_shot(k=2) | 0.97 [0.83, 1.00] |" in text
    assert "| 29 of 30 | 1 | 1 | 290 + 58 | $0.0290 | 0.25 s | 0.25 s |" in text


def test_the_verdict_is_in_words_with_what_it_rests_on(house):
    text = report(house)

    assert (
        "- few_shot(k=2): **better**: accuracy +0.48 [+0.26, +0.65], p < 0.001, 29 samples scored in both"
        in text
    )
    assert "- self_consistency(draws=2): no difference shown: squad_em +0.00" in text


def test_the_best_arm_is_corrected_for_having_been_picked(house):
    text = report(house)

    assert (
        "Best of 2 over lines by accuracy: few_shot(k=2) | m. Observed 0.966 on the 29 samples"
        in text.replace("\\|", "|")
    )
    assert "Every other arm can be told apart from it (95 %)." in text


def test_the_denominator_is_honest(house):
    assert "29 of 30 scored, 1 error; accuracy 0.933 with the missing counted as 0, 0.967 as 1" in report(
        house
    )
    assert "59 of 60 attempts scored, 1 error" in report(house, "twice")


def test_the_worst_samples_come_failures_first(house):
    lines = report(house).splitlines()
    start = lines.index("## The worst samples")

    rows = [line for line in lines[start:] if line.startswith("| <code>")]
    assert [row.split(" | ")[0] for row in rows[:2]] == ["| <code>line-7</code>", "| <code>line-8</code>"]
    assert len(rows) == 5


def test_signatures_and_versions_are_told(house):
    text = report(house)

    assert "- squad_em: norm:squad-unicode" in text
    assert "- promptsweep: " in text


def test_output_of_a_model_stays_text(own_house):
    own_house.run(
        "evil",
        lambda request: "| a | b |\n<script>alert(1)</script> `x` **bold** [l](http://e.vil) @you #1",
        datasets="facts",
        strategies=["zero_shot", {"self_consistency": {"draws": 2}}],
        fresh=True,
    )

    page = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(report(own_house, "evil"))
    worst = page[page.index("The worst samples") : page.index("How it was measured")]

    assert worst.count("<tr>") == 1 + 5
    assert worst.count("<td>") == 5 * 7
    assert not any(tag in worst for tag in ("<script", "<strong", "<a ", "<em"))
    assert "&lt;script" in page or "&#60;script" in page


def test_a_run_of_one_good_arm_says_no_more_than_there_is(own_house):
    own_house.run("fine", lambda request: "good", datasets="lines", strategies="zero_shot", limit=1, seed=1)
    own_house.workspace.root.joinpath("datasets/lines.test.jsonl").write_text(
        '{"id": "one", "input": "Sun.", "target": "good"}\n'
    )
    own_house.run("fine", lambda request: "good", datasets="lines", strategies="zero_shot")

    text = report(own_house, "fine")

    for title in ("Against", "What is missing", "The worst samples", "Warnings"):
        assert title not in text
    assert "**done** · 1 of 1 records · 0 errors" in text
