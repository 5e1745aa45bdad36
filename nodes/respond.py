"""Respond: make the Outcome of what happened, and the chat message that says it."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

from langchain_core.messages import AIMessage
from langgraph.types import Command

from clearway.display import as_markdown, place, readable_rows
from clearway.errors import ClearwayError
from clearway.graph.conclude import for_asker, outcome_of, told_from, without_rows
from clearway.graph.context import Context
from clearway.graph.pieces import in_order, lost, sent_on
from clearway.graph.ports import Meaning, Services
from clearway.graph.state import State
from clearway.graph.turn import principal_of, redacted
from clearway.outcome import Answered, DocsAnswer, Outcome

PREVIEW_CELL_CHARS = 80


async def respond(
    state: State, context: Context, services: Services
) -> Command[Literal["audit", "execute", "part"]]:
    """Build the one Outcome; rows lost with a killed process are read again, on record."""
    ending, result = state.get("ending"), state.get("result")
    if ending is None and (again := lost(state)):
        return Command(goto=sent_on(state, again), update={})
    if ending is None and result is not None and state.get("rows") is None:
        return Command(goto="execute", update={})
    outcome = outcome_of(state, services)
    # A message stays in the conversation: personal columns are for the Outcome alone.
    personal = bool((state.get("checked") or {}).get("personal"))
    text = told_apart(state) or chat_text(outcome, 0 if personal else services.policy.preview_rows)
    await _proposed(state, outcome, services)
    full = outcome.model_dump(mode="json")
    return Command(
        goto="audit",
        update={
            "outcome": for_asker(full, services.screen.answer),
            "record": redacted(without_rows(full), services.redactor.redact),
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


def told_apart(state: State) -> str:
    """Return the chat message of a request in parts: each as it said of itself; else nothing."""
    return "\n\n".join(
        f"**{as_markdown(part['question'])}**\n\n{part['message']}" for part in in_order(state)
    )


def chat_text(outcome: Outcome, preview_rows: int) -> str:
    """Return the chat message: the sentence, and of an answer at most `preview_rows` rows.

    Without a preview nothing that was read stays in the conversation.
    """
    if not isinstance(outcome, Answered):
        return _with_choices(outcome)
    if outcome.docs is not None:
        return _quoted(outcome.docs) if preview_rows else told_from(outcome.docs.citations)
    if not preview_rows or outcome.result is None or not outcome.result.rows:
        return outcome.message
    header = [column.name for column in outcome.result.columns]
    lines = [_markdown_row(header), "| " + " | ".join(["---"] * len(header)) + " |"]
    lines += [_markdown_row(row) for row in readable_rows(outcome.result, preview_rows)]
    return "\n".join([outcome.message, "", *lines])


def _quoted(answer: DocsAnswer) -> str:
    """Return an answer and where it stands; a document's text must not become a link or a tag."""
    said = [
        as_markdown(each.text) + " " + "".join(f"\\[{number}\\]" for number in each.citations)
        for each in answer.sentences
    ]
    places = [f"\\[{each.number}\\] {as_markdown(place(each))}" for each in answer.citations]
    return "\n\n".join([*said, "  \n".join(places)])


def _with_choices(outcome: Outcome) -> str:
    if outcome.kind != "clarify" or not outcome.choices:
        return outcome.message
    listed = (f"{n}. {choice.label}" for n, choice in enumerate(outcome.choices, start=1))
    return "\n".join([outcome.message, *listed])


def _markdown_row(cells: list[str]) -> str:
    shown = (as_markdown(cell[:PREVIEW_CELL_CHARS]) for cell in cells)
    return "| " + " | ".join(shown) + " |"
