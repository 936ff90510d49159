"""Sweep → plan → jobs → records. Reads the folder `runners/`."""

from promptsweep.runners.budget import Allowance, Budget
from promptsweep.runners.demands import plan_demands
from promptsweep.runners.gates import Demand, Gate
from promptsweep.runners.gateway import Purse
from promptsweep.runners.imported import ImportedAnswers, read_answers
from promptsweep.runners.jobs import Stop, drain, execute
from promptsweep.runners.plan import Plan, PlannedArm, ScoredArm, first_request
from promptsweep.runners.planner import Planner
from promptsweep.runners.probing import probe
from promptsweep.runners.progress import Progress
from promptsweep.runners.scoring import judge
from promptsweep.runners.sink import Entry, Sink
from promptsweep.runners.sweep import Sweep, SweepFile, load, parse

__all__ = [
    "Allowance",
    "Budget",
    "Demand",
    "Entry",
    "Gate",
    "ImportedAnswers",
    "Plan",
    "PlannedArm",
    "Planner",
    "Progress",
    "Purse",
    "ScoredArm",
    "Sink",
    "Stop",
    "Sweep",
    "SweepFile",
    "drain",
    "execute",
    "first_request",
    "judge",
    "load",
    "parse",
    "plan_demands",
    "probe",
    "read_answers",
]
