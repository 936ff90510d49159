"""What draws the charts in a reader's browser, and the policy that lets it do nothing else."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files


@cache
def script() -> str:
    """Vega, Vega-Lite, Vega-Embed and what calls them. Needs the extra `report`."""
    import vl_convert

    from promptsweep.reports.charts.vega import version

    bundle = vl_convert.javascript_bundle(_text("page.js"), vl_version=version())
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")  # would end, or hide, its end


def style() -> str:
    """The style sheet."""
    return _text("style.css")


def policy(script: str, style: str) -> str:
    """A Content-Security-Policy: exactly this script and this style, and nothing is ever requested."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _text(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
