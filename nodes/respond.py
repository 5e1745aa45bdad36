"""Respond: make the Outcome of what happened, and the chat message that says it."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

from langchain_core.messages import AIMessage
from langgraph.types import Command

from clearway.display import as_markdown, readable_rows
from clearway.errors import ClearwayError
from clearway.graph.context import Context
from clearway.graph.ports import Meaning, Services
from clearway.graph.state import Ending, Json, State
from clearway.graph.turn import principal_of, redacted
from clearway.outcome import OUTCOME, Answered, Outcome

PREVIEW_CELL_CHARS = 80


async def respond(
    state: State, context: Context, services: Services
) -> Command[Literal["audit", "execute"]]:
    """Build the one Outcome; rows lost with a killed process are read again, on record."""
    ending, result = state.get("ending"), state.get("result")
    if ending is None and result is not None and state.get("rows") is None:
        return Command(goto="execute", update={})
    outcome = outcome_of(state, services)
    # A message stays in the conversation: personal columns are for the Outcome alone.
    personal = bool((state.get("checked") or {}).get("personal"))
    text = chat_text(outcome, 0 if personal else services.policy.preview_rows)
    await _proposed(state, outcome, services)
    full = outcome.model_dump(mode="json")
    bare = without_rows(full)
    shown = {**redacted(bare, services.screen.answer), "trace_id": full["trace_id"]}
    return Command(
        goto="audit",
        update={
            "outcome": {**shown, "result": full["result"]} if "result" in full else shown,
            "record": redacted(bare, services.redactor.redact),
            "messages": [AIMessage(services.redactor.redact(text))],
        },
    )


async def _proposed(state: State, outcome: Outcome, services: Services) -> None:
    """Keep what a choice says a word means, once it led to an answer; the owner decides."""
    chosen = state.get("chosen")
    if chosen is None or services.glossary is None or not isinstance(outcome, Answered):
        return
    meaning = Meaning(
        term=chosen["term"],
        target=chosen["target"],
        question=chosen["question"],
        source_id=services.policy.source_id,
        principal=principal_of(state["request"]),
        at=services.clock.now(),
    )
    with suppress(ClearwayError):  # the answer is there, with or without a proposal
        await services.glossary.propose(meaning)


def outcome_of(state: State, services: Services) -> Outcome:
    """Return the typed outcome of a turn; `failed` where nothing else can be said."""
    ending = redacted(state.get("ending"), services.redactor.redact)
    body = _answer(state) if ending is None else _end(state, ending, services)
    plan = state.get("plan") or {}
    common = {
        "trace_id": state["request"]["trace_id"],
        "tool": (state.get("route") or {"tool": "none"})["tool"],
        "source_id": plan.get("source_id"),
        "confidence": state.get("confidence", 0.0),
        "threshold": state["request"]["threshold"],
        "evidence": state.get("evidence", []),
        "degradations": state.get("degradations", []),
        "timings_ms": state.get("timings_ms", {}),
        "usage": state.get("usage") or {},
        "cache": state.get("cache", "none"),
        "cache_match": state.get("cache_match", "none") if state.get("cache") != "none" else "none",
    }
    return OUTCOME.validate_python({**common, **body})


def _answer(state: State) -> Json:
    plan, result = state["plan"] or {}, state["result"]
    checked = state["checked"] or {}
    count = result["row_count"] if result else 0
    more = (
        " (the most that is returned; there may be more)" if result and result["truncated"] else ""
    )
    return {
        "kind": "answered",
        "message": f"{count} row{'' if count == 1 else 's'}{more}.",
        "result": {
            "columns": result["columns"] if result else [],
            "rows": state.get("rows") or [],
            "row_count": count,
            "truncated": bool(result and result["truncated"]),
            "result_hash": result["result_hash"] if result else "",
        },
        "sql": checked.get("sql"),
        "plan_source": plan.get("source"),
        "explanation": plan.get("explanation", ""),
        "assumptions": [*plan.get("assumptions", []), *checked.get("notes", [])],
    }


def _end(state: State, ending: Ending, services: Services) -> Json:
    """Return the fields that only this kind of ending has."""
    kind, reason = ending["kind"], ending["reason"]
    remedy = ending.get("remedy", "")
    body: Json = {"kind": kind, "message": f"{reason} {remedy}".strip()}
    if kind == "clarify":
        rounds_left = services.policy.clarify_rounds - state["request"]["clarify_round"] - 1
        prompt = ending.get("prompt", reason)
        choices = ending.get("choices", [])
        shown = [{key: choice[key] for key in ("id", "label", "effect")} for choice in choices]
        return {
            **body,
            "message": prompt,
            "prompt": prompt,
            "unclear": ending.get("unclear", []),
            "choices": shown,
            "rounds_left": max(rounds_left, 0),
        }
    if kind == "refused":
        return {**body, "reason": reason, "remedy": remedy, "rejection": ending.get("rejection")}
    if kind == "limited":
        return {**body, "reason": reason, "retry_after_s": ending["retry_after_s"]}
    if kind == "failed":
        return {**body, "error": ending["error"]}
    return {**body, "reason": reason}


def without_rows(outcome: Json) -> Json:
    """Return the outcome as it may be kept: columns, count and hash, no rows."""
    if "result" not in outcome:
        return outcome
    return {**outcome, "result": {**outcome["result"], "rows": []}}


def chat_text(outcome: Outcome, preview_rows: int) -> str:
    """Return the chat message: the sentence, and for an answer at most `preview_rows` rows."""
    if not isinstance(outcome, Answered) or not preview_rows or not outcome.result.rows:
        return _with_choices(outcome)
    header = [column.name for column in outcome.result.columns]
    lines = [_markdown_row(header), "| " + " | ".join(["---"] * len(header)) + " |"]
    lines += [_markdown_row(row) for row in readable_rows(outcome.result, preview_rows)]
    return "\n".join([outcome.message, "", *lines])


def _with_choices(outcome: Outcome) -> str:
    if outcome.kind != "clarify" or not outcome.choices:
        return outcome.message
    listed = (f"{n}. {choice.label}" for n, choice in enumerate(outcome.choices, start=1))
    return "\n".join([outcome.message, *listed])


def _markdown_row(cells: list[str]) -> str:
    shown = (as_markdown(cell[:PREVIEW_CELL_CHARS]) for cell in cells)
    return "| " + " | ".join(shown) + " |"
