"""Downloads, where people look for them: under the table whose rows they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

import streamlit as st

from promptsweep.dashboard.words import say

Rows = Sequence[Mapping[str, Any]]


def rows(make: Callable[[], Rows] | Rows, name: str) -> None:
    """Offers rows as `name`.csv and `name`.parquet. A function makes them only when one is asked for."""

    def frame() -> Any:
        import pandas as pd

        return pd.DataFrame(list(make() if callable(make) else make))

    def csv() -> bytes:
        text: str = frame().to_csv(index=False)
        return text.encode("utf-8-sig")  # without the mark Excel does not know UTF-8

    def parquet() -> bytes:
        written = BytesIO()
        frame().to_parquet(written, index=False)
        return written.getvalue()

    with st.container(horizontal=True, gap="small"):
        for form, data, mime in (
            ("csv", csv, "text/csv"),
            ("parquet", parquet, "application/vnd.apache.parquet"),
        ):
            st.download_button(
                say("Download {form}", form=form.upper() if form == "csv" else form.capitalize()),
                data,
                file_name=f"{name}.{form}",
                mime=mime,
                key=f"download-{name}-{form}",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
            )
