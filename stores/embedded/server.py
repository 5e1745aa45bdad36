"""The embedded Postgres: started on first use, shared by processes, stopped when the last leaves.

Every process holds a share in one file lock (`Lease`). Whoever leaves and finds no other share
stops the server. A process that is killed leaves too, for the kernel takes its share back; a
watcher, which waits for the last share to go, then stops the server in its stead.
"""

from __future__ import annotations

import atexit
import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from clearway.errors import ConfigurationError, StoreUnavailable
from clearway.stores.embedded import watch as embedded_watch
from clearway.stores.embedded.account import open_way, server_account
from clearway.stores.embedded.binaries import PACKAGE, runnable, shipped
from clearway.stores.embedded.cluster import STOP, SUPERUSER, Cluster
from clearway.stores.embedded.lease import Lease, exclusive, is_free

DATABASE = "postgres"
"""The database every new cluster has."""


class EmbeddedPostgres:
    """A share in the server of one home; give it back with `leave` (done at exit anyway)."""

    def __init__(self, cluster: Cluster, lease: Lease, turn: Path) -> None:
        """Hold a share in a server that is ready."""
        self.cluster = cluster
        self._lease = lease
        self._turn = turn
        self._owner = os.getpid()
        self._left = False
        atexit.register(self.leave)

    def conninfo(self, *, user: str = SUPERUSER, database: str = DATABASE) -> str:
        """Return a libpq connection string for a role of this server; it holds no secret."""
        folder = str(self.cluster.socket_folder).replace("\\", "\\\\").replace("'", "\\'")
        return f"host='{folder}' port=5432 user={user} dbname={database}"

    def revive(self) -> bool:
        """Start the server again where it died; return whether it had. Blocks like `join`."""
        if self.cluster.accepts():
            return False
        with _explained(self._turn.parent), exclusive(self._turn):
            if self._left or self.cluster.accepts():
                return False
            self.cluster = _startable(self.cluster)
            self.cluster.ensure_ready()
            return True

    def leave(self) -> None:
        """Give the share back and stop the server if it was the last; idempotent."""
        if self._owner != os.getpid():
            return  # a forked child: the share is its parent's to give back
        atexit.unregister(self.leave)
        if not self._turn.parent.exists():  # removed under the server, which then ends by itself
            self._left = True
            self._lease.release()
            return
        with exclusive(self._turn):
            self._left = True
            self._lease.release()
            if is_free(_users(self.cluster.folder)):
                self.cluster.stop()


def join(home: Path, *, package: str = PACKAGE) -> EmbeddedPostgres:
    """Return a share in the server under `home`, starting (and first creating) it if need be.

    Blocks: up to a minute after a crash, about 0.1 s for a warm start, a millisecond when it runs.
    Raises `ConfigurationError` or `StoreUnavailable` with one sentence naming the variable to set.
    """
    if sys.platform == "win32":
        raise ConfigurationError(
            "The embedded Postgres does not run on Windows: set CLEARWAY_DATABASE_URL to a "
            "Postgres 15 or newer of your own.",
            variable="CLEARWAY_DATABASE_URL",
        )
    root = shipped(package)
    home = home.expanduser().resolve()
    with _explained(home):
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        account = server_account()
        open_way(account, home)
        folder = home / "postgres"
        turn = home / "postgres.lock"
        with exclusive(turn):
            if not folder.exists():
                folder.mkdir(mode=0o700)
                os.chown(folder, account.uid, account.gid)
            lease = Lease(_users(folder), _watched(folder))
            try:
                cluster = Cluster(folder=folder, binaries=root / "bin", account=account)
                if not cluster.accepts():
                    cluster = _startable(cluster)
                    cluster.create()
                    _watch(cluster, turn)
                    cluster.ensure_ready()
                return EmbeddedPostgres(cluster, lease, turn)
            except BaseException:
                lease.release()
                raise


def _startable(cluster: Cluster) -> Cluster:
    """Return the cluster with programs its account may run, as the wheel has them now."""
    programs = runnable(cluster.binaries.parent, cluster.account, cluster.folder)
    return replace(cluster, binaries=programs)


def _users(folder: Path) -> Path:
    """The file every user has a share in; only who has the turn may ask whether it is free."""
    return folder.with_suffix(".lease")


def _watched(folder: Path) -> Path:
    """Another such file, for the watcher to wait on: it must not look like a user."""
    return folder.with_suffix(".watch")


def _watch(cluster: Cluster, turn: Path) -> None:
    """Start the watcher, before the server, so that no moment is left in which to be killed."""
    arguments = json.dumps(
        {
            "watched": str(_watched(cluster.folder)),
            "users": str(_users(cluster.folder)),
            "turn": str(turn),
            "stop": [str(cluster.binaries / "pg_ctl"), *STOP],
            "emptied": str(cluster.socket_folder),
            "how": {"cwd": str(cluster.folder), **cluster.account.identity()},
        }
    )
    # Where it cannot run, leaving in good order still stops the server.
    with suppress(OSError):
        watcher = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", embedded_watch.__file__, arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            cwd="/",
            start_new_session=True,
        )
        # It outlives us on purpose; without a return code Popen would warn about that.
        watcher.returncode = 0


@contextmanager
def _explained(home: Path) -> Iterator[None]:
    """Turn what the operating system says about `home` into one sentence."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or type(error).__name__)
        raise StoreUnavailable(
            f"The embedded Postgres cannot use {home}: {reason}. Set CLEARWAY_HOME to a folder you "
            "can write to, or CLEARWAY_DATABASE_URL to a Postgres of your own.",
            variable="CLEARWAY_HOME",
        ) from error


_REASONS = {
    errno.EACCES: "you have no permission to write there",
    errno.EPERM: "you have no permission to write there",
    errno.EROFS: "its disk is read-only",
    errno.ENOSPC: "its disk is full",
    errno.EDQUOT: "your disk quota is used up",
    errno.ENOTDIR: "it, or a folder above it, is a file",
    errno.EEXIST: "it is a file",
}
