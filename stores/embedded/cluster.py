"""One Postgres data directory: create it, start it, find out whether it runs, stop it."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from clearway.errors import ConfigurationError, StoreUnavailable
from clearway.stores.embedded.account import Account
from clearway.stores.embedded.binaries import MAJOR

if sys.platform != "win32":
    import pwd

SUPERUSER = "postgres"
START_TIMEOUT_S = 60
"""Long enough for the recovery that follows a crash."""

SOCKET = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES = 100
"""The kernel's limit is 107 bytes on Linux and 103 on macOS."""

STOP = ("stop", "--wait", "--mode=fast", "--pgdata=data")
"""How `pg_ctl` is told to end the server of the folder it is run in: a fast shutdown."""

OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failing statement may carry personal data; the log is no place for it.
    "log_min_error_statement": "panic",
    # Nor does it grow with every statement that fails: whoever sent it is told, and the log is put
    # aside at a start only. What it says is when the server itself is in trouble.
    "log_min_messages": "log",
    "log_checkpoints": "off",
    # Tells the migrations that roles may log in by themselves: nobody else reaches this server.
    "clearway.embedded": "on",
}

_REASONS = {
    "No space left on device": "its disk is full; free some space",
    "Disk quota exceeded": "your disk quota is used up; free some space",
    "Permission denied": "a permission is missing there; give it back",
    "Read-only file system": "its disk is read-only; mount it for writing",
}


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A data directory under `folder`, run by `account` with the programs in `binaries`."""

    folder: Path
    binaries: Path
    account: Account

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server said since its last start; the one before is kept beside it."""
        return self.folder / "log"

    @property
    def socket_folder(self) -> Path:
        """Where the socket is: the private folder itself, or a short one where its name is long."""
        if len(os.fsencode(self.folder / SOCKET)) <= _SOCKET_PATH_BYTES:
            return self.folder
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path("/tmp") / f"clearway-{self.account.uid}-{digest}"  # noqa: S108 checked when made

    def create(self) -> None:
        """Make the data directory; a half-made one of a killed process is thrown away."""
        if (self.data / "PG_VERSION").exists():
            self._refuse_other_version()
            return
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        done = self._run(
            "initdb",
            f"--pgdata={unfinished.name}",
            f"--username={SUPERUSER}",
            "--auth=peer",
            "--encoding=UTF8",
            # The same order of words on every machine, whatever locales it has.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
        )
        if done.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise self._failure("could not be created", done.stdout)
        unfinished.rename(self.data)

    def ensure_ready(self) -> None:
        """Return when the server accepts connections, starting it if need be.

        A server found starting or stopping (whoever asked for that is gone) is waited for.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.accepts():
            if self._pid() is None:
                self._start()
            elif time.monotonic() > deadline:
                raise StoreUnavailable(
                    f"The embedded Postgres in {self.folder} is neither starting nor stopping: its "
                    f"log is {self.log}. End it, or set CLEARWAY_DATABASE_URL to another Postgres.",
                    variable="CLEARWAY_DATABASE_URL",
                )
            else:
                time.sleep(0.02)

    def accepts(self) -> bool:
        """Return whether the server accepts connections now."""
        if self._pid_file()[7:8] != ["ready"]:
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            return probe.connect_ex(str(self.socket_folder / SOCKET)) == 0

    def stop(self) -> None:
        """End the server cleanly if it runs, keeping what was committed, and wait until it has.

        By signal (a fast shutdown), not with pg_ctl: the programs may have been replaced by an
        upgrade of the wheel since the server started.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        if (server := self._pid()) is not None:
            with suppress(ProcessLookupError):
                os.kill(server, signal.SIGINT)
        while self._pid() is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        if self.socket_folder != self.folder:
            with suppress(OSError):  # it goes when it is empty: the server has taken its socket out
                self.socket_folder.rmdir()

    def _start(self) -> None:
        # A process that reuses the dead server's id would make Postgres refuse to start.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self._admit_only_us()
        self._prepare_socket_folder()
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".previous"))
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in OPTIONS.items())
        done = self._run(
            "pg_ctl",
            "start",
            "--wait",
            f"--timeout={START_TIMEOUT_S}",
            f"--pgdata={self.data.name}",
            f"--log={self.log.name}",
            f"--options=-k {shlex.quote(str(self.socket_folder))} {options}",
        )
        if done.returncode != 0:
            said = self.log.read_text("utf-8", "replace") if self.log.exists() else done.stdout
            raise self._failure("did not start", said)

    def _pid_file(self) -> list[str]:
        try:
            text = (self.data / "postmaster.pid").read_text("utf-8")
        except FileNotFoundError:
            return []
        return [line.strip() for line in text.splitlines()]

    def _pid(self) -> int | None:
        """Return the recorded process, if it exists and is a server of this very directory."""
        recorded = self._pid_file()[:1]
        if not recorded or not recorded[0].isdecimal():
            return None
        return int(recorded[0]) if _serves(int(recorded[0]), self.data) else None

    def _admit_only_us(self) -> None:
        """Let only the server's account, this process's and root connect, as any database role."""
        names = dict.fromkeys((self.account.name, pwd.getpwuid(os.geteuid()).pw_name, "root"))
        self._write("pg_hba.conf", "local all all peer map=clearway\n")
        self._write("pg_ident.conf", "".join(f'clearway "{name}" all\n' for name in names))

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text, "utf-8")
        if self.account.switch:
            os.chown(path, self.account.uid, self.account.gid)

    def _prepare_socket_folder(self) -> None:
        folder = self.socket_folder
        if folder == self.folder:
            return
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            if self.account.switch:
                os.chown(folder, self.account.uid, self.account.gid)
        entry = folder.lstat()
        private = stat.S_ISDIR(entry.st_mode) and stat.S_IMODE(entry.st_mode) == 0o700
        if not private or entry.st_uid != self.account.uid:
            raise ConfigurationError(
                f"{folder}, where the embedded Postgres would listen, belongs to someone else: set "
                "CLEARWAY_HOME to a shorter path, so that it is not needed.",
                variable="CLEARWAY_HOME",
            )

    def _refuse_other_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text("utf-8").strip()
        if found != str(MAJOR):
            raise ConfigurationError(
                f"{self.data} was made by Postgres {found} and this Clearway brings {MAJOR}: set "
                "CLEARWAY_HOME to another folder, or move the data with pg_upgrade.",
                variable="CLEARWAY_HOME",
            )

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of Postgres's programs as the account, with nothing of our environment.

        It runs inside the folder and is given names only: pg_ctl hands paths to a shell.
        """
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        # Not a pipe: the server would inherit it and keep it open. Kept beside the data, because
        # the machine's own temporary folder may be closed to an ordinary account.
        with tempfile.TemporaryFile(
            "w+", encoding="utf-8", errors="replace", dir=self.folder
        ) as said:
            done = subprocess.run(  # noqa: S603
                [str(self.binaries / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self.folder,
                umask=0o077,
                check=False,
                start_new_session=True,
                **self.account.identity(),
            )
            said.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, said.read())

    def _failure(self, what: str, said: str) -> StoreUnavailable:
        """Say in one sentence why, where the reason is one a person can act on."""
        for sign, reason in _REASONS.items():
            if sign in said:
                return StoreUnavailable(
                    f"The embedded Postgres in {self.folder} {what}: {reason}, or set "
                    "CLEARWAY_HOME to a folder elsewhere.",
                    variable="CLEARWAY_HOME",
                )
        return StoreUnavailable(
            f"The embedded Postgres in {self.folder} {what}: see {self.log}, or set "
            "CLEARWAY_DATABASE_URL to a Postgres of your own.",
            variable="CLEARWAY_DATABASE_URL",
        )


def _serves(pid: int, data: Path) -> bool:
    """Whether a process is a Postgres server of that directory; servers work inside it.

    Elsewhere than on Linux: whether it is a Postgres server.
    """
    if sys.platform != "linux":
        command = ["/bin/ps", "-p", str(pid), "-o", "comm="]
        listed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        return Path(listed.stdout.strip()).name == "postgres"
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == data
    except OSError:
        return False
