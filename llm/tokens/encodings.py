"""Tokenizers whose data is on this machine already; nothing is ever fetched."""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktoken import Encoding


@dataclass(frozen=True, kw_only=True)
class Published:
    """An encoding as its vendor published it."""

    name: str
    sha256: str
    """Of its file of ranks: a file that differs is not it."""
    pattern: str
    """How it cuts a text before pairs are merged."""

    @property
    def cached_as(self) -> str:
        """What tiktoken calls the file in its cache."""
        address = f"https://openaipublic.blob.core.windows.net/encodings/{self.name}.tiktoken"
        return hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()


UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
SUFFIX = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"

PUBLISHED: Mapping[str, Published] = {
    "cl100k": Published(
        name="cl100k_base",
        sha256="223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        pattern=(
            r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
            r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
        ),
    ),
    "o200k": Published(
        name="o200k_base",
        sha256="446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        pattern=(
            rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{SUFFIX}"
            rf"|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{SUFFIX}"
            r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        ),
    ),
}


def folders(own: Path | None = None) -> Iterator[Path]:
    """Yield where a file of ranks may lie: the folder that is set, then tiktoken's caches."""
    if own is not None:
        yield own
    for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if named := os.environ.get(variable):
            yield Path(named)
    yield Path(tempfile.gettempdir()) / "data-gym-cache"


def find(published: Published, own: Path | None = None) -> Encoding | None:
    """Return the encoding, about half a second after the first call; None where it is not here.

    A folder may hold it as `o200k_base.tiktoken`, or as tiktoken caches it.
    """
    for folder in folders(own):
        for name in (f"{published.name}.tiktoken", published.cached_as):
            data = _read(folder / name)
            if data is not None and hashlib.sha256(data).hexdigest() == published.sha256:
                return _encoding(published, data)
    return None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _encoding(published: Published, data: bytes) -> Encoding:
    import tiktoken

    pairs = (line.split() for line in data.splitlines() if line)
    ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
    # Without special tokens: a text that spells one is text.
    return tiktoken.Encoding(
        published.name, pat_str=published.pattern, mergeable_ranks=ranks, special_tokens={}
    )
