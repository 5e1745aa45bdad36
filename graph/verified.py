"""The very statement a reviewer accepted as the answer to a question, where it is asked again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from clearway.graph.ports import Services, VerifiedQuery
from clearway.graph.state import Request
from clearway.graph.turn import principal_of
from clearway.plans import SqlPlan
from clearway.semantics.types import Frame

VERIFIED = "a reviewer verified this statement as the answer to this question"

_OF_THE_DAY = re.compile(r"\b(?:current_(?:date|timestamp|time)|local(?:time|timestamp)|now\s*\()")
"""A statement that says itself which day it is asked on."""


async def verified_plan(request: Request, frame: Frame, services: Services) -> SqlPlan | None:
    """Return the plan a reviewer vouches for; None where this is not the question it answers.

    What follows another question, or answers one that was asked back, is no question by itself.
    """
    if services.verified is None or frame.follow_up or request["clarify_round"]:
        return None
    principal = principal_of(request)
    for kept in await services.verified.worded_alike(request["text"], principal):
        if frame.scope == "mine" and kept.user != principal.user:
            continue
        if _reads_alike(kept, request, services):
            return SqlPlan(
                source="verified",
                source_id=services.policy.source_id,
                sql=kept.sql,
                stated_confidence=1.0,
                assumptions=(VERIFIED,),
                explanation="The statement was accepted as the answer to this question.",
            )
    return None


def _reads_alike(kept: VerifiedQuery, request: Request, services: Services) -> bool:
    """Return whether the question says now what it said then: its periods may have moved on."""
    now, principal, zone = (
        datetime.fromisoformat(request["asked_at"]),
        principal_of(request),
        request["timezone"],
    )
    then = now if kept.at is None or _OF_THE_DAY.search(kept.sql.casefold()) else kept.at
    read = services.semantics.read
    said = read(request["text"], principal, now=now, zone=zone)
    meant = read(kept.question, principal, now=then, zone=zone)
    return replace(said, text="").canonical() == replace(meant, text="").canonical()
