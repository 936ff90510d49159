"""Every mistake of a user is one clear line on stderr and exit code 2; nothing is sent, nothing is stored."""

from __future__ import annotations

import re
import sqlite3

import pytest

from workspaces import write

SWEEP = "datasets: mood\nmodels: acme/m\nstrategies: [zero_shot]\n"
ROW = '{"id": "a", "input": "Fine.", "target": "good"}\n'
CARD = "task: classification\nlabels: [good, bad]\n"

MISTAKES = {
    "unknown key": (
        {"runners/bad.yaml": f"{SWEEP}metircs: [accuracy]\n"},
        r"runners/bad.yaml:4: unknown key 'metircs'. Did you mean 'metrics'\?",
    ),
    "unknown strategy": (
        {"runners/bad.yaml": "datasets: mood\nmodels: acme/m\nstrategies:\n  - zero_shots\n"},
        r"runners/bad.yaml:4: unknown strategy 'zero_shots'. Did you mean 'zero_shot'\?",
    ),
    "unknown parameter": (
        {"runners/bad.yaml": "datasets: mood\nmodels: acme/m\nstrategies:\n  - few_shot: {kk: 2}\n"},
        r"runners/bad.yaml:4: unknown parameter of few_shot 'kk'",
    ),
    "misspelt key that is required": (
        {"runners/bad.yaml": SWEEP.replace("datasets", "dataset")},
        r"runners/bad.yaml:1: unknown key 'dataset'. Did you mean 'datasets'\?",
    ),
    "a key in another case": (
        {"runners/bad.yaml": SWEEP.replace("models", "MODELS")},
        r"runners/bad.yaml:2: unknown key 'MODELS'. Did you mean 'models'\?",
    ),
    "a number in place of keys": (
        {"runners/bad.yaml": f"{SWEEP}budget: 3\n"},
        r"runners/bad.yaml:4: budget must hold keys and values. Known: requests, seconds, tokens, usd",
    ),
    "models that are no names": (
        {"runners/bad.yaml": SWEEP.replace("acme/m", "[acme/m, 3]")},
        r"runners/bad.yaml:2: models: Input should be a valid string$",
    ),
    "parameter of another kind": (
        {"runners/bad.yaml": "datasets: mood\nmodels: acme/m\nstrategies:\n  - few_shot: {k: two}\n"},
        r"runners/bad.yaml:4: few_shot: k must be a whole number, not 'two'",
    ),
    "parameter of a function of another kind": (
        {"runners/bad.yaml": "datasets: mood\nmodels: acme/m\nstrategies:\n  - decompose: {parts: 2.0}\n"},
        r"runners/bad.yaml:4: decompose: parts must be a whole number, not 2.0",
    ),
    "parameter that its strategy refuses": (
        {"runners/bad.yaml": "datasets: mood\nmodels: acme/m\nstrategies:\n  - decompose: {parts: 0}\n"},
        r"runners/bad.yaml:4: decompose: parts must be at least 1, not 0",
    ),
    "a key in models.yaml": (
        {"runners/models.yaml": "endpoints:\n  acme: {base_url: http://127.0.0.1, key: sk-live-1}\n"},
        r"runners/models.yaml:2: key must be the name of the environment variable",
    ),
    "unknown metric": (
        {"runners/bad.yaml": f"{SWEEP}metrics: [acuracy]\n"},
        r"runners/bad.yaml:4: unknown metric 'acuracy'. Did you mean 'accuracy'\?",
    ),
    "unknown endpoint": (
        {"runners/bad.yaml": SWEEP.replace("acme/m", "acne/m")},
        r"runners/bad.yaml:2: unknown endpoint 'acne'. Did you mean 'acme'\?",
    ),
    "unknown model": (
        {"runners/bad.yaml": SWEEP.replace("acme/m", "locale")},
        r"runners/bad.yaml:2: unknown model 'locale'. Did you mean 'local'\?",
    ),
    "unknown sampling parameter": (
        {"runners/bad.yaml": f"{SWEEP}params: {{temprature: 0}}\n"},
        r"runners/bad.yaml:4: .*'temprature'. Did you mean 'temperature'\?",
    ),
    "unknown dataset": (
        {"runners/bad.yaml": SWEEP.replace("mood", "moood")},
        r"runners/bad.yaml:1: unknown dataset 'moood'. Did you mean 'mood'\?",
    ),
    "unknown column": (
        {"datasets/mood.yaml": f"{CARD}fields: {{input: text}}\n"},
        r"datasets/mood.test.jsonl:1: .*'text'.*input",
    ),
    "unknown system message": (
        {"runners/bad.yaml": f"{SWEEP}system: expart\n"},
        r"runners/bad.yaml:4: unknown system message 'expart'. Did you mean 'expert'\?",
    ),
    "malformed YAML": (
        {"runners/bad.yaml": "datasets: [mood\nmodels: acme/m\n"},
        r"runners/bad.yaml:2: bad YAML: ",
    ),
    "malformed models.yaml": (
        {"runners/models.yaml": "endpoints:\n  acme: {base_urll: http://127.0.0.1}\n"},
        r"runners/models.yaml:2: acme: unknown key 'base_urll'. Did you mean 'base_url'\?",
    ),
    "malformed JSONL": (
        {"datasets/mood.test.jsonl": f'{ROW}{{"id": "b",\n'},
        r"datasets/mood.test.jsonl:2: bad JSON: ",
    ),
    "malformed CSV": (
        {
            "datasets/mood.yaml": f"{CARD}splits: {{test: mood.csv}}\n",
            "datasets/mood.csv": "id,input,target\na,Fine.,good\nb,Bad.\n",
        },
        r"datasets/mood.csv:3: ",
    ),
    "not UTF-8": (
        {"datasets/mood.test.jsonl": '{"id": "a", "input": "좋아요", "target": "good"}\n'.encode("cp949")},
        r"datasets/mood.test.jsonl:1: not UTF-8; it looks like CP949",
    ),
    "template syntax error": (
        {"prompts/zero_shot/answer.j2": "{% user %}\n{{ input }\n"},
        r"zero_shot/answer.j2:2: template: ",
    ),
    "undefined variable": (
        {"prompts/zero_shot/answer.j2": "{% user %}\n{{ imput }}\n"},
        r"zero_shot/answer.j2:2: unknown variable 'imput'. Did you mean 'input'\?",
    ),
    "missing key": (
        {"runners/bad.yaml": SWEEP.replace("acme/m", "openai/gpt-4o-mini")},
        r"runners/bad.yaml:2: openai needs the environment variable OPENAI_API_KEY",
    ),
    "empty dataset": ({"datasets/mood.test.jsonl": ""}, r"datasets/mood.test.jsonl: .*no rows"),
    "label not among labels": (
        {"datasets/mood.test.jsonl": ROW + '{"id": "b", "input": "Bad.", "target": "goood"}\n'},
        r"datasets/mood.test.jsonl:2: unknown label 'goood'. Did you mean 'good'\?",
    ),
    "no examples to show": (
        {
            "runners/bad.yaml": "datasets: mood\nmodels: acme/m\nstrategies:\n  - few_shot: {k: 9}\n",
        },
        r"runners/bad.yaml:4: 9 worked examples were asked for; the train split has 4",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_with_file_and_line(command, server, tmp_path, mistake):
    files, expected = MISTAKES[mistake]
    _write(tmp_path, {"runners/bad.yaml": SWEEP, **files})

    ran = command("run", "bad")

    assert (ran.code, ran.out) == (2, "")
    assert re.match(rf"error: (\S*/)?{expected}", ran.err), ran.err
    assert ran.err.count("\n") == 1
    assert not server.requests
    assert not (tmp_path / "reports" / "promptsweep.db").exists()


@pytest.mark.parametrize("mistake", [name for name in MISTAKES if name != "missing key"])
def test_validate_finds_it_too(command, server, tmp_path, mistake):
    files, expected = MISTAKES[mistake]
    _write(tmp_path, {"runners/bad.yaml": SWEEP, **files})

    validated = command("validate")

    assert validated.code == 2
    assert any(re.match(rf"error: (\S*/)?{expected}", line) for line in validated.err.splitlines()), (
        validated.err
    )


def test_validate_shows_every_mistake_at_once(command, server, tmp_path):
    sweep = (
        "datasets: [mood, moood]\nmodels: acme/m\nstrategies: [zero_shots, few_shot: {kk: 1}, zero_shot]\n"
    )
    _write(tmp_path, {"runners/bad.yaml": sweep, "datasets/other.yaml": "task: clasification\n"})

    errors = command("validate").err

    for mistake in ("other.yaml:1: task", "dataset 'moood'", "strategy 'zero_shots'", "of few_shot 'kk'"):
        assert errors.count(mistake) == 1, errors


def test_validate_shows_every_mistake_in_the_keys_of_a_file(command, server, tmp_path):
    sweep = f"{SWEEP}metircs: [accuracy]\nrepeats: 0\ngates: [{{metric: accuracy, mn: 1}}, 3]\n"
    card = "tsk: classification\nlabells: [good, bad]\n"
    _write(tmp_path, {"runners/bad.yaml": sweep, "datasets/other.yaml": card})

    errors = command("validate").err

    for mistake in ("key 'metircs'", "repeats: ", "key 'mn'", "gates.1 must", "key 'tsk'", "key 'labells'"):
        assert errors.count(mistake) == 1, errors
    assert "is required" not in errors


@pytest.mark.parametrize("key", ["sk-live-1", "gsk_aBc", "AIzaSyD3", "0a1b2c3d"])
def test_a_key_in_models_yaml_is_never_printed(command, server, tmp_path, key):
    endpoint = f"endpoints:\n  acme: {{base_url: http://127.0.0.1, key: {key}}}\n"
    _write(tmp_path, {"runners/bad.yaml": SWEEP, "runners/models.yaml": endpoint})

    for words in (["run", "bad"], ["validate"], ["plan", "bad"], ["doctor"], ["list", "models"]):
        ran = command(*words)
        assert "models.yaml:2: key must be the name" in ran.out + ran.err
        assert key not in ran.out + ran.err


def test_answers_that_a_metric_fails_on_leave_no_run_behind(command, server, tmp_path):
    _write(tmp_path, {"answers.jsonl": '{"id": "s-0", "answer": "good"}\n'})

    ran = command(
        "import", str(tmp_path / "answers.jsonl"), "-d", "mood", "-n", "given", "--metric", "follows_all"
    )

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: sample 's-0': instructions are a list")
    assert command("list", "--json").json == []


@pytest.mark.parametrize("store", ["sqlite:///", "sqlite://", ":memory:", "sqlite+odd:///a.db"])
def test_a_store_that_is_no_file_is_one_line(command, server, store):
    ran = command("run", "mood", "--store", store)

    assert (ran.code, ran.out) == (2, "")
    assert re.fullmatch(r"error: .*(a store is a file|unknown kind of store).*\n", ran.err), ran.err
    assert not server.requests


def test_a_sweep_given_as_a_path_has_a_nearest_one(command, server):
    assert "Did you mean 'runners/mood.yaml'?" in command("run", "runners/moood.yaml").err


def test_answers_without_a_name_are_refused(command, server, tmp_path):
    _write(tmp_path, {"answers.jsonl": '{"id": "1", "answer": "good"}\n'})

    ran = command("import", str(tmp_path / "answers.jsonl"), "--dataset", "mood", "--name", " ")

    assert (ran.code, ran.err) == (2, "error: the answers need a name\n")


def test_validate_warns_of_duplicates_and_missing_targets_with_their_lines(command, server, tmp_path):
    rows = [{"input": "Same.", "target": "good"}, {"input": "Same.", "target": "good"}, {"input": "None."}]
    _write(tmp_path, {"datasets/mood.test.jsonl": [{"id": str(i), **row} for i, row in enumerate(rows)]})

    validated = command("validate")

    assert validated.code == 0
    assert "mood.test.jsonl:2: the input is also that of line 1" in validated.out
    assert "mood.test.jsonl:3: the row has no target" in validated.out


def test_a_key_that_is_not_set_is_a_note_for_validate_and_plan(command, server, tmp_path):
    _write(tmp_path, {"runners/bad.yaml": SWEEP.replace("acme/m", "openai/gpt-4o-mini")})

    validated, planned = command("validate", "bad"), command("plan", "bad", "--json")

    assert (validated.code, planned.code) == (0, 0)
    assert "note: sweep bad: the key of openai/gpt-4o-mini is not set" in validated.out
    assert "the key of openai/gpt-4o-mini is not set" in planned.err
    assert planned.json["records"] == 6


def test_a_store_of_a_newer_version_is_refused(ran, command, tmp_path):
    with sqlite3.connect(tmp_path / "reports" / "promptsweep.db") as store:
        store.execute("UPDATE meta SET value = '999' WHERE key = 'schema'")

    shown = command("show")

    assert shown.code == 2
    assert "written by a newer promptsweep" in shown.err
    assert shown.err.count("\n") == 1


def test_a_file_that_is_no_store_is_refused(command, server, tmp_path):
    (tmp_path / "notes.txt").write_text("not a database, but long enough to be looked at as one" * 20)

    shown = command("show", "--store", str(tmp_path / "notes.txt"))

    assert shown.code == 2
    assert "cannot be used as a store" in shown.err


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["rnu", "mood"], "Did you mean 'run'?"),
        (["run", "mood", "--limmit", "3"], "--limit"),
        (["run"], "Missing argument 'SWEEP'"),
        (["run", "mood", "--limit", "0"], "--limit"),
        (["run", "mod"], "unknown sweep 'mod'. Did you mean 'mood'?"),
        (["report", "--format", "mdd"], "unknown format 'mdd'. Did you mean 'md'?"),
    ],
)
def test_a_mistyped_command_is_answered_with_the_nearest(command, server, words, hint):
    answered = command(*words)

    assert (answered.code, answered.out) == (2, "")
    assert hint in answered.err


def _write(root, files):
    """As `workspaces.write`, and bytes as they are."""
    write(root, {name: content for name, content in files.items() if not isinstance(content, bytes)})
    for name, content in files.items():
        if isinstance(content, bytes):
            (root / name).write_bytes(content)
