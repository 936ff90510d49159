"""Templates → messages; strategies are short async functions over `ask`. Reads the folder `prompts/`."""

from promptsweep.prompts.ask import Ask
from promptsweep.prompts.points import numbered_points
from promptsweep.prompts.renderer import Renderer
from promptsweep.prompts.strategies import SHOT_PARAMS, Strategy, load, names, strategy
from promptsweep.prompts.templates import Templates, render

__all__ = [
    "SHOT_PARAMS",
    "Ask",
    "Renderer",
    "Strategy",
    "Templates",
    "load",
    "names",
    "numbered_points",
    "render",
    "strategy",
]
