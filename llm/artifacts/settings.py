"""How artifacts are made: what stands in for a model, how long texts may be, what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Step = Literal["provider", "rules", "similar"]


@dataclass(frozen=True, kw_only=True)
class ArtifactSettings:
    """Every default works."""

    fallbacks: Sequence[Step] = ("provider", "rules", "similar")
    """What is tried, in this order, where the first choice brings nothing that can be used."""
    input_chars: int | None = 10_000
    """How long an intent may be, schemas in it not counted; None: however long."""
    output_chars: int | None = 50_000
    ttl_s: float = 86_400.0
    """How long what was made answers the same request again; 0: not at all."""
