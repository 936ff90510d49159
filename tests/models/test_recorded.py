"""Models that a recording stands in for."""

from __future__ import annotations

import asyncio
import re
import tracemalloc

import orjson
import pytest

from promptsweep.errors import ConfigError, ReplayMissError, RunFatalError
from promptsweep.models import load
from promptsweep.models.archives import written
from promptsweep.models.exchanges import Header, RecordedIdentity, encode
from promptsweep.models.forms import RequestForm
from promptsweep.models.keyed import KeyedRecording
from promptsweep.models.recorded import recorded_models
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Message, Usage

M = FunctionModel(lambda request: f"live: {request.messages[-1].content}", name="m")


def asked(text, draw=0, model=M, **params):
    return model.request((Message("user", text),), params, draw)


def recording(folder, exchanges, suffix=".jsonl", models=(M,), **header):
    """A file as `promptsweep record` writes it."""
    identities = {each.name: RecordedIdentity(digest=each.digest, form=each.form) for each in models}
    keys = {"sweep": "s", "run": "r", "replies": len(exchanges), "models": identities, **header}
    path = folder / f"recorded{suffix}"
    with written(path) as file:
        file.write(Header(**keys).line())
        for request, completion in exchanges:
            file.write(encode(request, completion))
    return path


def replaying(path, live=None):
    return recorded_models(path, ["m"], live)["m"]


def chat(model, request):
    return asyncio.run(model.chat(request))


FULL = Completion("네", "length", Usage(7, 3, 2, 1), 0.1 + 0.2, 1e-7, attempts=3, reasoning="음…")


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.zst"])
def test_a_reply_comes_back_whole_and_says_that_nothing_was_sent(tmp_path, suffix):
    model = replaying(recording(tmp_path, [(asked("서울?"), FULL), (asked("b"), Completion(""))], suffix))

    reply = chat(model, model.request((Message("user", "서울?"),), {}, 0))

    assert reply.cached
    assert (reply.text, reply.finish, reply.usage) == ("네", "length", Usage(7, 3, 2, 1))
    assert (reply.seconds, reply.cost, reply.attempts, reply.reasoning) == (0.1 + 0.2, 1e-7, 3, "음…")
    assert chat(model, asked("b")) == Completion("", cached=True)


def test_name_digest_and_requests_are_those_of_the_recorded_model(tmp_path):
    model = replaying(recording(tmp_path, []))

    assert (model.name, model.digest, model.form) == (M.name, M.digest, M.form)
    assert model.price(Usage(10**6, 10**6)) == 0
    assert model.notice is None
    with pytest.raises(ConfigError, match="unknown parameter 'temprature'"):
        model.check({"temprature": 1})


def test_each_draw_and_each_parameter_has_its_own_reply(tmp_path):
    exchanges = [
        (asked("a", draw, temperature=heat), Completion(f"{draw} {heat}"))
        for draw in (0, 1, 1_000_000)
        for heat in (0, 0.5)
    ]
    model = replaying(recording(tmp_path, exchanges))

    assert [chat(model, request).text for request, _ in exchanges] == [each.text for _, each in exchanges]
    with pytest.raises(ReplayMissError):
        chat(model, asked("a", 2, temperature=0))


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (asked("The capital of Finland?"), r"line 3; message 1 (user) differs from line 1, column 17: "),
        (asked("The capital of France?", temperature=0.5), "line 3; temperature not recorded, 0.5 asked for"),
        (asked("The capital of France?", 4), "line 3; draw 0 recorded, 4 asked for"),
        (
            asked("The capital of France?", model=FunctionModel(lambda _: "", name="n")),
            "line 3; model m recorded, n asked for",
        ),
    ],
)
def test_a_miss_explains_itself_by_the_nearest_request_and_all_that_differs(tmp_path, wanted, says):
    others = [(asked("Something else"), FULL), (asked("The capital of France?"), FULL), (asked("Far"), FULL)]
    model = replaying(recording(tmp_path, others, ".jsonl.zst"))

    with pytest.raises(ReplayMissError, match="this request was never recorded") as caught:
        chat(model, wanted)

    explained = caught.value.explain()
    assert explained.startswith(f"The nearest is in {says}")
    assert "\n" not in explained


def test_a_miss_in_an_empty_recording_says_that_nothing_is_recorded(tmp_path):
    with pytest.raises(ReplayMissError) as caught:
        chat(replaying(recording(tmp_path, [])), asked("a"))

    assert caught.value.explain() == "Nothing is recorded"


def test_only_misses_reach_the_real_model_which_is_made_for_the_first_of_them(tmp_path):
    made, real = [], FunctionModel(lambda request: "live", name="m", concurrency=3)

    def live(name):
        made.append(name)
        return real

    model = replaying(recording(tmp_path, [(asked("a"), Completion("recorded"))]), live)

    assert chat(model, asked("a")).text == "recorded"
    assert (made, model.price(Usage(1, 1))) == ([], 0)
    assert [chat(model, asked(text)).text for text in ("b", "a", "c")] == ["live", "recorded", "live"]
    assert made == ["m"]
    assert [request.messages[0].content for request in real.requests] == ["b", "c"]
    assert (model.limiter, model.retries) == (real.limiter, real.retries)
    assert model.price(Usage(1, 1)) is None


def test_another_model_than_the_recorded_one_is_not_asked(tmp_path):
    path = recording(tmp_path, [])

    with pytest.raises(
        RunFatalError, match=r"m is another model than the one in .* \(x at function, recorded m at"
    ):
        chat(replaying(path, lambda _: FunctionModel(lambda _: "", name="x")), asked("a"))


def test_a_real_model_that_cannot_be_had_ends_the_run_with_the_reason(tmp_path):
    def live(name):
        raise ConfigError("acme needs the environment variable ACME_KEY")

    model = replaying(recording(tmp_path, []), live)

    assert model.notice == "What recorded.jsonl does not hold goes to m."
    with pytest.raises(
        RunFatalError, match="m cannot be asked: acme needs the environment variable ACME_KEY"
    ):
        chat(model, asked("a"))


def test_a_model_that_is_not_in_the_file_is_named_with_those_that_are(tmp_path):
    path = recording(tmp_path, [])

    with pytest.raises(ConfigError, match=r"unknown recorded model 'n'.* Known: m"):
        recorded_models(path, ["n"])
    assert recorded_models(path, ["n"], lambda name: M)["n"] is M


def changed(path, old, new, line=1):
    lines = path.read_bytes().split(b"\n")
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new)
    path.write_bytes(b"\n".join(lines))


@pytest.mark.parametrize(
    ("line", "old", "new", "says"),
    [
        (
            1,
            b'"recording":1',
            b'"recording":2',
            "1: a recording of format 2; this promptsweep reads format 1",
        ),
        (1, b'"sweep":"s"', b'"swep":"s"', "1: damaged header: unknown key 'swep'. Did you mean 'sweep'?"),
        (1, b'{"recording"', b'{"x"', "has no header: it was not written by promptsweep record"),
        (2, b'"usage":{', b'"usage":{"x":1,', "2: not a line that promptsweep record wrote: key or usage is"),
        (
            2,
            b'"draw":0',
            b'"draw":"0"',
            "2: not a line that promptsweep record wrote: draw is missing or wrong",
        ),
        (2, b'"messages":[', b'"messages":[3,', "2: 'messages' must be a list"),
        (2, b'{"messages"', b"", "2: not JSON"),
        (2, b'{"messages"', b'{"recording":1,"messages"', "2: a second header: recordings cannot be joined"),
        (1, b'"replies":1', b'"replies":1200', "is cut off: it holds 1 of 1,200 replies"),
    ],
)
def test_a_file_that_is_not_as_it_was_written_is_one_clear_line(tmp_path, line, old, new, says):
    path = recording(tmp_path, [(asked("a"), FULL)])
    changed(path, old, new, line)

    with pytest.raises(ConfigError, match=re.escape(says)) as caught:
        replaying(path)

    assert "\n" not in str(caught.value)


def test_a_reply_may_be_edited_by_hand_and_its_request_may_not(tmp_path):
    path = recording(tmp_path, [(asked("a"), FULL)])
    changed(path, "네".encode(), "아니요".encode(), 2)
    assert chat(replaying(path), asked("a")).text == "아니요"

    changed(path, b'"content":"a"', b'"content":"b"', 2)
    with pytest.raises(ConfigError, match="was edited: its request has another key now"):
        chat(replaying(path), asked("a"))


def test_a_recording_is_also_a_model_of_its_own(tmp_path, workspace):
    two = FunctionModel(lambda _: "", name="n")
    path = recording(
        tmp_path, [(asked("a"), FULL), (asked("a", model=two), Completion("n"))], models=(M, two)
    )

    model = load(f"replay:{path}#n", workspace)

    assert (model.name, chat(model, asked("a", model=two)).text) == (f"replay:{path}#n", "n")
    assert model.digest not in (two.digest, load(f"replay:{path}#m", workspace).digest)
    with pytest.raises(ConfigError, match=r"holds replies of several models; name one: replay:.*#m"):
        load(f"replay:{path}", workspace)
    with pytest.raises(ConfigError, match=r"unknown model 'nn'\. Did you mean 'n'\?"):
        load(f"replay:{path}#nn", workspace)


def test_hand_written_lines_may_be_compressed_and_name_their_draw(tmp_path, workspace):
    turn = [{"role": "user", "content": "a"}]
    with written(tmp_path / "hand.jsonl.zst") as file:
        for draw in (7, 0):
            file.write(orjson.dumps({"messages": turn, "completion": f"draw {draw}", "draw": draw}) + b"\n")
    model = load("replay:hand.jsonl.zst", workspace)

    assert [chat(model, asked("a", draw, model=model)).text for draw in (0, 7)] == ["draw 0", "draw 7"]
    with pytest.raises(ReplayMissError, match="draw 2 is asked for"):
        chat(model, asked("a", 1, model=model))


def test_memory_holds_few_bytes_a_reply(tmp_path):
    form = RequestForm(model="m", base_url="function")
    prompts = [form.request((Message("user", f"{place} " * 100),), {}, 0) for place in range(5_000)]
    path = recording(tmp_path, [(request, FULL) for request in prompts], ".jsonl.zst")

    tracemalloc.start()
    held = KeyedRecording(path)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert after / len(prompts) < 100
    assert all(held.find(request) is not None for request in prompts[::100])
