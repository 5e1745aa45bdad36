"""Hostile and broken files: each is refused by name, in bounded time and memory."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from clearway.tools.docs.failures import Trouble, Unreadable
from clearway.tools.docs.formats import word
from clearway.tools.docs.ingesting.parse import MAX_TEXT_BYTES, parse
from tests.unit.tools.docs.files import pdf

pytestmark = pytest.mark.unit


def trouble_of(path: Path) -> Trouble:
    with pytest.raises(Unreadable) as caught:
        parse(path)
    return caught.value.trouble


@pytest.mark.parametrize(
    ("name", "content", "trouble"),
    [
        ("a.md", b"\x7fELF\0\0\0", "binary"),
        ("a.txt", b"  \n\n", "empty"),
        ("a.html", b"<script>only()</script>", "empty"),
        ("a.pdf", b"%PDF-1.7\nnothing follows", "broken"),
        ("a.pdf", b"", "broken"),
        ("a.docx", b"PK\x03\x04 cut off", "broken"),
        ("a.exe", b"MZ", "unsupported"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, name: str, content: bytes, trouble: Trouble) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert trouble_of(path) == trouble


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(MAX_TEXT_BYTES + 1)
    assert trouble_of(path) == "too_large"


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "MAX_UNPACKED_BYTES", 1_000_000)
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 1_000_001)
    assert path.stat().st_size < 10_000
    assert trouble_of(path) == "too_large"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    os.mkfifo(path)
    assert trouble_of(path) == "not_a_file"


def test_a_page_without_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(pdf(""))
    assert trouble_of(path) == "empty"


@pytest.mark.parametrize(
    "said",
    [
        "> " * 5_000 + "deep",
        "[" * 20_000,
        "`x " * 20_000,
        "**a " * 20_000,
        "| a " * 5_000 + "\n" + "|---" * 5_000,
        "- " * 2_000 + "x",
        "<!--" * 5_000 + "x",
    ],
    ids=["quotes", "links", "ticks", "stars", "table", "lists", "comments"],
)
def test_markdown_made_to_be_slow_is_read(tmp_path: Path, said: str) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"words before\n\n{said}\n")
    assert parse(path).blocks[0].text == "words before"


@pytest.mark.parametrize("tag", ["<div>", "<a ", "<table>", "<!-", "&#"])
def test_html_made_to_be_slow_is_read(tmp_path: Path, tag: str) -> None:
    path = tmp_path / "a.html"
    path.write_text(f"<p>words before</p>{tag * 1_500}x")
    assert parse(path).blocks[0].text == "words before"


def test_what_postgres_cannot_keep_is_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffcaf\u00e9".encode("utf-16-le"))
    assert parse(path).blocks[0].text == "caf\u00e9"
    path.write_bytes(b"caf\xe9 in another encoding")
    assert parse(path).blocks[0].text == "caf\u00e9 in another encoding"
