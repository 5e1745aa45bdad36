"""What waits for a person: what is to be approved, and what a plain yes or no settles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from langgraph.types import Command, Interrupt

from clearway.outcome import Approval, NeedsReview, Refused
from clearway.plans import CHECKED

YES = frozenset({"yes", "y", "approve", "approved"})
NO = frozenset({"no", "n", "decline", "reject"})
GO_ON: Command[Any] = Command(resume={"approved": True})
"""Takes up a run that was let through and then cut off: what it wrote is told, not done again."""


def plain_answer(text: str) -> bool | None:
    """Return what a message says where it is a plain yes or no; None where it is anything else."""
    said = text.strip().rstrip(".!").casefold()
    return True if said in YES else False if said in NO else None


def to_approve(interrupts: Iterable[Interrupt]) -> list[Interrupt]:
    """Return those of what a run waits for that a person approves, as the question has them.

    Parts of a question reach their approval in any order.
    """
    waiting = [each for each in interrupts if each.value.get("kind") == "approve"]
    return sorted(waiting, key=lambda each: int(each.value.get("part", 0)))


def settling(waiting: Iterable[Interrupt], said: bool | Mapping[str, bool]) -> Command[Any] | None:
    """Return what goes on with a run: one word for all that waits, or one for each by its id.

    None where nothing waits that was spoken of.
    """
    by_id = {each.id: said if isinstance(said, bool) else said.get(each.id) for each in waiting}
    resume = {name: {"approved": word} for name, word in by_id.items() if word is not None}
    return Command(resume=resume) if resume else None


def review_of(waiting: Iterable[Interrupt], trace_id: str) -> NeedsReview:
    """Return the Outcome that names everything that is to be approved before it runs."""
    approvals = tuple(
        Approval(
            id=each.id,
            statement=checked.statement,
            question=each.value.get("question", ""),
            notes=checked.notes,
        )
        for each in waiting
        for checked in [CHECKED.validate_python(each.value["checked"])]
    )
    what = "this" if len(approvals) == 1 else "these"
    runs = "it runs" if len(approvals) == 1 else "they run"
    listed = "; ".join(each.statement for each in approvals)
    reason = f"A person must approve {what} before {runs}: {listed}"
    told = "".join(f"\n{note}" for each in approvals for note in each.notes)
    message = f'{reason}{told}\nAnswer "yes" or "no" in this conversation.'
    return NeedsReview(trace_id=trace_id, message=message, reason=reason, approvals=approvals)


def nothing_waits(trace_id: str) -> Refused:
    """Return the Outcome of an approval nobody asked for."""
    reason, remedy = "Nothing waits for an approval in this conversation.", "Ask again."
    return Refused(trace_id=trace_id, message=f"{reason} {remedy}", reason=reason, remedy=remedy)
