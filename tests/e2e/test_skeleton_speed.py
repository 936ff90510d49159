"""The speed-up of skeleton-of-thought (Ning et al. 2024) on a server of stated token speeds."""

from __future__ import annotations

import pytest
from served_moods import served

import promptsweep
from servers import Answer, ChatServer, chat_completion

PREFILL, DECODE = 0.0002, 0.01
"""Seconds for each token that is read and for each that is written."""
OUTLINE_WORDS, POINT_WORDS = 4, 30
"""Words of a point in the outline and in the answer; a word is a token here."""


def timed(points):
    """A server that writes outlines of so many points, and answers as long as all of them together."""

    def behave(request):
        messages = request["messages"]
        read = sum(len(message["content"].split()) for message in messages)
        if messages[0]["content"].startswith("You plan"):
            point = " ".join(["idea"] * (OUTLINE_WORDS - 1))
            text = "\n".join(f"{number}. {point}" for number in range(1, points + 1))
        elif messages[0]["content"].startswith("You write one part"):
            text = " ".join(["word"] * POINT_WORDS)
        else:
            text = " ".join(["word"] * POINT_WORDS * points)
        written = len(text.split())
        body = chat_completion(text, usage={"prompt_tokens": read, "completion_tokens": written})
        return Answer(body, delay=PREFILL * read + DECODE * written)

    return behave


@pytest.mark.parametrize("points", [3, 5, 8, 10])
def test_the_wall_clock_speed_up_is_what_the_critical_path_predicts(tmp_path, points):
    sweep = {"strategies": ["zero_shot", "skeleton_of_thought"]}
    with ChatServer(timed(points)) as server:
        workspace = served(tmp_path, server.base_url, 3, endpoint={"concurrency": 64}, sweep=sweep)
        frame = promptsweep.run("moods", workspace=workspace.root).records()

    plain, outlined = (frame[frame["arm"].str.startswith(name)] for name in ("zero_shot", "skeleton"))
    measured = plain["seconds"].mean() / outlined["seconds"].mean()
    predicted = plain["critical_seconds"].mean() / outlined["critical_seconds"].mean()
    assert list(outlined["requests"]) == [1 + points] * 3
    assert measured == pytest.approx(predicted, rel=0.1)
    assert measured > 1.5
