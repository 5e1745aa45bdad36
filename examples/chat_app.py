"""Embed Clearway in a chat app: messages in, messages out, one thread a conversation.

Run it: `python examples/chat_app.py`. It asks three questions, the last one a follow-up.
"""

from __future__ import annotations

import asyncio
import uuid

from langchain_core.messages import HumanMessage

from clearway import Clearway
from clearway.graph.context import Context


async def main() -> None:
    """Hold a short conversation."""
    async with Clearway.open() as cw:
        thread = {"configurable": {"thread_id": uuid.uuid4().hex}}
        context = Context(user="ada@example.test")  # who is logged in to your app
        for text in ("total revenue by region in 2025", "only Europe", "hello"):
            print(f"\n> {text}")
            said = {"messages": [HumanMessage(text)]}
            async for update in cw.graph.astream(said, thread, context=context):
                for node, change in update.items():
                    if change and (messages := change.get("messages")) and node == "respond":
                        print(messages[-1].text)


if __name__ == "__main__":
    asyncio.run(main())
