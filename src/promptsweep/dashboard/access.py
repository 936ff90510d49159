"""Who may see the dashboard, and what they may do.

On this machine alone it is open. Whoever serves it to others (`--host`) needs a password in
PROMPTSWEEP_DASHBOARD_PASSWORD, or an identity provider in Streamlit's own `[auth]` secrets.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
from typing import Final

import streamlit as st

from promptsweep.dashboard.words import say

PASSWORD: Final = "PROMPTSWEEP_DASHBOARD_PASSWORD"  # noqa: S105  the variable's name
READ_ONLY: Final = "PROMPTSWEEP_READ_ONLY"


def read_only() -> bool:
    """Whether nothing may be sent or stored from the pages."""
    return os.environ.get(READ_ONLY, "") not in ("", "0")


def is_loopback(host: str | None) -> bool:
    """Whether an address to serve on is reachable from this machine only; None is every address."""
    if not host:
        return False
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def admitted() -> bool:
    """Whether this visitor may see the pages; draws how to get in where not."""
    if _has_provider():
        return _signed_in()
    password = os.environ.get(PASSWORD)
    if password:
        return _knows(password)
    if is_loopback(st.get_option("server.address")):
        return True
    st.error(
        say(
            "This dashboard is served to other machines without a password. Set {variable}, or Streamlit's "
            "[auth] secrets, and start it again.",
            variable=PASSWORD,
        ),
        icon=":material/lock:",
    )
    return False


def visitor() -> str | None:
    """The e-mail address of a visitor who signed in with a provider; None for anybody else."""
    if not (_has_provider() and st.user.is_logged_in):
        return None
    email = st.user.get("email")
    return str(email) if email else None


def _has_provider() -> bool:
    """Whether Streamlit's secrets name an OpenID Connect provider."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False


def _signed_in() -> bool:
    if st.user.is_logged_in:
        if st.sidebar.button(say("Sign out"), icon=":material/logout:", type="tertiary"):
            st.logout()
        return True
    st.button(say("Sign in"), icon=":material/login:", on_click=st.login)
    return False


def _knows(password: str) -> bool:
    """Asks for the password once a session."""
    if st.session_state.get(PASSWORD):
        return True
    with st.form("password", width=420):
        given = st.text_input(say("Password"), type="password")
        sent = st.form_submit_button(say("Open"))
    if sent and hmac.compare_digest(given.encode(), password.encode()):
        st.session_state[PASSWORD] = True
        st.rerun()
    if sent:
        st.error(say("That is not the password."), icon=":material/lock:")
    return False
