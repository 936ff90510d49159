from __future__ import annotations

import pytest

from promptsweep.errors import ConfigError
from promptsweep.metrics import Aggregate, Metric, defaults, describe, metric, names, resolve
from promptsweep.types import Sample, Score

SAMPLE = Sample("1", "input", ("foo",))
TASKS = ("classification", "extraction", "qa", "math", "summarisation", "open")


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}


def one(spec, root, schema=None):
    (found,) = resolve([spec], "open", root, schema)
    return found


def test_a_name_gives_a_metric_that_scores(tmp_path):
    accuracy = one("accuracy", tmp_path)

    assert isinstance(accuracy, Metric)
    assert accuracy.score("foo", SAMPLE) == Score(1.0)
    assert accuracy.score("foo", Sample("2", "input")) is None
    assert (accuracy.kind, accuracy.reads, accuracy.higher_is_better) == ("binary", "answer", True)
    assert accuracy.description.startswith("The answer is one of the targets")


def test_parameters_are_part_of_the_name(tmp_path):
    contains = one({"contains": {"text": "foo", "ignore_case": True}}, tmp_path)

    assert contains.name == "contains(text=foo, ignore_case=True)"
    assert contains.score("a FOO", SAMPLE) == Score(1.0)


def test_aggregates_are_resolved_like_metrics(tmp_path):
    assert isinstance(one({"corpus_bleu": {"tokenizer": "char"}}, tmp_path), Aggregate)
    assert isinstance(one({"macro_f1": None}, tmp_path), Aggregate)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_defaults_that_resolve_in_their_order(task, tmp_path):
    resolved = resolve([], task, tmp_path)

    assert tuple(found.name for found in resolved) == defaults(task)


def test_the_primary_metrics(tmp_path):
    primary = {task: defaults(task)[0] for task in TASKS}

    assert primary == {
        "classification": "accuracy",
        "extraction": "field_f1",
        "qa": "squad_em",
        "math": "numeric_match",
        "summarisation": "rouge1",
        "open": "words",
    }


def test_every_built_in_metric_says_in_one_line_what_it_is():
    assert list(describe()) == names()
    assert all(describe().values())
    assert {"accuracy", "rougeLsum", "corpus_chrf", "kappa", "entity_recall"} <= set(names())


def test_lower_is_better_only_for_what_is_made_up_and_descriptive_metrics_take_no_side(tmp_path):
    required = {
        "regex": {"pattern": "x"},
        "within_length": {"most": 9},
        "judge": {"model": "m", "rubric": "style"},
    }
    extra = {"bertscore", "embedding_similarity"}  # their signatures need a package
    found = [one({name: required.get(name)}, tmp_path, SCHEMA) for name in names() if name not in extra]
    metrics = [each for each in found if isinstance(each, Metric)]

    assert [each.name for each in metrics if each.higher_is_better is False] == [
        "false_answer",
        "hallucinated_fields",
        "unsupported_numbers",
    ]
    assert all((each.higher_is_better is None) == (each.kind == "descriptive") for each in metrics)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("exact_mach", r"unknown metric 'exact_mach'. Did you mean 'exact_match'\? Known: abstention_f1, "),
        ({"contains": {"txt": "a"}}, r"unknown parameter of metric contains 'txt'. Did you mean 'text'\?"),
        ({"contains": {"text": 7}}, r"metric 'contains': bad text 7: Input should be a valid string"),
        (
            {"rouge1": {"tokenizer": "bytes"}},
            r"metric 'rouge1': bad tokenizer 'bytes': Input should be 'words', ",
        ),
        (
            {"regex": {"pattern": "("}},
            r"metric 'regex': bad pattern '\(': Input should be a valid regular expr",
        ),
        ("regex", r"metric 'regex' needs the parameter 'pattern'"),
        ({"contains": "foo"}, r"metric 'contains': parameters are written as keys and values"),
        ({"accuracy": {}, "rouge1": {}}, r"a metric is one name with its parameters, not accuracy, rouge1"),
        ("metrics.py:score", r"metrics.py: no such file with metrics"),
        ("no_such_module:score", r"metric module 'no_such_module' cannot be loaded: ModuleNotFoundError"),
        ("json:lods", r"unknown metric function in json 'lods'. Did you mean 'loads'\?"),
    ],
)
def test_what_does_not_exist_or_fit_is_one_clear_line(spec, message, tmp_path):
    with pytest.raises(ConfigError, match=message):
        one(spec, tmp_path)


def test_a_metric_listed_twice_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="metric 'words' is listed twice"):
        resolve(["words", "chars", "words"], "open", tmp_path)


OWN = '''
from __future__ import annotations

from promptsweep.metrics import metric

def polite(answer, sample, *, word: str = "please") -> bool:
    """The answer is polite."""
    return word in answer

def length(answer, sample):
    return len(answer) / 10

@metric(kind="descriptive", reads="reply")
def shouting(answer, sample):
    return sum(map(str.isupper, answer))

def accuracy(answer, sample):
    return 1

def broken(answer, sample):
    return "yes"

def lonely(answer):
    return 1
'''


@pytest.fixture
def own(tmp_path):
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    return tmp_path


def test_a_function_in_a_file_is_a_metric(own):
    polite = one({"own.py:polite": {"word": "thanks"}}, own)

    assert (polite.name, polite.kind, polite.description) == (
        "polite(word=thanks)",
        "binary",
        "The answer is polite.",
    )
    assert polite.score("thanks!", SAMPLE) == Score(1.0)
    assert polite.signature.startswith("source:")
    assert one("own.py:length", own).kind == "graded"


def test_a_decorated_function_in_a_file_keeps_its_properties(own):
    shouting = one("own.py:shouting", own)

    assert (shouting.kind, shouting.reads, shouting.score("AbC", SAMPLE)) == (
        "descriptive",
        "reply",
        Score(2.0),
    )


def test_an_edited_file_has_another_signature(own):
    before = one("own.py:length", own).signature
    (own / "own.py").write_text(OWN.replace("/ 10", "/ 20"), encoding="utf-8")

    edited = one("own.py:length", own)

    assert edited.signature != before
    assert edited.score("12345", SAMPLE) == Score(0.25)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("accuracy", "'accuracy' is the name of a built-in metric; rename the function"),
        ("polit", r"unknown metric function in own.py 'polit'. Did you mean 'polite'\?"),
        ("lonely", "metric 'lonely' must be a function of an answer and a sample"),
    ],
)
def test_a_function_that_cannot_be_a_metric_is_refused(own, name, message):
    with pytest.raises(ConfigError, match=message):
        one(f"own.py:{name}", own)


def test_a_file_that_fails_to_load_says_why(tmp_path):
    (tmp_path / "bad.py").write_text("1 / 0\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"bad.py: cannot be loaded: ZeroDivisionError: division by zero"):
        one("bad.py:score", tmp_path)


def test_a_metric_that_returns_no_number_is_told_so(own):
    with pytest.raises(
        ConfigError, match="metric 'broken' must return a finite number or a Score, not 'yes'"
    ):
        one("own.py:broken", own).score("x", SAMPLE)


def test_a_metric_may_give_its_reason():
    @metric(kind="graded", lower_is_better=True)
    def gap(answer, sample):
        return Score(0.5, "half")

    bound = gap.bind({})

    assert bound.score("x", SAMPLE) == Score(0.5, "half")
    assert bound.higher_is_better is False


def test_the_bare_decorator_makes_a_graded_metric():
    @metric
    def half(answer, sample):
        return 0.5

    assert (half.bind({}).name, half.bind({}).kind, half("x", SAMPLE)) == ("half", "graded", 0.5)
