"""`doctor`: what is installed, what is found, which keys are set."""

from __future__ import annotations

from promptsweep.cli.options import StoreOption, WorkspaceOption
from promptsweep.cli.places import find_workspace


def doctor(store: StoreOption = None, workspace: WorkspaceOption = None) -> None:
    """Show what is installed, found and set up.

    Extras, the workspace, the store, and which endpoints have their key. Shows no key.
    """
    from promptsweep.cli.views.health import print_health

    print_health(find_workspace(workspace), store)
