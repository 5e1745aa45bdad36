"""Confidence: how likely a plan answers its question, from the evidence, by fitted parameters.

One logistic combination: every kind of evidence takes off what it is worth, in log-odds, in
proportion to how far its score is below 1. It is monotone: better evidence never lowers the
confidence, and no evidence raises it above what a hard objection leaves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from clearway.errors import ConfigurationError
from clearway.plans import Evidence, EvidenceKind

FORMAT = 1
HARD: frozenset[EvidenceKind] = frozenset(["objection"])
"""Kinds that cap the confidence at their own score where they speak against a plan."""

Weight = Annotated[float, Field(ge=0, le=50, allow_inf_nan=False)]
Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Calibration(BaseModel):
    """Fitted parameters, and the record of what they were fitted on. Implements `Confidence`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = Field(ge=FORMAT, le=FORMAT)
    intercept: float = Field(ge=-50, le=50, allow_inf_nan=False)
    """Log-odds of a plan that nothing speaks against."""
    weights: Mapping[EvidenceKind, Weight]
    """What a score of 0 takes off, in log-odds; kinds that are not here do not count."""
    absent: Mapping[EvidenceKind, Score] = Field(default_factory=dict)
    """The score a kind is taken to have where it was not collected; 1 where it is not here."""
    prior: tuple[EvidenceKind, ...] = ()
    """Kinds whose weight was set by hand: the data had nothing to say about them."""
    record: Mapping[str, JsonValue] = Field(default_factory=dict)
    """Where it comes from: sources, counts, date, and how well it did on what it had not seen."""

    def of(self, evidence: Iterable[Evidence]) -> float:
        """Return the confidence, between 0 and 1; a person's own SQL means what it says."""
        items = tuple(evidence)
        ceiling = min((item.score for item in items if item.kind in HARD), default=1.0)
        if any(item.kind == "asker" for item in items):
            return ceiling
        return round(min(ceiling, probability(self.log_odds(items))), 4)

    def log_odds(self, evidence: Iterable[Evidence]) -> float:
        """Return the combination before it is a probability."""
        scores = {item.kind: item.score for item in evidence}
        doubts = (
            weight * (1 - scores.get(kind, self.absent.get(kind, 1.0)))
            for kind, weight in self.weights.items()
        )
        return self.intercept - sum(doubts)


def probability(log_odds: float) -> float:
    """Return the logistic function, without overflow."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1 + odds)


def parse_calibration(text: str, *, name: str) -> Calibration:
    """Return the parameters of a file; `ConfigurationError` names it and what is wrong."""
    try:
        return Calibration.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigurationError(
            f"{name} holds no calibration: {where}: {first['msg']}. "
            "`clearway calibrate` writes one."
        ) from None
