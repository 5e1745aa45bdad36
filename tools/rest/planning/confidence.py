"""What evidence says of calls, as a probability: fitted parameters, with the record of the fit.

`python -m clearway.evals.rest_confidence tests/corpora/rest tests/corpora/services_scored.tar.gz
--write tools/rest/planning/calibration.json`
makes them anew. Seven documents of development questions are few: the kinds in `prior` were set by
hand, and the record says how the rest does on a document it was not fitted on.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from clearway.semantics.evidence.confidence import Calibration, parse_calibration

FILE = "calibration.json"


@cache
def calibration() -> Calibration:
    """Return the parameters of this package."""
    shipped = files("clearway.tools.rest.planning") / FILE
    return parse_calibration(shipped.read_text("utf-8"), name=f"tools/rest/planning/{FILE}")
