"""Who may reach the dashboard, and what they may do: the rules that its command and its pages share.

On this machine alone it is open. Whoever serves it to others needs a password in
PROMPTSWEEP_DASHBOARD_PASSWORD, or an identity provider in Streamlit's own `[auth]` secrets.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from typing import Final

from promptsweep.errors import ConfigError

PASSWORD: Final = "PROMPTSWEEP_DASHBOARD_PASSWORD"  # noqa: S105  the variable's name
READ_ONLY: Final = "PROMPTSWEEP_READ_ONLY"


def read_only() -> bool:
    """Whether nothing may be sent or stored from the pages."""
    return os.environ.get(READ_ONLY, "") not in ("", "0")


def password() -> str | None:
    """What visitors must know, None where nothing is asked."""
    given = os.environ.get(PASSWORD, "")
    return given if given.strip() else None


def providers() -> list[str]:
    """OpenID Connect providers in Streamlit's secrets; the one without a name is `default`."""
    import streamlit as st

    try:
        auth = st.secrets["auth"]
    except (FileNotFoundError, KeyError):
        return []
    named = [name for name, one in auth.items() if isinstance(one, Mapping) and "client_id" in one]
    return ["default", *named] if "client_id" in auth else named


def is_loopback(host: str | None) -> bool:
    """Whether an address to serve on is reachable from this machine only; None is every address."""
    if not host:
        return False
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_host(host: str) -> None:
    """Raises ConfigError for an address beyond this machine where visitors are not asked who they are."""
    if not (is_loopback(host) or password() or providers()):
        raise ConfigError(
            f"{host or 'every address'} is reachable from other machines: set {PASSWORD}, or name an "
            "identity provider under [auth] in .streamlit/secrets.toml"
        )
