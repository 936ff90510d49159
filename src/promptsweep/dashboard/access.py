"""The door: asks visitors who they are before any page is drawn. `promptsweep.api.serving` has the rules."""

from __future__ import annotations

import hmac

import streamlit as st

from promptsweep.api import serving
from promptsweep.api.serving import PASSWORD, READ_ONLY, read_only
from promptsweep.dashboard import plain
from promptsweep.dashboard.words import say
from promptsweep.types import nfc

__all__ = ["PASSWORD", "READ_ONLY", "admitted", "read_only"]


def admitted() -> bool:
    """Whether this visitor may see the pages; draws how to get in where not."""
    providers = serving.providers()
    if providers:
        return _signed_in(providers)
    password = serving.password()
    if password:
        return _knows(password)
    if serving.is_loopback(st.get_option("server.address")):
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
    if not (serving.providers() and st.user.get("is_logged_in")):
        return None
    email = st.user.get("email")
    return str(email) if email else None


def _signed_in(providers: list[str]) -> bool:
    if st.user.get("is_logged_in"):
        st.sidebar.button(
            say("Sign out"), icon=":material/logout:", type="tertiary", on_click=st.logout, key="sign-out"
        )
        return True
    for name in providers:
        label = say("Sign in with {provider}", provider=plain.inline(name))
        st.button(
            say("Sign in") if name == "default" else label,
            icon=":material/login:",
            on_click=st.login,
            args=(name,),
            key=f"sign-in-{name}",
        )
    return False


def _knows(password: str) -> bool:
    """Asks for the password once a session."""
    if st.session_state.get(PASSWORD):
        return True
    with st.form("password", width=420):
        given = st.text_input(say("Password"), type="password", autocomplete="current-password")
        sent = st.form_submit_button(say("Open"))
    if sent and hmac.compare_digest(nfc(given).encode(), nfc(password).encode()):
        st.session_state[PASSWORD] = True
        st.rerun()
    if sent:
        st.error(say("That is not the password."), icon=":material/lock:")
    return False
