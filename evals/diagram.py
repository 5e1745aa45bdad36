"""Reliability and risk drawn: as text for a terminal, and as a PNG without any drawing library."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

from clearway.evals.reliability import Judged, Risk, bins

WIDTH = 40
TOLD = (1.0, 0.99, 0.98, 0.95, 0.9, 0.8, 0.7, 0.5, 0.0)
"""Thresholds a risk-coverage table tells of."""

SIZE, MARGIN, SCALE = 480, 40, 400
Colour = tuple[int, int, int]
WHITE, GRID, INK, BAR, LINE = (
    (255, 255, 255), (225, 225, 225), (90, 90, 90), (66, 120, 180), (200, 60, 50),
)  # fmt: skip


def terminal_lines(judged: Sequence[Judged]) -> Iterator[str]:
    """Yield a reliability diagram: a bar is how many were right, the mark what was promised."""
    yield "confidence      n  right"
    for each in bins(judged):
        bar = "█" * round(each.right * WIDTH)
        mark = min(WIDTH, round(each.confidence * WIDTH))
        line = f"{bar:<{WIDTH + 1}}"
        line = f"{line[:mark]}│{line[mark + 1 :]}"
        span = f"{each.low:.1f} - {each.high:.1f}"
        yield f"{span}  {each.count:5}  {each.right:5.0%}  {line.rstrip()}"


def risk_lines(curve: Sequence[Risk]) -> Iterator[str]:
    """Yield what answering from a threshold on means."""
    yield "threshold  answered    n  wrong"
    for wanted in TOLD:
        held = [risk for risk in curve if risk.threshold >= wanted]
        if held:
            last = held[-1]
            yield f"{wanted:9.2f}  {last.coverage:8.1%} {last.answered:4}  {last.wrong:5.1%}"


def png(judged: Sequence[Judged]) -> bytes:
    """Return the reliability diagram as a PNG: bars of the share right, the diagonal ideal.

    Across is confidence, up is the share that was right, both from 0 to 1 in grid steps of 0.1; the
    width of a bar's foot shows how many plans stand behind it.
    """
    canvas = _Canvas()
    for step in range(11):
        at = step * SCALE // 10
        canvas.box(at, 0, at, SCALE, GRID)
        canvas.box(0, at, SCALE, at, GRID)
    found = bins(judged)
    most = max((each.count for each in found), default=1)
    for each in found:
        left, right = round(each.low * SCALE) + 3, round(each.high * SCALE) - 3
        canvas.box(left, 0, right, round(each.right * SCALE), BAR)
        canvas.box(left, -9, left + round((right - left) * each.count / most), -4, INK)
        middle = round(each.confidence * SCALE)
        canvas.box(middle - 3, middle - 3, middle + 3, middle + 3, LINE)
    for at in range(SCALE + 1):
        canvas.box(at, at, at, min(SCALE, at + 1), LINE)
    canvas.box(0, 0, SCALE, 0, INK)
    canvas.box(0, 0, 0, SCALE, INK)
    return _encoded(canvas.rows)


class _Canvas:
    """Pixels, with 0, 0 where the axes meet and upward positive."""

    def __init__(self) -> None:
        self.rows = [bytearray(bytes(WHITE) * SIZE) for _ in range(SIZE)]

    def box(self, left: int, low: int, right: int, high: int, colour: Colour) -> None:
        """Fill from one corner to the other, both within."""
        for y in range(low, high + 1):
            row = self.rows[SIZE - MARGIN - 1 - y]
            start, end = (MARGIN + left) * 3, (MARGIN + right + 1) * 3
            row[start:end] = bytes(colour) * (right - left + 1)


def _encoded(rows: Sequence[bytes | bytearray]) -> bytes:
    """Return 8-bit RGB rows as a PNG (ISO/IEC 15948), unfiltered."""
    header = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
