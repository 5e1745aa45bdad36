"""The diagram is a PNG any reader opens, and the terminal shows the same figures."""

from __future__ import annotations

import struct
import zlib

import pytest

from clearway.evals.diagram import SIZE, png, risk_lines, terminal_lines
from clearway.evals.reliability import Judged, risk_coverage

pytestmark = pytest.mark.unit

JUDGED = [Judged(0.95, True)] * 9 + [Judged(0.95, False)] + [Judged(0.15, False)] * 4


def chunks(image: bytes) -> dict[bytes, bytes]:
    found, at = {}, 8
    while at < len(image):
        (length,) = struct.unpack(">I", image[at : at + 4])
        kind, body = image[at + 4 : at + 8], image[at + 8 : at + 8 + length]
        (told,) = struct.unpack(">I", image[at + 8 + length : at + 12 + length])
        assert told == zlib.crc32(kind + body)
        found[kind], at = body, at + 12 + length
    return found


def test_it_is_a_png_of_the_size_it_says() -> None:
    image = png(JUDGED)
    found = chunks(image)

    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert list(found) == [b"IHDR", b"IDAT", b"IEND"]
    assert struct.unpack(">II", found[b"IHDR"][:8]) == (SIZE, SIZE)
    assert len(zlib.decompress(found[b"IDAT"])) == SIZE * (1 + 3 * SIZE)


def test_other_figures_are_another_picture() -> None:
    assert png(JUDGED) != png([Judged(0.95, False)] * 5)
    assert png([]) != png(JUDGED)


def test_the_terminal_shows_counts_and_shares() -> None:
    lines = list(terminal_lines(JUDGED))

    assert "0.9 - 1.0" in lines[-1]
    assert "90%" in lines[-1]
    assert len(lines) == 3


def test_the_risk_table_tells_what_a_threshold_means() -> None:
    lines = list(risk_lines(risk_coverage(JUDGED)))

    assert any(line.split()[:4] == ["0.70", "71.4%", "10", "10.0%"] for line in lines)
