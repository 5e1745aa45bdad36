"""Which account of the operating system runs the embedded Postgres, and what it can reach."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import TypedDict

from clearway.errors import ConfigurationError

if sys.platform != "win32":
    import pwd

SERVICE = "clearway"
"""The account root hands the server to; Postgres refuses to run as root."""


class Identity(TypedDict, total=False):
    """Who a child process is to be."""

    user: int
    group: int
    extra_groups: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account; `switch` says that this process is root and must become it."""

    name: str
    uid: int
    gid: int
    switch: bool

    def identity(self) -> Identity:
        """Return the arguments with which `subprocess` becomes the account, if any."""
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": ()}

    def can_traverse(self, folder: Path) -> bool:
        """Return whether the account may pass through a folder, by its permission bits."""
        entry = folder.stat()
        if entry.st_uid == self.uid:
            return bool(entry.st_mode & stat.S_IXUSR)
        if entry.st_gid == self.gid:
            return bool(entry.st_mode & stat.S_IXGRP)
        return bool(entry.st_mode & stat.S_IXOTH)


def server_account() -> Account:
    """Return this process's account, or the service account (made if missing) when it is root."""
    if os.geteuid() != 0:
        return _own()
    entry = _service_entry() or _create_service()
    return Account(name=SERVICE, uid=entry.pw_uid, gid=entry.pw_gid, switch=True)


def open_way(account: Account, home: Path) -> None:
    """Make sure the account reaches `home`, without loosening what is not ours to loosen.

    Passage (never reading) is granted on `home` itself and on root's own temporary folders.
    """
    for folder in (home, *home.parents):
        if account.can_traverse(folder):
            continue
        if folder != home and not _temporary(folder):
            raise ConfigurationError(
                f"The account {account.name!r}, which runs the embedded Postgres because Postgres "
                f"refuses to run as root, cannot reach {home}: {folder} is closed to it. "
                "Set CLEARWAY_HOME to a folder it can reach, such as /var/lib/clearway.",
                variable="CLEARWAY_HOME",
            )
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH)


def _temporary(folder: Path) -> bool:
    inside = folder.is_relative_to(Path(tempfile.gettempdir()).resolve())
    return inside and folder.stat().st_uid == os.geteuid()


def _own() -> Account:
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise ConfigurationError(
            f"User id {os.geteuid()} has no name on this machine, and the embedded Postgres needs "
            "one: add it to /etc/passwd, or set CLEARWAY_DATABASE_URL to a Postgres of your own.",
            variable="CLEARWAY_DATABASE_URL",
        ) from None
    return Account(name=name, uid=os.geteuid(), gid=os.getegid(), switch=False)


def _service_entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(SERVICE)
    except KeyError:
        return None


def _create_service() -> pwd.struct_passwd:
    """Add a system account without home or shell, with whichever tool the system has."""
    ways = (
        ("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/false"),
        ("adduser", "-S", "-D", "-H", "-s", "/bin/false"),
    )
    for tool, *arguments in ways:
        path = which(tool) or which(tool, path="/usr/sbin:/sbin")
        if path is not None:
            # Two processes may both create it: what counts is that it exists afterwards.
            subprocess.run([path, *arguments, SERVICE], check=False, capture_output=True)  # noqa: S603
            if (entry := _service_entry()) is not None:
                return entry
    raise ConfigurationError(
        f"Postgres refuses to run as root and the account {SERVICE!r} could not be created: run "
        "Clearway as another user, or set CLEARWAY_DATABASE_URL to a Postgres of your own.",
        variable="CLEARWAY_DATABASE_URL",
    )
