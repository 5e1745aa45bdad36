"""Which tokenizer a model has, by the beginning of its name."""

from __future__ import annotations

from typing import Literal

Family = Literal["o200k", "cl100k", "deepseek", "gemma", "llama", "mistral", "qwen", "unknown"]

PREFIXES: tuple[tuple[str, Family], ...] = (
    ("gpt-4o", "o200k"), ("gpt-4.1", "o200k"), ("gpt-4.5", "o200k"), ("gpt-5", "o200k"),
    ("gpt-oss", "o200k"), ("chatgpt", "o200k"), ("o1", "o200k"), ("o3", "o200k"), ("o4", "o200k"),
    ("gpt-4", "cl100k"), ("gpt-3.5", "cl100k"), ("text-embedding", "cl100k"),
    ("deepseek", "deepseek"), ("gemini", "gemma"), ("gemma", "gemma"), ("qwen", "qwen"),
    ("llama", "llama"), ("meta-llama", "llama"), ("mistral", "mistral"), ("ministral", "mistral"),
    ("mixtral", "mistral"), ("codestral", "mistral"), ("devstral", "mistral"),
)  # fmt: skip
"""The first that fits. Of vendors that publish no tokenizer (Claude, Command) nothing is known."""


def family_of(model: str) -> Family:
    """Return the family; `openai/gpt-4o` and `gpt-4o` are one model."""
    name = model.rpartition("/")[2].lower()
    return next((family for prefix, family in PREFIXES if name.startswith(prefix)), "unknown")
