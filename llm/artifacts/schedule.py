"""When a pipeline runs: the five fields of cron, checked field by field."""

from __future__ import annotations

import re

PRESETS = frozenset(
    {"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"}
)
BOUNDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
NAMES = {
    "month": ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    "weekday": ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}
ITEM = re.compile(r"(?P<first>\*|\w{1,3})(?:-(?P<last>\w{1,3}))?(?:/(?P<step>\d{1,3}))?\Z")


def check_schedule(schedule: str) -> str:
    """Return the schedule with its blanks in order; ValueError says which field cannot be read."""
    fields = schedule.split()
    if len(fields) == 1 and fields[0].lower() in PRESETS:
        return fields[0].lower()
    if len(fields) != len(BOUNDS):
        raise ValueError(
            f"{schedule[:40]!r} is no schedule: five fields of cron, or one of "
            f"{', '.join(sorted(PRESETS))}"
        )
    for text, (name, least, most) in zip(fields, BOUNDS, strict=True):
        if not all(_readable(item, name, least, most) for item in text.split(",")):
            raise ValueError(f"{text[:40]!r} is no {name} of a schedule ({least} to {most})")
    return " ".join(fields)


def _readable(item: str, name: str, least: int, most: int) -> bool:
    match = ITEM.match(item)
    if match is None or (match["step"] is not None and not 0 < int(match["step"]) <= most):
        return False
    if match["first"] == "*":
        return match["last"] is None
    first = _number(match["first"], name, least)
    last = first if match["last"] is None else _number(match["last"], name, least)
    return first is not None and last is not None and least <= first <= last <= most


def _number(text: str, name: str, least: int) -> int | None:
    if text.isascii() and text.isdigit():
        return int(text)
    names = NAMES.get(name, ())
    return names.index(text.lower()) + least if text.lower() in names else None
