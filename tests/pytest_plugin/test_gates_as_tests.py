"""`pytest --promptsweep`: gates as tests."""

from __future__ import annotations

from servers import error
from workspaces import write

SWEEP = {"datasets": "mood", "models": "acme/m", "strategies": ["zero_shot", {"few_shot": {"k": 2}}]}
RECORDS = 240
"""Of the sweep: two arms on 120 samples."""


def ids(result):
    """The names of the tests that were collected."""
    return [line.partition("::")[2] for line in result.outlines if "::" in line and " × " in line]


def test_a_test_for_each_gate_and_arm_is_known_before_anything_is_sent(server, run_pytest):
    result = run_pytest("--promptsweep", "ci", "--collect-only", "-q")

    assert result.ret == 0
    assert ids(result) == [
        "few_shot(k=2) | acme/m | mood × accuracy × ≥ 0.5",
        "zero_shot | acme/m | mood × accuracy",
        "few_shot(k=2) | acme/m | mood × accuracy × no regression beyond 0.1",
        "few_shot(k=2) | acme/m | mood × accuracy × each label",
    ]
    assert server.requests == []


def test_the_sweep_runs_once_for_all_its_tests(saved, run_pytest):
    result = run_pytest("--promptsweep", "ci")

    result.assert_outcomes(passed=4)
    assert len(saved.requests) == RECORDS


def test_workers_share_one_run(saved, run_pytest):
    result = run_pytest("--promptsweep", "ci", "-n", "2")

    result.assert_outcomes(passed=4)
    assert len(saved.requests) == RECORDS


def test_a_failure_shows_the_verdict_table_and_the_broken_samples(saved, run_pytest):
    saved.behaviour = lambda request: "good"

    result = run_pytest("--promptsweep", "ci", "-k", "few_shot")

    result.assert_outcomes(failed=3)
    text = result.stdout.str()
    assert "REGRESSED" in text
    assert "accuracy × no regression beyond 0.1" in text
    assert "right in the baseline and wrong now" in text
    assert "target: bad" in text
    assert "now: good" in text
    assert "accuracy × label=bad × ≥ 0.5" in text
    assert "accuracy × label=good × ≥ 0.5" not in text
    assert "Traceback" not in text
    assert "zero_shot" not in text


def test_too_few_samples_fail_unless_they_may_be_skipped(saved, run_pytest, tmp_path):
    write(
        tmp_path, {"runners/few.yaml": {**SWEEP, "limit": 6, "gates": [{"metric": "accuracy", "min": 0.9}]}}
    )

    failed = run_pytest("--promptsweep", "few")
    skipped = run_pytest("--promptsweep", "few", "--promptsweep-inconclusive", "skip", "-rs")

    failed.assert_outcomes(failed=2)
    assert "INCONCLUSIVE" in failed.stdout.str()
    assert "samples" in failed.stdout.str()
    skipped.assert_outcomes(skipped=2)
    assert "INCONCLUSIVE" in skipped.stdout.str()


def test_a_recording_replaces_the_models(saved, run_pytest, tmp_path):
    replay = ["--promptsweep-replay", str(tmp_path / "r.jsonl.zst")]

    result = run_pytest("--promptsweep", "ci", *replay)

    result.assert_outcomes(passed=4)
    assert saved.requests == []


def test_what_is_not_recorded_fails_as_incomplete_and_may_be_sent(saved, run_pytest, tmp_path):
    write(tmp_path, {"prompts/zero_shot/answer.j2": "{% user %}\nAnother prompt.\n{% user %}\n{{ input }}\n"})
    replay = ["--promptsweep-replay", str(tmp_path / "r.jsonl.zst")]

    result = run_pytest("--promptsweep", "ci", *replay)
    live = run_pytest("--promptsweep", "ci", *replay, "--promptsweep-live-misses")

    result.assert_outcomes(failed=4)
    assert "is incomplete: 120 requests were never recorded" in result.stdout.str()
    live.assert_outcomes(passed=4)
    assert len(saved.requests) == 120


def test_a_dead_endpoint_is_a_line_and_no_wrong_answer(saved, run_pytest):
    saved.behaviour = lambda request: error(401, "bad key")

    result = run_pytest("--promptsweep", "ci")

    result.assert_outcomes(failed=4)
    assert "is incomplete" in result.stdout.str()
    assert "bad key" in result.stdout.str()


def test_mistakes_are_one_line(server, run_pytest, tmp_path):
    unknown = run_pytest("--promptsweep", "cci")
    assert unknown.ret == 4
    assert "unknown sweep 'cci'. Did you mean 'ci'?" in unknown.stderr.str()

    sweep = "{datasets: mood, models: acme/m, strategies: zero_shot,\n gates: [{metric: acuracy, min: 1}]}"
    write(tmp_path, {"runners/ci.yaml": sweep})
    wrong = run_pytest("--promptsweep", "ci")
    assert wrong.ret == 2
    assert "ci.yaml:2: unknown metric 'acuracy'. Did you mean 'accuracy'?" in wrong.stdout.str()
    assert "Traceback" not in wrong.stdout.str()

    write(tmp_path, {"runners/ci.yaml": SWEEP})
    assert "has no gates" in run_pytest("--promptsweep", "ci").stdout.str()
    assert server.requests == []


def test_no_baseline_is_a_line_that_says_what_to_do(server, run_pytest):
    result = run_pytest("--promptsweep", "ci")

    result.assert_outcomes(failed=4)
    assert "promptsweep baseline save ci" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_gates_join_the_other_tests_and_the_marker_chooses(saved, run_pytest, tmp_path):
    write(tmp_path, {"test_mine.py": "def test_mine():\n    pass\n"})
    both = ["--promptsweep", "runners/ci.yaml", str(tmp_path), "--strict-markers", "--collect-only", "-q"]

    assert "5 tests collected" in run_pytest(*both).stdout.str()
    assert "4/5 tests collected (1 deselected)" in run_pytest(*both, "-m", "promptsweep").stdout.str()
    assert "1/5 tests collected (4 deselected)" in run_pytest(*both, "-m", "not promptsweep").stdout.str()


def test_without_the_option_a_sweep_file_is_no_test(saved, run_pytest, tmp_path):
    result = run_pytest(str(tmp_path))

    assert result.ret == 5
