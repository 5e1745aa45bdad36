"""The graph as the LangGraph server loads it (langgraph.json); nothing is opened on import."""

from __future__ import annotations

from clearway.server.process import process

graph = process().graph()
