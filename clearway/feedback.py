"""Giving feedback on an answer and reviewing it: who may, and what follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from clearway.errors import CacheError, IdentityError, ValidationError
from clearway.graph.context import Context
from clearway.graph.state import State
from clearway.graph.turn import asked_of
from clearway.identity import REVIEW, Principal
from clearway.nodes.admit import new_request
from clearway.nodes.route import route, split
from clearway.plans import Rejection
from clearway.stores.feedback import IN_CONTEXT

if TYPE_CHECKING:
    from clearway.stores.audit.read import AuditRecord
    from clearway.stores.feedback import Feedback, Mark
    from clearway.wiring import Wired

MAX_NOTE = 2000
RECORDS = 200
"""Steps of one trace that are looked at; a caller may have used a trace id before."""


async def give(
    wired: Wired, principal: Principal, trace_id: str, mark: Mark, *, sql: str, note: str
) -> Feedback:
    """Keep a mark on an answer; a bad one evicts the plan that is kept for its question.

    Raises `IdentityError` where the answer is not the principal's own, as if there were none;
    `ValidationError` where a correction would not pass the interlock; `CacheError` where the mark
    is kept and a cached plan could not be dropped.
    """
    if mark not in ("up", "down"):
        raise ValidationError("A mark is up or down.")
    asked, ran = await _answer(wired, principal, trace_id)
    redact = wired.services.redactor.redact
    statement = _corrected(wired, principal, sql)
    asker = replace(principal, user=asked.user_id or principal.user, tenant=asked.tenant)
    kept = await wired.feedback.give(
        asker,
        given_by=principal.user,
        trace_id=trace_id,
        mark=mark,
        question=_said(asked),
        plan_sql=(ran.statement or "") if ran is not None else "",
        sql=statement,
        note=redact(note[:MAX_NOTE]),
        at=wired.services.clock.now(),
    )
    if mark == "down":
        await _evict(wired, asker, asked)
    return kept


async def review(
    wired: Wired,
    principal: Principal,
    feedback_id: int,
    decision: Literal["accepted", "rejected"],
) -> Feedback:
    """Accept or reject feedback of the principal's tenant; accepted, it is a verified question.

    Raises `IdentityError` for whoever may not review, and where there is no such entry;
    `ValidationError` where the statement would no longer pass the interlock.
    """
    reviewer(principal)
    kept = await wired.feedback.one(feedback_id, principal.tenant)
    if kept is None:
        raise IdentityError(f"There is no feedback {feedback_id}.")
    if decision == "accepted" and kept.sql:
        _corrected(wired, principal, kept.sql)
    now = wired.services.clock.now()
    await wired.feedback.decide(feedback_id, principal.tenant, decision, by=principal.user, at=now)
    return replace(kept, status=decision, decided_by=principal.user, decided_at=now)


def reviewer(principal: Principal) -> None:
    """Raise `IdentityError` unless the principal may review others' feedback."""
    if REVIEW not in principal.scopes:
        raise IdentityError("Reviewing feedback needs the scope `review`.")


async def _answer(
    wired: Wired, principal: Principal, trace_id: str
) -> tuple[AuditRecord, AuditRecord | None]:
    """Return the newest question of a trace that is the principal's, and what ran for it."""
    records = await wired.audit_records(
        correlation_id=trace_id, input_hash=None, user_id=None, limit=RECORDS
    )
    own = [record for record in records if _may_judge(principal, record)]
    asked = next((record for record in own if record.step == "ask"), None)
    if asked is None or not asked.input:
        raise IdentityError("There is no such answer.")
    ran = [r for r in own if r.step.startswith("execute") and r.success]
    return asked, next((r for r in ran if r.user_id == asked.user_id), None)


def _said(asked: AuditRecord) -> str:
    """Return the question as it is kept: marked where it means nothing by itself."""
    return f"{IN_CONTEXT if asked.details.get('in_context') else ''}{asked.input or ''}"


def _may_judge(principal: Principal, record: AuditRecord) -> bool:
    if record.tenant != principal.tenant or record.user_id is None:
        return False
    return record.user_id == principal.user or REVIEW in principal.scopes


def _corrected(wired: Wired, principal: Principal, sql: str) -> str:
    """Return a correction as it may be kept: one that passes the interlock, and holds no secret."""
    statement = sql.strip().removesuffix(";").strip()
    if not statement:
        return ""
    checked = wired.interlock.check(statement, principal)
    if isinstance(checked, Rejection):
        raise ValidationError(
            f"{checked.reason} {checked.remedy}", layer=checked.layer, rule=checked.rule
        )
    if wired.services.redactor.redact(statement) != statement:
        raise ValidationError(
            "The statement holds personal data or a secret, which is never kept; leave it out."
        )
    return statement


async def _evict(wired: Wired, asker: Principal, asked: AuditRecord) -> None:
    """Drop the plan as the question reads, and whatever the history keeps for these words."""
    question = asked.input or ""
    request = new_request(question, asker, Context(), wired.services)
    request = {**request, "asked_at": asked.created_at.isoformat()}
    troubles = []
    for piece in split(request, wired.services) or (question,):
        state: State = {"request": {**request, "text": piece, "part": 0}}
        state = {**state, **cast("State", (await route(state, Context(), wired.services)).update)}
        known = asked_of(state)
        try:
            if known is not None:
                await wired.services.cache.forget(known)
        except CacheError as error:
            troubles.append(error.message)
        try:
            await wired.upkeep.forget_question(piece, asker.tenant)
        except CacheError as error:
            troubles.append(error.message)
    if troubles:
        raise CacheError(f"The feedback is kept; the plan may still be cached. {troubles[0]}")
