"""The embedded server as its users meet it: several processes, kills, other accounts, bad homes."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from clearway.errors import ConfigurationError, StoreUnavailable
from clearway.stores.embedded.lease import exclusive
from clearway.stores.embedded.server import join
from tests.acceptance.conftest import hear_ctrl_c

pytestmark = pytest.mark.acceptance

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another account")

STAY = """
import sys
from pathlib import Path
from clearway.stores.embedded.server import join
server = join(Path(sys.argv[1]))
print(server.conninfo(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def empty() -> Iterator[Path]:
    """A home where nothing was ever started."""
    folder = Path(tempfile.mkdtemp(prefix="clearway-test-"))
    yield folder
    if (process := postmaster(folder)) is not None:
        process.kill()
        psutil.wait_procs([process], timeout=300)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def pristine() -> Iterator[Path]:
    """A home that was started once, to copy from."""
    folder = Path(tempfile.mkdtemp(prefix="clearway-test-"))
    join(folder).leave()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home(empty: Path, pristine: Path) -> Path:
    """A home of the test's own, whose server was created and is stopped."""
    subprocess.run(["cp", "-a", f"{pristine}/.", empty], check=True)
    return empty


@contextmanager
def user(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that uses the server until its standard input closes."""
    process = subprocess.Popen(
        [sys.executable, "-c", STAY, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,
    )
    with process:
        try:
            assert process.stdout is not None
            assert "host=" in process.stdout.readline()
            yield process
        finally:
            process.kill()


def leave(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(300) == 0


def postmaster(home: Path) -> psutil.Process | None:
    try:
        pid = int((home / "postgres/data/postmaster.pid").read_text().splitlines()[0])
        return psutil.Process(pid)
    except (FileNotFoundError, psutil.NoSuchProcess):
        return None


def ended(process: psutil.Process) -> bool:
    return psutil.wait_procs([process], timeout=300)[0] == [process]


def running(home: Path) -> psutil.Process:
    found = postmaster(home)
    assert found is not None
    return found


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(300)


def as_nobody(work: Callable[[], str]) -> str:
    """Return what `work` returns or raises in a child that has become another account.

    A fork, because the interpreter itself may be where that account cannot reach it.
    """
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        try:
            said = work()
        except BaseException as error:  # the child must not run the parent's tests
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def test_processes_share_one_server_and_the_last_to_leave_stops_it(home: Path) -> None:
    with user(home) as first, user(home) as second, user(home) as third:
        server = running(home)
        kill(first)
        leave(second)
        assert server.is_running()
        leave(third)
        assert ended(server)


def test_when_all_are_killed_the_server_stops_too(home: Path) -> None:
    with user(home) as first, user(home) as second:
        server = running(home)
        kill(first)
        kill(second)
        assert ended(server)


def test_whoever_comes_while_the_server_stops_finds_one(home: Path) -> None:
    for _ in range(3):
        with user(home) as process:
            kill(process)
    with user(home) as process:
        leave(process)


def test_ctrl_c_does_not_reach_the_server(home: Path) -> None:
    with user(home) as first, user(home) as second:
        server = running(home)
        first.send_signal(signal.SIGINT)
        first.wait(300)
        assert server.is_running()
        assert os.getsid(server.pid) != os.getsid(0)
        leave(second)
        assert ended(server)


def test_a_server_killed_with_its_users_recovers_what_was_committed(home: Path) -> None:
    with user(home) as process:
        server = running(home)
        conninfo = f"host={home}/postgres user=postgres dbname=postgres"
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("create table kept as select 1 as n")
        for victim in [server, *server.children()]:
            with suppress(psutil.NoSuchProcess):
                victim.kill()
        kill(process)
        assert ended(server)

    again = join(home)
    with psycopg.connect(again.conninfo()) as connection:
        assert connection.execute("select n from kept").fetchall() == [(1,)]
    again.leave()


def test_an_id_reused_by_a_stranger_does_not_keep_the_server_from_starting(home: Path) -> None:
    stale = f"{os.getpid()}\n{home}/postgres/data\n1\n5432\n{home}/postgres\n\n0 0\nready\n"
    (home / "postgres/data/postmaster.pid").write_text(stale)

    server = join(home)

    assert running(home).pid != os.getpid()
    server.leave()


def test_a_first_start_cut_short_is_begun_again(home: Path) -> None:
    (home / "postgres/data").rename(home / "postgres/data.new")
    (home / "postgres/data.new/PG_VERSION").unlink()

    server = join(home)

    assert (home / "postgres/data/PG_VERSION").exists()
    assert not (home / "postgres/data.new").exists()
    server.leave()


def test_a_home_with_a_long_and_odd_name_works(empty: Path) -> None:
    deep = empty / ('o\'dd "näme" ' + "x" * 120)

    server = join(deep)

    with psycopg.connect(server.conninfo()) as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]
    assert server.cluster.socket_folder.is_dir()
    server.leave()
    assert not server.cluster.socket_folder.exists()


def test_no_folder_stays_behind_for_a_server_whose_users_were_killed(empty: Path) -> None:
    deep = empty / ("x" * 120)
    join(deep).leave()
    with user(deep) as process:
        server = running(deep)
        (folder,) = {Path(each.laddr).parent for each in server.net_connections("unix")}
        assert folder.parent == Path("/tmp")  # where long names are shortened
        kill(process)
        assert ended(server)
    with exclusive(deep / "postgres.lock"):  # the watcher has its turn until it is done
        assert not folder.exists()


def test_a_server_that_cannot_be_started_again_now_is_started_again_later(home: Path) -> None:
    server, found = join(home), home / "postgres/data/pg_ident.conf"
    dead = running(home)
    for victim in [dead, *dead.children()]:
        with suppress(psutil.NoSuchProcess):
            victim.kill()
    assert ended(dead)
    found.unlink()
    found.mkdir()  # cannot be written, as on a disk that is full

    with pytest.raises(StoreUnavailable, match="CLEARWAY_HOME"):
        server.revive()
    found.rmdir()

    assert server.revive()
    assert running(home).is_running()
    server.leave()


def test_leaving_twice_is_leaving_once(home: Path) -> None:
    first, second = join(home), join(home)
    first.leave()
    first.leave()
    assert running(home).is_running()
    second.leave()
    assert postmaster(home) is None


def test_leaving_a_home_that_is_gone_is_no_failure(home: Path) -> None:
    server, aside = join(home), home.with_name(f"{home.name}-aside")
    home.rename(aside)
    server.leave()
    aside.rename(home)
    join(home).leave()
    assert postmaster(home) is None


def test_nobody_else_can_connect_or_listen_in(home: Path) -> None:
    server = join(home)
    assert (home / "postgres").stat().st_mode & 0o077 == 0
    assert running(home).net_connections("tcp") == []
    server.leave()


@as_root
def test_root_hands_the_server_to_an_account_of_its_own(home: Path) -> None:
    server = join(home)
    assert running(home).username() == "clearway"
    assert home.stat().st_mode & 0o077 == 0o001
    server.leave()


@as_root
def test_an_ordinary_account_runs_the_server_itself(empty: Path) -> None:
    empty.chmod(0o777)

    def work() -> str:
        server = join(empty / "own")
        found = running(empty / "own").username()
        server.leave()
        return found

    assert as_nobody(work) == "nobody"


@as_root
def test_programs_the_account_cannot_reach_are_copied(empty: Path) -> None:
    from clearway.stores.embedded.account import server_account
    from clearway.stores.embedded.binaries import runnable, shipped

    closed = empty / "closed" / "pginstall18"
    shutil.copytree(shipped(), closed, symlinks=True)
    closed.parent.chmod(0o700)
    empty.chmod(0o711)
    account = server_account()

    found = runnable(closed, account, empty)

    assert not found.is_relative_to(closed)
    subprocess.run([found / "postgres", "--version"], check=True, cwd="/", **account.identity())
    assert runnable(closed, account, empty) == found


@as_root
def test_a_home_closed_to_the_account_is_one_sentence() -> None:
    closed = Path(tempfile.mkdtemp(prefix="clearway-test-", dir="/var/lib"))
    closed.chmod(0o700)
    try:
        with pytest.raises(ConfigurationError, match="Set CLEARWAY_HOME") as caught:
            join(closed / "home")
        assert closed.stat().st_mode & 0o777 == 0o700
        assert caught.value.details["variable"] == "CLEARWAY_HOME"
    finally:
        shutil.rmtree(closed)


@as_root
def test_a_home_without_permission_is_one_sentence(empty: Path) -> None:
    empty.chmod(0o755)

    said = as_nobody(lambda: str(join(empty / "own")))

    assert said.startswith("StoreUnavailable: The embedded Postgres cannot use")
    assert "no permission" in said
    assert "CLEARWAY_HOME" in said


def test_a_home_that_is_a_file_is_one_sentence(empty: Path) -> None:
    (empty / "file").write_text("")
    for folder in (empty / "file", empty / "file" / "below"):
        with pytest.raises(StoreUnavailable, match="is a file") as caught:
            join(folder)
        assert "CLEARWAY_HOME" in str(caught.value)


@as_root
@pytest.mark.parametrize("size", ["1m", "30m"])
def test_a_full_disk_is_one_sentence(empty: Path, size: str) -> None:
    disk = empty / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=False
    )
    if mounted.returncode != 0:
        pytest.skip("cannot mount a small disk here")
    try:
        with pytest.raises(StoreUnavailable, match="disk is full") as caught:
            join(disk / "home")
        assert "CLEARWAY_HOME" in str(caught.value)
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_platform_without_the_wheel_is_one_sentence(empty: Path) -> None:
    with pytest.raises(ConfigurationError, match="set CLEARWAY_DATABASE_URL"):
        join(empty, package="no_such_package")


def test_data_of_another_version_is_one_sentence(home: Path) -> None:
    (home / "postgres/data/PG_VERSION").write_text("16\n")

    with pytest.raises(ConfigurationError, match="made by Postgres 16"):
        join(home)
