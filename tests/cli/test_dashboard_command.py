"""`dashboard`: a real server of the packaged app."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def healthy(port, patience=40.0):
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1) as reply:
                return reply.read() == b"ok"
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    return False


def test_the_dashboard_serves_on_this_machine_until_ctrl_c(tmp_path):
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "promptsweep",
        "dashboard",
        "--port",
        str(port),
        "--workspace",
        str(tmp_path),
    ]
    environment = {**os.environ, "STREAMLIT_SERVER_HEADLESS": "true"}
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            assert healthy(port)
        finally:
            os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) in (0, 130)
        assert b"Traceback" not in process.stderr.read()
