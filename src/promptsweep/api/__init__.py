"""The Python face, for scripts and notebooks; the other faces call it too."""

from promptsweep.api.answers import import_answers
from promptsweep.api.checks import check, demands, judge
from promptsweep.api.cluster import Cluster, chosen_cluster
from promptsweep.api.engines import cancel, on_engine
from promptsweep.api.entering import enter
from promptsweep.api.execution import Observe, execute
from promptsweep.api.planning import plan, run
from promptsweep.api.provenance import versions
from promptsweep.api.replaying import replayed_models
from promptsweep.api.rescoring import rescore
from promptsweep.api.results import Result, Run

__all__ = [
    "Cluster",
    "Observe",
    "Result",
    "Run",
    "cancel",
    "check",
    "chosen_cluster",
    "demands",
    "enter",
    "execute",
    "import_answers",
    "judge",
    "on_engine",
    "plan",
    "replayed_models",
    "rescore",
    "run",
    "versions",
]
