"""Which worker sends a request that several want: the first that asks; the others wait for its reply."""

from __future__ import annotations

from collections import deque


class Claims:
    """Identical requests of several workers are sent once."""

    def __init__(self) -> None:
        self._claims: dict[str, tuple[int, deque[int]]] = {}
        """Key → the worker that sends it, and those that wait."""

    def take(self, key: str, worker: int) -> bool:
        """Whether the worker may send the request; if not, it waits."""
        owner, waiting = self._claims.setdefault(key, (worker, deque()))
        if owner == worker:
            return True
        waiting.append(worker)
        return False

    def settle(self, key: str) -> list[int]:
        """The reply is there: the workers that wait for it."""
        _, waiting = self._claims.pop(key, (0, ()))
        return list(waiting)

    def pass_on(self, key: str, worker: int) -> int | None:
        """The worker gave the request up: who sends it now, None where nobody waits."""
        owner, waiting = self._claims.get(key, (None, deque()))
        if owner != worker:
            return None
        if not waiting:
            del self._claims[key]
            return None
        heir = waiting.popleft()
        self._claims[key] = (heir, waiting)
        return heir

    def lose(self, worker: int) -> dict[str, int]:
        """The worker is gone: its requests for which others wait, and who sends them now."""
        for _, waiting in self._claims.values():
            while worker in waiting:
                waiting.remove(worker)
        owned = [key for key, (owner, _) in self._claims.items() if owner == worker]
        heirs = ((key, self.pass_on(key, worker)) for key in owned)
        return {key: heir for key, heir in heirs if heir is not None}
