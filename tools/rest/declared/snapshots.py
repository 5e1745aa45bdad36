"""Documents that were fetched at set-up: asking a question never fetches one."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path


def snapshot_path(folder: Path, url: str) -> Path:
    """Return where the document of a URL is kept."""
    return folder / f"{sha256(url.encode()).hexdigest()[:32]}.openapi"


def keep(folder: Path, url: str, text: str) -> Path:
    """Keep a fetched document, whole or not at all; return where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = snapshot_path(folder, url)
    partial = path.with_suffix(".partial")
    partial.write_text(text, "utf-8")
    partial.replace(path)
    return path
