"""Options and arguments that several commands have, worded once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Engine(StrEnum):
    """What runs a sweep."""

    LOCAL = "local"
    RAY = "ray"
    BATCH = "batch"


SweepArgument = Annotated[
    str, typer.Argument(metavar="SWEEP", help="A sweep: its name in runners/, or the path of its YAML file.")
]
RunArgument = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run: its id or the beginning of it, a sweep's name, or `latest`."),
]
DatasetOption = Annotated[
    str,
    typer.Option(
        "--dataset", "-d", metavar="NAME", help="A dataset: its name in datasets/, or a card's path."
    ),
]
SampleOption = Annotated[
    str | None,
    typer.Option("--sample", metavar="ID", help="A sample's id. Default: the first.", show_default=False),
]
ParamOption = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="KEY=VALUE", help="A parameter of the strategy; may be repeated."),
]
PersonaOption = Annotated[
    str, typer.Option("--system", metavar="NAME", help="A persona from prompts/system/, or `none`.")
]
LimitOption = Annotated[
    int | None,
    typer.Option(
        "--limit", min=1, metavar="N", help="At most N samples of each dataset, in place of the sweep's."
    ),
]
ModelOption = Annotated[
    list[str] | None,
    typer.Option(
        "--model", "-m", metavar="NAME", help="In place of the sweep's models; may be given several times."
    ),
]
MetricsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--metric", metavar="NAME", help="In place of the dataset's metrics; may be given several times."
    ),
]
EngineOption = Annotated[
    Engine | None,
    typer.Option(
        "--engine",
        metavar="local|ray|batch",
        help="What runs the sweep: this process, Ray's workers, or the vendors' Batch APIs. Default: local.",
        show_default=False,
    ),
]
WindowOption = Annotated[
    int | None,
    typer.Option(
        "--window",
        min=1,
        metavar="N",
        help="With --engine batch: samples open at once, which memory grows with. Default: 20,000.",
        show_default=False,
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        metavar="N",
        help="Worker processes of --engine ray (which this implies). Default: one for each processor.",
        show_default=False,
    ),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="auto|HOST:PORT|ray://…",
        help="The Ray cluster to use (implies --engine ray). Default: a private one on this machine.",
        show_default=False,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else; notes go to stderr.")
]
ReplayOption = Annotated[
    Path | None,
    typer.Option(
        "--replay",
        metavar="FILE",
        dir_okay=False,
        help="Take every reply from a file of `promptsweep record`: no key, no network.",
    ),
]
LiveMissesOption = Annotated[
    bool,
    typer.Option("--live-misses", help="With --replay: send the requests that the file does not hold."),
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="PATH|URL",
        envvar="PROMPTSWEEP_STORE",
        help="The store: a SQLite file or a database URL. Default: reports/promptsweep.db in the workspace.",
        show_default=False,
    ),
]
WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        metavar="DIR",
        envvar="PROMPTSWEEP_WORKSPACE",
        exists=True,
        file_okay=False,
        help="The folder of prompts/, datasets/ and runners/. Default: the nearest one from here upwards.",
        show_default=False,
    ),
]
