"""What an endpoint's Batch API is like: the key `batch` of an endpoint in models.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """An endpoint's Batch API, which is OpenAI's: JSONL files, and batches made of them."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    price: Annotated[float, Ge(0), Le(1)]
    """Part of the live price, where the genai-prices package knows no batch price of the model."""
    path: str = ""
    """Appended to the base URL, before `/files` and `/batches`."""
    url: str = "/v1/chat/completions"
    """What each line, and the batch, says it calls."""
    requests: Annotated[int, Ge(1)] = 50_000
    """Most requests of one batch."""
    megabytes: Annotated[float, Gt(0)] = 200.0
    """Most of one file (a megabyte is 10⁶ bytes)."""
    poll: Annotated[float, Gt(0)] = 10.0
    """Seconds before a batch is first asked after; then ever longer, up to ten times that."""
    expired: Literal["resend", "report"] = "resend"
    """What becomes of requests that the vendor had no time for: the next batch, or a sample's error."""


def terms_of(written: Any) -> Any:
    """`batch: 0.5` means `batch: {price: 0.5}`."""
    return {"price": written} if isinstance(written, int | float) else written
