"""The calibration in force: the owner's own, or the one that ships."""

from __future__ import annotations

from importlib.resources import files

from clearway.errors import ConfigurationError
from clearway.semantics.evidence.confidence import Calibration, parse_calibration
from clearway.settings import Settings


def load_calibration(settings: Settings) -> Calibration:
    """Return the parameters `CLEARWAY_CALIBRATION` names, or the shipped ones.

    Raises `ConfigurationError` where the file cannot be read or holds something else.
    """
    path = settings.calibration
    if path is None:
        return shipped_calibration()
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(
            f"CLEARWAY_CALIBRATION: {path} cannot be read ({why}). `clearway calibrate` writes one."
        ) from None
    return parse_calibration(text, name=f"CLEARWAY_CALIBRATION: {path}")


def shipped_calibration() -> Calibration:
    """Return the parameters of this package; their record says what they were fitted on."""
    shipped = files("clearway.semantics") / "calibration.json"
    return parse_calibration(shipped.read_text("utf-8"), name="calibration.json")
