"""The OpenAI-compatible face of the router: `clearway llm serve`."""
