"""Judging stored runs: pairs in both orders, agreement with people, and what is written where."""

from __future__ import annotations

import json
from html import unescape

import pytest
from scipy.stats import kendalltau, spearmanr
from sklearn.metrics import cohen_kappa_score

import promptsweep
from promptsweep import api
from promptsweep.api.judging import judge_pair, judge_run
from promptsweep.datasets import load
from promptsweep.errors import ConfigError, RequestError
from promptsweep.reports import open_store
from promptsweep.reports.cache import delete_run
from promptsweep.reports.copying import copy
from promptsweep.reports.duels import read_duels
from promptsweep.reports.export import export
from promptsweep.reports.grades import Mode, Subject, give
from promptsweep.reports.html import html_report
from promptsweep.reports.judges import judge_costs, judge_report
from promptsweep.reports.markdown import markdown_report
from promptsweep.reports.recording import record
from promptsweep.reports.traces import trace
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Status, Usage
from workspaces import mood, write

STYLE = {"model": "j", "rubric": "style"}


def parts(request):
    """What stands in the tags `answer_A` and `answer_B`, or in `answer`."""
    text = request.messages[1].content
    tags = ("answer_A", "answer_B") if "<answer_A>" in text else ("answer",)
    return [text.split(f"<{tag}>\n")[1].split(f"\n</{tag}>")[0] for tag in tags]


def choosing(better):
    """A judge that prefers, of two answers, the one that `better` is true of."""

    def reply(request):
        one, other = (better(part) for part in parts(request))
        return "Verdict: tie" if one == other else f"Verdict: {'A' if one else 'B'}"

    return FunctionModel(reply, name="fair")


def first_always():
    return FunctionModel(lambda request: "Verdict: A", name="biased")


@pytest.fixture
def run(tmp_path):
    """Zero-shot always says good, few-shot always bad."""
    model = FunctionModel(lambda request: "bad" if len(request.messages) > 2 else "good", name="candidate")
    content = {"datasets": "mood", "models": "m", "strategies": ["zero_shot", "few_shot"]}
    return promptsweep.run(content, models={"m": model}, workspace=mood(tmp_path).root)


def pair(run, tmp_path, model, arms=("zero_shot", "few_shot"), **spec):
    place = promptsweep.workspace.Workspace(tmp_path)
    return judge_pair(run.store, run.id, place, {**STYLE, **spec}, arms, models={"j": model})


def test_a_judge_who_always_takes_the_first_gives_ties_and_is_told_to_be_inconsistent(run, tmp_path):
    pair(run, tmp_path, first_always())

    [found] = judge_report(run.store, run.id).duels
    assert (found.preferred.net.value, found.preferred.ties, found.pairs) == (0.0, 6, 6)
    assert (found.consistent.value, found.first.value) == (0.0, 1.0)


def test_a_judge_who_knows_wins_in_both_orders(run, tmp_path):
    pair(run, tmp_path, choosing(lambda answer: answer == "bad"))

    [found] = judge_report(run.store, run.id).duels
    assert (found.arm, found.other) == ("zero_shot | m | mood", "few_shot | m | mood")
    assert (found.preferred.net.value, found.preferred.losses) == (-1.0, 6)
    assert (found.consistent.value, found.first.value) == (1.0, 0.5)
    assert found.preferred.p == pytest.approx(2**-5)


def test_pairs_are_kept_and_asked_once_whichever_arm_is_named_first(run, tmp_path):
    model = first_always()
    pair(run, tmp_path, model)

    again = pair(run, tmp_path, model, arms=("few_shot", "zero_shot"))

    assert model.calls == 12
    assert (again.status, again.progress.requests) == (Status.DONE, 0)


def test_pairs_are_exported_and_leave_with_their_run(run, tmp_path):
    pair(run, tmp_path, choosing(lambda answer: answer == "bad"))

    *_, duels = export(run.store, run.id, tmp_path, "jsonl")
    rows = [json.loads(line) for line in duels.read_text(encoding="utf-8").splitlines()]
    assert [(row["sample_id"], row["value"]) for row in rows] == [(f"s-{place}", -1) for place in range(6)]

    delete_run(run.store, run.id)
    assert not read_duels(run.store, run.id)


def test_pairs_follow_their_run_into_another_store(run, tmp_path):
    pair(run, tmp_path, choosing(lambda answer: answer == "bad"))
    target = open_store(promptsweep.workspace.Workspace(tmp_path), str(tmp_path / "other.db"))

    copy(run.store, target)

    assert judge_report(target, run.id).duels == judge_report(run.store, run.id).duels


def test_a_failed_call_leaves_no_pair_and_an_invalid_verdict_is_an_error_outside_of_the_pairs(run, tmp_path):
    def reply(request):
        if "Warm" in request.messages[1].content:
            raise RequestError("too long")
        return "Verdict: A" if "dull" in request.messages[1].content else "Who knows?"

    result = pair(run, tmp_path, FunctionModel(reply, name="moody"))

    [found] = judge_report(run.store, run.id).duels
    assert (result.status, result.error) == (Status.INCOMPLETE, "judge(style): too long")
    assert (found.pairs, found.errors) == (1, 4)


def test_answers_that_are_the_same_are_tied_without_a_call(tmp_path):
    model, judge = FunctionModel(lambda request: "good", name="candidate"), first_always()
    content = {"datasets": "mood", "models": "m", "strategies": ["zero_shot", "few_shot"]}
    run = promptsweep.run(content, models={"m": model}, workspace=mood(tmp_path).root)

    pair(run, tmp_path, judge)

    [found] = judge_report(run.store, run.id).duels
    assert (judge.calls, found.preferred.ties, found.consistent.n) == (0, 6, 0)


def test_a_panel_of_pairs_is_the_mean_of_what_all_say(run, tmp_path):
    place = promptsweep.workspace.Workspace(tmp_path)
    models = {"j": first_always(), "k": choosing(lambda answer: answer == "good")}

    judge_pair(
        run.store, run.id, place, {**STYLE, "model": ["j", "k"]}, ("zero_shot", "few_shot"), models=models
    )

    *_, panel = judge_report(run.store, run.id).duels
    assert (panel.judge, panel.preferred.net.value, panel.consistent) == ("panel of 2", 0.5, None)


def test_arms_of_different_datasets_are_no_pair(run, tmp_path):
    with pytest.raises(ConfigError, match="needs two arms over one dataset"):
        pair(run, tmp_path, first_always(), arms=("zero_shot", "zero_shot"))


def test_a_stored_run_is_judged_without_asking_the_candidates(run, tmp_path):
    place = promptsweep.workspace.Workspace(tmp_path)
    model = FunctionModel(lambda request: f"Said {parts(request)[0]}.\nScore: 4", name="arbiter")
    before = run.summaries()

    result = judge_run(run.store, run.id, place, STYLE, models={"j": model})
    again = judge_run(run.store, run.id, place, models={"j": model})

    after = run.summaries()
    assert (result.status, again.progress.total, model.calls) == (Status.DONE, 0, 2 * 6)
    assert [arm.metrics["judge(style)"].value for arm in after] == [4.0, 4.0]
    assert [(arm.requests, arm.metrics["accuracy"]) for arm in after] == [
        (arm.requests, arm.metrics["accuracy"]) for arm in before
    ]
    found = trace(run.store, run.id, "s-0")
    assert found.scores["judge(style)"].reason == "Said good."
    assert [call.judges for call in found.calls] == [False, True]


def test_reports_tell_what_a_judge_took_in_the_words_of_its_summary(run, tmp_path):
    place = promptsweep.workspace.Workspace(tmp_path)
    reply = Completion("Score: 4", usage=Usage(1_000, 5), cost=0.25)
    model = FunctionModel(lambda request: reply, name="<b>owl</b>")
    before = markdown_report(run.store, run.id)
    judge_run(run.store, run.id, place, STYLE, models={"j": model})

    words = "12 calls, 12,000 + 60 tokens, $3.00; no part of the arms' own figures."
    [spent] = judge_costs(run.store, run.id)
    markdown, html = markdown_report(run.store, run.id), html_report(run.store, run.id)
    assert str(spent) == f"Judge <b>owl</b>: {words}"
    assert words in unescape(markdown[markdown.index("## What judges took") :]).replace("\\$", "$")
    section = html[html.index('<section id="judges">') :]
    assert f"Judge &lt;b&gt;owl&lt;/b&gt;: {words}" in section.replace("&#39;", "'")
    assert "What judges took" not in before


def test_a_name_is_one_judge(run, tmp_path):
    place = promptsweep.workspace.Workspace(tmp_path)
    judges = {"j": FunctionModel(lambda request: "Score: 1", name="one"), "k": FunctionModel(str, name="two")}
    judge_run(run.store, run.id, place, STYLE, models=judges)

    with pytest.raises(ConfigError, match=r"has scores of judge\(style\) by another model"):
        judge_run(run.store, run.id, place, {**STYLE, "model": "k"}, models=judges)


def test_what_failed_is_judged_by_the_next_call(run, tmp_path):
    place, working = promptsweep.workspace.Workspace(tmp_path), []

    def reply(request):
        if not working:
            raise RequestError("down")
        return "Score: 5"

    model = FunctionModel(reply, name="arbiter")
    failed = judge_run(run.store, run.id, place, STYLE, models={"j": model})
    working.append(True)
    done = judge_run(run.store, run.id, place, STYLE, models={"j": model})

    assert (failed.status, done.status) == (Status.INCOMPLETE, Status.DONE)
    assert trace(run.store, run.id, "s-0").error is None


def test_a_recording_holds_the_judge_and_replays_it(tmp_path):
    content = {"datasets": "mood", "models": "m", "strategies": "zero_shot", "metrics": [{"judge": STYLE}]}
    models = {name: FunctionModel(lambda request: "good\nScore: 4", name=name) for name in ("m", "j")}
    place = mood(tmp_path)
    first = promptsweep.run(content, models=models, workspace=place.root)
    record(first.store, first.id, tmp_path / "replies.jsonl")

    replayed = api.replayed_models(content, place, tmp_path / "replies.jsonl")
    again = promptsweep.run(content, models=replayed, workspace=place.root, store=str(tmp_path / "other.db"))

    assert again.status is Status.DONE
    assert again.summaries()[0].metrics == first.summaries()[0].metrics
    assert len(models["j"].requests) == 6


def compared(tmp_path, rows, model):
    """Imported pairs, judged; `rows` are (id, input, first answer, other answer, better) tuples."""
    names = {"1": "response_1", "2": "response_2", "tie": "tie"}
    card = {"task": "open", "human": {"preference": "better"}}
    place = write(
        tmp_path,
        {
            "datasets/pairs.yaml": card,
            "datasets/pairs.test.jsonl": [
                {"id": row[0], "input": row[1], "better": names[row[4]]} for row in rows
            ],
            "answers.jsonl": [
                {"id": row[0], "answer": row[2 + place], "model": f"response_{place + 1}"}
                for place in (0, 1)
                for row in rows
            ],
        },
    )
    store = open_store(place)
    run = api.import_answers(
        tmp_path / "answers.jsonl", dataset="pairs", name="given", workspace=place, store=store
    )
    judge_pair(store, run.id, place, STYLE, ("response_1", "response_2"), models={"j": model})
    return judge_report(store, run.id, lambda name: load(name, place).card.human)


ROWS = [
    (f"p-{place}", f"Question {place}?", f"left {place}", f"right {place}", "12"[place % 2])
    for place in range(20)
]


def test_a_judge_who_always_agrees_with_people_has_a_kappa_of_1(tmp_path):
    better = {row[2] if row[4] == "1" else row[3] for row in ROWS}

    report = compared(tmp_path, ROWS, choosing(better.__contains__))

    [(dataset, found)] = report.agreement
    assert (dataset, {found.one, found.other}) == ("pairs", {"better", "judge(style) j"})
    assert (found.same.value, found.plain.value, found.kappa.value, found.answers) == (1.0, 1.0, 1.0, 20)
    assert found.plain.low < 1.0


def test_a_judge_with_position_bias_agrees_with_people_by_chance(tmp_path):
    report = compared(tmp_path, ROWS, first_always())

    [(_, found)] = report.agreement
    assert (found.same.value, found.plain.value) == (0.0, 0.0)
    assert report.duels[0].consistent.value == 0.0


def test_peoples_verdicts_of_judge_pairs_are_met_by_a_perfect_judge_and_missed_by_its_opposite(
    tmp_path, shared_data
):
    lines = (shared_data / "judge_pairs" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    data = [json.loads(line) for line in lines]
    rows = [
        (
            row["id"],
            row["input"],
            f"{row['response_1']} [{row['id']}-1]",
            f"{row['response_2']} [{row['id']}-2]",
            row["target"],
        )
        for row in data[:60]
    ]
    better = {row[2] if row[4] == "1" else row[3] for row in rows}
    better = {text.strip() for text in better}

    perfect = compared(tmp_path / "perfect", rows, choosing(lambda answer: answer.strip() in better))
    opposite = compared(tmp_path / "opposite", rows, choosing(lambda answer: answer.strip() not in better))

    assert [one.plain.value for _, one in perfect.agreement] == [1.0]
    assert opposite.agreement[0][1].same.value == 0.0
    assert opposite.agreement[0][1].plain.value < 0


def rated(tmp_path, rows, judge, scale):
    """Imported answers with people's scores, judged; `rows` are (id, input, answer, score) tuples."""
    card = {"task": "open", "human": {"score": "overall", "scale": scale}}
    place = write(
        tmp_path,
        {
            "datasets/rated.yaml": card,
            "datasets/rated.test.jsonl": [{"id": row[0], "input": row[1], "overall": row[3]} for row in rows],
            "answers.jsonl": [{"id": row[0], "answer": row[2]} for row in rows],
        },
    )
    store = open_store(place)
    run = api.import_answers(
        tmp_path / "answers.jsonl", dataset="rated", name="given", workspace=place, store=store
    )
    judge_run(store, run.id, place, STYLE, models={"j": FunctionModel(judge, name="arbiter")})
    return judge_report(store, run.id, lambda name: load(name, place).card.human)


def test_scores_are_compared_with_peoples_by_kappa_and_by_rank(tmp_path):
    people = [1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 3, 3]
    judged = [1, 2, 3, 5, 5, 4, 4, 3, 1, 1, 2, 3]
    rows = [(f"a-{place}", "Q", f"answer {place}.", score) for place, score in enumerate(people)]

    def judge(request):
        return f"Score: {judged[int(parts(request)[0].split()[1].rstrip('.'))]}"

    report = rated(tmp_path, rows, judge, [1, 5])

    [(_, graders)], [(_, ranks)] = report.agreement, report.ranks
    assert graders.plain.value == pytest.approx(cohen_kappa_score(people, judged))
    assert graders.kappa.value == pytest.approx(cohen_kappa_score(people, judged, weights="quadratic"))
    assert ranks.spearman.value == pytest.approx(spearmanr(people, judged).statistic)
    assert ranks.kendall.value == pytest.approx(kendalltau(people, judged).statistic)


def test_peoples_scores_of_judge_scores_are_followed_on_their_own_scale(tmp_path, shared_data):
    lines = (shared_data / "judge_scores" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    data = [json.loads(line) for line in lines][:80]
    overall = {row["id"]: row["target"]["overall"] for row in data}
    rows = [(row["id"], row["input"], f"{row['response']} [{row['id']}]", overall[row["id"]]) for row in data]

    def judge(request):
        score = overall[parts(request)[0].rpartition("[")[2].rstrip("]")]
        return f"Score: {round(1 + 4 * (score - 1) / 5)}"

    report = rated(tmp_path, rows, judge, [1, 6])

    assert report.ranks[0][1].spearman.value > 0.95
    assert report.agreement[0][1].kappa.value > 0.95


def test_grades_of_the_dashboard_are_compared_with_judges_too(run, tmp_path):
    place = promptsweep.workspace.Workspace(tmp_path)
    model = FunctionModel(lambda request: "Score: 4", name="arbiter")
    judge_run(run.store, run.id, place, STYLE, models={"j": model})
    [arm, _] = run.store.arms(run.id)
    for sample, value in {"s-0": 4, "s-1": 2}.items():
        give(run.store, run.id, Mode.RATING, "ann", Subject(sample, 0, arm.id), value)

    [(_, found)] = judge_report(run.store, run.id).agreement

    assert (found.one, found.other, found.same.value, found.answers) == ("ann", "judge(style)", 0.5, 2)
