"""The command that goes on with a run."""

from __future__ import annotations

import promptsweep
from promptsweep import api
from promptsweep.reports.resuming import resume_command
from promptsweep.testing import FunctionModel

SWEEP = "datasets: lines\nmodels: m\nstrategies: zero_shot\nlimit: 20\n"


def start(house, **options):
    path = house.workspace.root / "runners" / "mine.yaml"
    path.write_text(SWEEP, encoding="utf-8")
    models = {"m": FunctionModel(lambda _: "good", name="m")}
    return promptsweep.run("mine", workspace=house.workspace.root, models=models, **options).id


def test_a_run_of_a_sweep_file_is_named_by_it(own_house):
    run = start(own_house)

    assert resume_command(own_house.store, run) == f"promptsweep run mine --resume {run}"


def test_what_was_set_on_the_command_line_is_set_again(own_house):
    run = start(own_house, limit=5)

    found = resume_command(own_house.store, run, "/tmp/a store.db")

    assert found == f"promptsweep run mine --resume {run} --limit 5 --store '/tmp/a store.db'"


def test_without_the_file_all_that_may_have_been_set_is_named(own_house):
    run = start(own_house)
    (own_house.workspace.root / "runners" / "mine.yaml").unlink()

    found = resume_command(own_house.store, run)

    assert found == f"promptsweep run mine --resume {run} --limit 20 --model m"


def test_a_run_from_python_has_no_command(house):
    assert resume_command(house.store, "plain") is None


def test_a_check_that_may_grow_is_gone_on_with_as_one(own_house):
    (own_house.workspace.root / "runners" / "mine.yaml").write_text(
        SWEEP + "gates: [{metric: accuracy, min: 0.5}]\n", encoding="utf-8"
    )
    models = {"m": FunctionModel(lambda _: "good", name="m")}
    made = api.check("mine", own_house.workspace, own_house.store, models=models, limit=10, up_to=30)

    found = resume_command(own_house.store, made.run)

    assert found == f"promptsweep check mine --resume {made.run} --limit 10 --up-to 30"
