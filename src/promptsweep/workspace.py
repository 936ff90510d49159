"""Finds content: the user's workspace first, then the built-ins, by one locator for both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from promptsweep.errors import ConfigError, unknown

FOLDERS = ("prompts", "datasets", "runners", "reports")


@cache
def builtin_root() -> Path:
    """The folder of the built-in content: inside the wheel, or the repository when installed editable."""
    package = Path(__file__).parent
    shipped = package / "builtin"
    return shipped if shipped.is_dir() else package.parent.parent


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder that holds `prompts/`, `datasets/`, `runners/` and `reports/`, any of them absent."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Workspace:
        """The nearest folder from `start` (default: the current one) upwards with two of the four."""
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if sum((folder / name).is_dir() for name in FOLDERS) >= 2:
                return cls(folder)
        return cls(here)

    @property
    def roots(self) -> tuple[Path, ...]:
        """Where content is looked up, first match wins."""
        return tuple(dict.fromkeys((self.root, builtin_root())))

    @property
    def store_path(self) -> Path:
        """The SQLite file of this workspace."""
        return self.root / "reports" / "promptsweep.db"

    def locate(self, folder: str, name: str, suffix: str = "") -> Path | None:
        """The path of `folder/name+suffix` in the workspace or among the built-ins."""
        for root in self.roots:
            path = root / folder / f"{name}{suffix}"
            if path.exists():
                return path
        return None

    def names(self, folder: str, suffix: str = "") -> list[str]:
        """Names of all content of a kind: files `folder/*suffix`, or sub-folders where no suffix is given."""
        return sorted(set(self._names(folder, suffix)))

    def _names(self, folder: str, suffix: str) -> Iterator[str]:
        for root in self.roots:
            for path in sorted((root / folder).glob(f"*{suffix}")):
                if folder == "runners" and path.name == "models.yaml":
                    continue  # the endpoints, not a sweep
                if suffix and path.is_file():
                    yield path.name.removesuffix(suffix)
                elif not suffix and path.is_dir() and not path.name.startswith(("_", ".")):
                    yield path.name

    def file(self, folder: str, reference: str, suffix: str, kind: str) -> Path:
        """The file meant by a name (`quickstart`) or a path (`runners/quickstart.yaml`).

        Raises ConfigError with the nearest name that exists.
        """
        for candidate in (Path(reference), self.root / reference, builtin_root() / reference):
            if candidate.is_file():
                return candidate
        found = self.locate(folder, reference.removesuffix(suffix), suffix)
        if found is None:
            names = self.names(folder, suffix)
            paths = [f"{folder}/{name}{suffix}" for name in names]
            raise ConfigError(unknown(kind, reference, paths if reference.endswith(suffix) else names))
        return found
