"""What other programs talk to: authentication for the LangGraph server."""
