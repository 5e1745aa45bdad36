"""What evidence says of calls, as a probability; the weights are set by hand."""

from __future__ import annotations

from clearway.semantics.evidence.confidence import Calibration

CALIBRATION = Calibration(
    format=1,
    intercept=3.2,
    weights={
        "identifiers": 8.0,
        "coverage": 2.0,
        "values": 3.0,
        "agreement": 2.0,
        "joins": 1.0,
        "stated": 2.0,
        "repairs": 0.5,
    },
    prior=("identifiers", "coverage", "values", "agreement", "joins", "stated", "repairs"),
)
"""A plan nothing speaks against is right in 96 of 100 cases; two doubts ask back."""
