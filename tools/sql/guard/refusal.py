"""How a layer says no: one exception, one Rejection."""

from __future__ import annotations

from clearway.plans import Rejection

ABSENT_REMEDY = "Use the tables and columns of the catalog; `clearway catalog show` lists them."


class Refused(Exception):
    """A layer refuses the statement; `rejection` is what the caller sees."""

    def __init__(
        self, layer: str, rule: str, reason: str, remedy: str, position: int | None = None
    ) -> None:
        super().__init__(reason)
        self.rejection = Rejection(
            layer=layer, rule=f"sql.{rule}", reason=reason, remedy=remedy, position=position
        )


def shown(name: str, limit: int = 60) -> str:
    """Return a name from the statement, short and quoted, for a reason."""
    text = name if len(name) <= limit else name[: limit - 1] + "…"
    return f"`{text}`"


def unequal() -> Refused:
    """Return the refusal of a text that is not what was checked."""
    return Refused(
        "agreement",
        "agreement.recheck",
        "The statement does not read the same after it is written out.",
        "Write it more plainly: name every table and column.",
    )


def internal() -> Refused:
    """Return the refusal of what a defect of the guard keeps it from judging."""
    return Refused(
        "tree",
        "internal",
        "The statement could not be judged.",
        "Write it more plainly.",
    )
