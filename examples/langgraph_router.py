"""The model router in a LangGraph app of your own: RoutedChat goes wherever a chat model does.

Run it: `python examples/langgraph_router.py`. No key is needed: the simulated provider answers, and
one call in ten fails on purpose; with keys in the environment drop what is marked.
"""

from __future__ import annotations

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph

from clearway.llm import RoutedChat, open_router


def build(chat: RoutedChat) -> CompiledStateGraph[MessagesState]:
    """Return a graph of one node that asks the router."""

    async def answer(state: MessagesState) -> dict[str, list[AIMessage]]:
        return {"messages": [await chat.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("answer", answer)
    graph.add_edge(START, "answer")
    graph.add_edge("answer", END)
    return graph.compile()


async def main() -> None:
    """Ask twice, once whole and once streamed, and show what came of the way."""
    router = open_router(environment={"CLEARWAY_SIMULATED_PROVIDER": "1"})  # simulated
    chat = RoutedChat(
        router,
        routing={"order": ("simulated",), "user": "ada", "deadline_s": 20.0},  # simulated
    )
    app = build(chat)
    try:
        said = await app.ainvoke({"messages": [HumanMessage("Explain a query plan.")]})
        last = said["messages"][-1]
        print(last.text)
        print({key: last.response_metadata["clearway"][key] for key in SHOWN})
        async for part, _ in app.astream(
            {"messages": [HumanMessage("And an index?")]}, stream_mode="messages"
        ):
            print(part.text, end="", flush=True)
        print()
    finally:
        await router.aclose()


SHOWN = ("provider", "attempts", "cost_usd", "simulated")

if __name__ == "__main__":
    import asyncio

    asyncio.run(main())
