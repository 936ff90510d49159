"""What each number of a report means, in plain words and with its formula; docs/statistics.md says more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from promptsweep.reports.comparison_columns import change_in
from promptsweep.words import say


@dataclass(frozen=True, slots=True)
class Method:
    """A footnote."""

    title: str
    words: str
    formula: str
    """How it is computed, and by whom it was proposed; empty where there is nothing to compute."""
    chapter: str
    """Its heading in docs/statistics.md, or the beginning of it."""


def methods() -> Mapping[str, Method]:
    """The footnotes by name, in the order in which a report numbers them."""
    return {
        "score": Method(
            say("A score and its interval"),
            say(
                "The mean over samples, and in brackets the range of true scores that fit what was seen. "
                "Such ranges hold the true score in about 95 of 100 sweeps. Repeats are averaged within "
                "a sample first."
            ),
            say(
                "Right or wrong: Wilson's interval (1927), with Poisson's limit near 0 and 1 (Brown, Cai "
                "& DasGupta 2001). Between bounds: at each end the farther of Student's t and Wilson's "
                "with an effective number of samples. Clusters are summed first (Miller 2024). Over all "
                "answers together, as macro-F1: percentile bootstrap."
            ),
            "A score and its interval",
        ),
        "scored": Method(
            say("scored, and what is missing"),
            say(
                "Samples with a score, of those planned. A failed call is no wrong answer: it leaves the "
                "mean, visibly. A reply without a readable answer counts as wrong, and is counted apart "
                "(unparsed)."
            ),
            say("Bounds: the mean with everything that is missing counted as 0, and as 1."),
            "n, `scored` and what is missing",
        ),
        "waiting": Method(
            say("p50 and p95"),
            say(
                "What a user would have waited: half of the answers came within p50, 95 of 100 within "
                "p95. Replies that came from the store count with the time they took when they were "
                "made."
            ),
            say("Nearest rank, of the slowest chain of calls that had to wait for each other."),
            "Quantiles: p50 and p95 of the waiting time",
        ),
        "best": Method(
            say("Best, corrected for having been picked"),
            say(
                "The best of several arms is partly the luckiest. Corrected is what the pick is worth on "
                "other samples. Arms that cannot be told apart from it are candidates too: take the "
                "cheapest, or gather more samples."
            ),
            say(
                "2,000 bootstrap draws: picked on the samples drawn, scored on those left out (Efron & "
                "Tibshirani 1997). Told apart: the Model Confidence Set at 95 %, statistic T_max "
                "(Hansen, Lunde & Nason 2011)."
            ),
            "The best arm: observed, corrected, and who else it may be",
        ),
        "difference": Method(
            say("A difference and its interval"),
            say(
                "This arm minus the baseline, sample by sample, on the samples that both have scores "
                "for. An interval that holds 0 has not shown that the arms are equal: look at how far "
                "from 0 it still reaches."
            ),
            say(
                "Right or wrong: Newcombe's method 10 (1998). Others: at each end the farther of "
                "Student's t and the BCa bootstrap, 9,999 resamples (Efron 1987), widened for few "
                "samples (Hesterberg 2015)."
            ),
            "A difference",
        ),
        "p": Method(
            say("p and the verdict"),
            say(
                "If both arms were equally good, how often chance alone would set them so far apart or "
                "farther. Below 0.05 the verdict is better or worse. Adjusted for all comparisons that "
                "are made together."
            ),
            say(
                "Right or wrong: McNemar's exact test. Others: sign-flip permutation, 9,999 patterns "
                "(Phipson & Smyth 2010). Over all answers: approximate randomisation (Noreen 1989). "
                "Two-sided; adjusted by Holm (1979)."
            ),
            "p:",
        ),
        "changes": Method(
            say("Samples lost and won"),
            say(
                "Samples that the baseline scored higher, and samples that this arm scored higher. 44 "
                "lost and 56 won is mostly shuffling; 4 and 16, with the same net gain, is not."
            ),
            "",
            "lost and won",
        ),
        "power": Method(
            say("correlation, detects, to settle"),
            say(
                "Near 1 both arms succeed on the same samples, and small differences show early. "
                "Detects: the smallest true difference that so many samples would show in 80 of 100 "
                "sweeps. To settle: about how many samples would show one as large as the observed."
            ),
            say("Pearson's r; n = (1.96 + 0.84)² ω² / δ², ω² the variance of the differences (Miller 2024)."),
            "detects and to settle",
        ),
        "cost": Method(
            say("Cost, points and Pareto"),
            say(
                "All calls at their price when they were made, stored replies included. Points: the sum "
                "of scores (right answers) for a dollar, or 1,000 tokens. Pareto: no other arm has as "
                "good a score for less, or a better one for as little; by observed scores. Best for no "
                "more: each arm against the best of those that cost as much or less; better there means "
                "that the extra cost bought something."
            ),
            say("Paired by sample; interval and p as above, adjusted for all arms of the table (Holm)."),
            "Cost: Pareto, points per dollar, best for no more",
        ),
    }


def note(header: str, metrics: Collection[str]) -> int | None:
    """The number of the footnote that explains a column; None where its header says all."""
    if header in metrics:
        return number("score")
    if header in map(change_in, metrics):
        return number("difference")
    name = _of_header().get(header)
    return None if name is None else number(name)


def number(name: str) -> int:
    """A footnote's number, from 1."""
    return list(methods()).index(name) + 1


def _of_header() -> Mapping[str, str]:
    return {
        say("scored"): "scored",
        say("unparsed"): "scored",
        say("error"): "scored",
        "p50": "waiting",
        "p95": "waiting",
        say("cost"): "cost",
        "p": "p",
        say("verdict"): "p",
        say("lost"): "changes",
        say("won"): "changes",
        say("lower"): "changes",
        say("higher"): "changes",
        say("correlation"): "power",
        say("detects"): "power",
        say("to settle"): "power",
        say("$/1k answers"): "cost",
        say("points/$"): "cost",
        say("points/1k tokens"): "cost",
        "Pareto": "cost",
        say("best for no more"): "cost",
        say("difference to it"): "difference",
    }
