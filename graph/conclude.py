"""Make the Outcome of what happened in a turn, and of that what may be kept. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import reduce

from clearway.graph.pieces import in_order
from clearway.graph.ports import Services
from clearway.graph.state import Ending, Json, State
from clearway.graph.turn import redacted
from clearway.outcome import OUTCOME, Citation, DocsAnswer, Outcome, Usage

ELSEWHERE = "Ask in the words a document would use, or add what is missing: `clearway docs add`."


PARTS_GONE: Ending = {
    "kind": "refused",
    "reason": "What was asked in parts was cut off, and nothing of it is left.",
    "remedy": "Ask it again.",
}


def outcome_of(state: State, services: Services) -> Outcome:
    """Return the typed outcome of a turn; `failed` where nothing else can be said."""
    parts = in_order(state)
    gone = PARTS_GONE if state.get("pieces") and not parts else None
    ending = redacted(state.get("ending"), services.redactor.redact) or gone
    if ending is not None:
        body = _end(state, ending, services)
    else:
        body = _together(parts) if parts else _answer(state)
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
        "parts": [
            {"question": each["question"], "outcome": each["outcome"]} for each in in_order(state)
        ],
    }
    return OUTCOME.validate_python({**common, **body})


def for_asker(outcome: Json, screened: Callable[[str], str]) -> Json:
    """Return the outcome with its texts screened; rows are what the reader role let through."""
    done = ("result", "trace_id", "parts")  # a part went through here by itself
    texts = {key: value for key, value in outcome.items() if key not in done}
    return {**outcome, **redacted(texts, screened)}


def without_rows(outcome: Json) -> Json:
    """Return the outcome as it may be kept: columns, counts and places, nothing that was read."""
    bare = dict(outcome)
    bare["parts"] = [
        {**part, "outcome": without_rows(part["outcome"])} for part in outcome["parts"]
    ]
    if bare.get("result"):
        bare["result"] = {**bare["result"], "rows": []}
    if answer := bare.get("docs"):
        places = [{**each, "quote": ""} for each in answer["citations"]]
        bare["docs"] = {**answer, "text": "", "sentences": [], "citations": places}
        bare["message"] = told_from(DocsAnswer.model_validate(answer).citations)
    return bare


def told_from(citations: Sequence[Citation]) -> str:
    """Return which documents an answer stands in."""
    names = dict.fromkeys(each.document for each in citations)
    return f"Answered from {', '.join(names)}."


def _together(parts: list[Json]) -> Json:
    """Return what is to be said of the parts as a whole."""
    outcomes = [part["outcome"] for part in parts]
    answered = [each for each in outcomes if each["kind"] == "answered"]
    spent = [Usage.model_validate(each["usage"]) for each in outcomes]
    body: Json = {
        "confidence": min(each["confidence"] for each in answered or outcomes),
        "degradations": _once(note for each in outcomes for note in each["degradations"]),
        "usage": reduce(Usage.plus, spent).model_dump(mode="json"),
    }
    if answered:
        missing = len(parts) - len(answered)
        lacking = f"; {missing} could not be" if missing else ""
        message = f"{len(answered)} of {len(parts)} questions answered{lacking}."
        source = answered[0]["plan_source"]
        return {**body, "kind": "answered", "message": message, "plan_source": source}
    said = " ".join(each["message"] for each in outcomes)
    remedy = "Ask each question by itself."
    return {**body, "kind": "refused", "message": said, "reason": said, "remedy": remedy}


def _once(notes: Iterable[Json]) -> list[Json]:
    """Return each note once, in order."""
    return list({json.dumps(note, sort_keys=True): note for note in notes}.values())


def _answer(state: State) -> Json:
    plan, checked = state["plan"] or {}, state["checked"] or {}
    answer = state.get("answer")
    body = _table(state) if answer is None else _cited(answer)
    if body["kind"] != "answered":
        return body
    return {
        **body,
        "sql": checked.get("sql"),
        "plan_source": plan.get("source"),
        "explanation": plan.get("explanation", ""),
        "assumptions": [*plan.get("assumptions", []), *checked.get("notes", [])],
    }


def _table(state: State) -> Json:
    result = state["result"]
    count = result["row_count"] if result else 0
    more = (
        " (the most that is returned; there may be more)" if result and result["truncated"] else ""
    )
    rows = state.get("rows") or []
    # A sum over nothing is one row all the same.
    empty = len(rows) == 1 and all(cell is None for cell in rows[0])
    nothing = ", and nothing in it: the data holds no value for this" if empty else ""
    return {
        "kind": "answered",
        "message": f"{count} row{'' if count == 1 else 's'}{more}{nothing}.",
        "result": {
            "columns": result["columns"] if result else [],
            "rows": rows,
            "row_count": count,
            "truncated": bool(result and result["truncated"]),
            "result_hash": result["result_hash"] if result else "",
        },
    }


def _cited(answer: Json) -> Json:
    if answer["found"]:
        return {"kind": "answered", "message": answer["text"], "docs": answer}
    return {
        "kind": "refused",
        "message": f"{answer['text']} {ELSEWHERE}",
        "reason": answer["text"],
        "remedy": ELSEWHERE,
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
