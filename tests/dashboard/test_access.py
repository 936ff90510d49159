"""Who may see the dashboard: by address, by password, by identity provider; and what `--read-only` leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from promptsweep.api import serving
from promptsweep.cli import app as command

SCRIPT = "from promptsweep.dashboard import app\n\napp.main()\n"
SECRET = "correct horse 배터리"
AUTH = {"redirect_uri": "http://localhost:8501/oauth2callback", "cookie_secret": "not one"}
CLIENT = {"client_id": "me", "client_secret": "not one", "server_metadata_url": "http://127.0.0.1:9/x"}


@pytest.fixture
def address():
    """Says where the server listens; put back afterwards."""
    before = config.get_option("server.address")
    yield lambda value: config.set_option("server.address", value)
    config.set_option("server.address", before)


@pytest.fixture
def visit(workspace, monkeypatch):
    """Opens the dashboard: `visit(password=…, auth=…, user=…)`."""
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(workspace))

    def visit(password=None, auth=None, user=None):
        if password is not None:
            monkeypatch.setenv(serving.PASSWORD, password)
        test = AppTest.from_string(SCRIPT, default_timeout=30)
        test.query_params["run"] = "plain"
        test.secrets.update({"auth": auth} if auth else {})
        test.user = user or {}
        return checked(test.run())

    return visit


def checked(test):
    assert not test.exception
    return test


def titles(test):
    return [title.value for title in test.title]


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.7", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("unix:///tmp/socket", False),
        ("", False),
        (None, False),
    ],
)
def test_only_this_machine_is_this_machine(host, inside):
    assert serving.is_loopback(host) == inside


@pytest.mark.parametrize(("value", "found"), [("", False), ("0", False), ("1", True), ("true", True)])
def test_read_only_is_on_for_anything_but_empty_and_0(monkeypatch, value, found):
    monkeypatch.setenv(serving.READ_ONLY, value)

    assert serving.read_only() == found


def test_on_this_machine_nothing_is_asked(visit, address):
    address("127.0.0.1")

    assert "Leaderboard" in titles(visit())


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.7", None])
@pytest.mark.parametrize("password", [None, "", "  "])
def test_served_to_others_without_a_password_it_shows_nothing(visit, address, host, password):
    address(host)

    test = visit(password)

    assert "PROMPTSWEEP_DASHBOARD_PASSWORD" in test.error[0].value
    assert not titles(test)
    assert not test.sidebar


def test_a_password_is_asked_once_a_session_on_this_machine_too(visit, address):
    address("127.0.0.1")
    test = visit(SECRET)
    assert not titles(test)
    assert not test.sidebar

    test.text_input[0].input(SECRET)
    checked(test.button[0].click().run())
    assert "Leaderboard" in titles(test)

    assert "Leaderboard" in titles(checked(test.run()))
    assert not titles(visit(SECRET))  # another session


@pytest.mark.parametrize("given", ["", "x", SECRET[:-1], f"{SECRET}x", SECRET.upper(), f" {SECRET}"])
def test_a_wrong_password_shows_nothing(visit, given):
    test = visit(SECRET)
    test.text_input[0].input(given)
    checked(test.button[0].click().run())

    assert [error.value for error in test.error] == ["That is not the password."]
    assert not titles(test)


def test_a_password_may_be_typed_in_decomposed_letters(visit):
    test = visit(SECRET)
    test.text_input[0].input(unicodedata.normalize("NFD", SECRET))

    assert "Leaderboard" in titles(checked(test.button[0].click().run()))


def test_a_provider_asks_visitors_to_sign_in_whatever_the_address(visit, address):
    address("127.0.0.1")

    test = visit(auth=AUTH | CLIENT)

    assert [button.label for button in test.button] == ["Sign in"]
    assert not titles(test)


def test_each_named_provider_has_its_button(visit):
    test = visit(auth=AUTH | {"google": CLIENT, "okta": CLIENT})

    assert [button.label for button in test.button] == ["Sign in with google", "Sign in with okta"]


def test_who_is_signed_in_sees_the_pages_and_may_sign_out(visit):
    test = visit(auth=AUTH | CLIENT, user={"is_logged_in": True, "name": "Ada"})

    assert "Leaderboard" in titles(test)
    assert "Sign out" in [button.label for button in test.sidebar.button]


def test_settings_that_name_no_client_are_no_provider(visit, address):
    address("0.0.0.0")

    assert "without a password" in visit(auth=AUTH).error[0].value


def test_read_only_leaves_out_the_pages_that_write(visit, monkeypatch):
    def links():
        return {link.proto.page_script_hash or link.proto.page for link in visit().get("page_link")}

    every = links()
    monkeypatch.setenv(serving.READ_ONLY, "1")

    assert len(every) - len(links()) == 3  # playground, chat, grade


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "dashboard.example.com", ""])
def test_the_command_refuses_to_serve_to_others_without_a_password(tmp_path, monkeypatch, host):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(serving.PASSWORD, raising=False)

    found = CliRunner().invoke(command, ["dashboard", "--host", host])

    assert found.exit_code == 2
    assert found.stderr.startswith(f"error: {host or 'every address'} is reachable from other machines: set ")
    assert len(found.stderr.splitlines()) == 1


def test_a_password_lets_the_command_serve_to_others(monkeypatch):
    monkeypatch.setenv(serving.PASSWORD, SECRET)

    serving.check_host("0.0.0.0")


def test_so_does_a_provider_in_the_secrets_of_the_folder(tmp_path):
    """In a process of its own: Streamlit reads secrets once."""
    secrets = tmp_path / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text('[auth]\ncookie_secret = "not one"\n[auth.okta]\nclient_id = "me"\n', encoding="utf-8")
    code = "from promptsweep.api import serving; serving.check_host('0.0.0.0'); print(serving.providers())"
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}

    found = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=tmp_path,
        env=os.environ | paths,
        capture_output=True,
        text=True,
    )

    assert found.stdout == "['okta']\n", found.stderr


def test_the_password_is_compared_in_constant_time():
    source = Path(serving.__file__).parents[1] / "dashboard" / "access.py"

    assert "hmac.compare_digest(" in source.read_text(encoding="utf-8")
