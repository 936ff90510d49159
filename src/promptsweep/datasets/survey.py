"""What one pass over a split found: how many samples, and what is wrong with which lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from promptsweep.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of fault, with all the rows that have it."""

    kind: str
    """`duplicate id`, `unknown label`, `schema`, `cluster`, `no targets`, `no rows` are errors;
    `duplicate input`, `empty input`, `missing target` are warnings."""
    message: str
    """What is wrong with the first of the lines."""
    place: str
    """The file, or `hf:owner/name`."""
    lines: tuple[int, ...]
    """The first 20 of them."""
    count: int
    is_error: bool
    """Whether it stops a run."""

    def __str__(self) -> str:
        if self.count <= 1:
            return self.message
        more = ", …" if self.count > len(self.lines) else ""
        return f"{self.message} ({self.count} rows: lines {', '.join(map(str, self.lines))}{more})"


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a split found."""

    dataset: str
    split: str
    count: int
    """Samples."""
    targets: Mapping[str, int]
    """Samples by target, the most frequent first; empty unless the task is classification."""
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems that stop a run."""
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Problems that a run reports and lives with."""
        return tuple(problem for problem in self.problems if not problem.is_error)

    def raise_errors(self) -> None:
        """Raises ConfigError for the first error, with its line; the message names the other kinds."""
        if not self.errors:
            return
        first, *others = self.errors
        more = f"; also: {', '.join(problem.kind for problem in others)}" if others else ""
        line = first.lines[0] if first.lines else None
        raise ConfigError(f"{first}{more}", path=first.place, line=line)
