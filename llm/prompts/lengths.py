"""How long texts may be: what a user types, and what a model answers."""

from __future__ import annotations

from clearway.errors import PromptTooLong
from clearway.llm.prompts.payload import message_texts
from clearway.llm.prompts.schemas import schemas
from clearway.llm.types import ChatRequest


def check_typed(request: ChatRequest, limit: int) -> None:
    """Raise `PromptTooLong` for a message of the user's with more characters.

    Schemas in it are not counted, nor is anything that is not the user's: instructions, answers
    and what tools brought.
    """
    for place, message in enumerate(request.messages):
        if message.get("role") != "user":
            continue
        texts = [text for text in message_texts(message) if text]
        typed = sum(map(len, texts))
        if typed > limit:
            typed -= sum(s.end - s.start for text in texts for s in schemas(text))
        if typed > limit:
            raise PromptTooLong(
                f"messages[{place}] has {typed} characters beside its schemas; "
                f"at most {limit} of what a user types are read.",
                param=f"messages[{place}].content",
                characters=typed,
                limit=limit,
            )
