"""The graph as the LangGraph server loads it (langgraph.json): thin, and nothing opened on import."""

from __future__ import annotations

from clearway.server.process import process

graph = process().graph()
