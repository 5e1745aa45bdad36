"""`clearway chat`: a conversation on a terminal, and one through a pipe."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.conftest import Run

pytestmark = pytest.mark.acceptance

PATIENCE_S = 300
CTRL_C = b"\x03"
INTERRUPTED = 130


def seen_until(terminal: int, wanted: bytes) -> bytes:
    """Return what a terminal shows, up to and with what is waited for."""
    shown = b""
    while wanted not in shown:
        ready, _, _ = select.select([terminal], [], [], PATIENCE_S)
        assert ready, shown
        shown += os.read(terminal, 4096)
    return shown


def test_ctrl_c_ends_it_at_once_while_it_waits_for_a_question(
    environment: dict[str, str], kept_warm: None, tmp_path: Path
) -> None:
    terminal, theirs = pty.openpty()
    program = str(Path(sys.executable).with_name("clearway"))
    with subprocess.Popen(
        ["setsid", "--ctty", program, "chat"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "dumb"},
        cwd=tmp_path,
    ) as chat:
        os.close(theirs)
        seen_until(terminal, b"> ")
        os.write(terminal, CTRL_C)
        assert chat.wait(PATIENCE_S) == INTERRUPTED
    os.close(terminal)


def test_a_choice_is_taken_as_people_say_it_and_the_end_of_the_input_ends_it(
    clearway: Run,
) -> None:
    done = clearway("chat", stdin=b"total blubber by region\nthe second one\n")
    assert done.returncode == 0, done.stderr
    assert "I do not know what “blubber” is." in done.stdout
    assert "✓ 5 rows." in done.stdout
