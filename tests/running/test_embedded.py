"""The embedded PostgreSQL …"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from loyalty.embedded import Cluster

# A process that uses the server of a folder, says so, and stays.
USER = """
import sys, time
from pathlib import Path
from loyalty.embedded import Cluster
Cluster(Path(sys.argv[1])).start()
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path / "var")
    yield cluster
    cluster.release(wait=True)


def test_is_not_started_by_its_address(tmp_path: Path):
    cluster = Cluster(tmp_path / "var")

    assert cluster.url.startswith("postgresql://postgres@/loyalty?host=")

    assert not (tmp_path / "var").exists()


def test_answers_and_keeps_what_was_written(cluster: Cluster):
    cluster.start()
    run(cluster, "CREATE TABLE kept AS SELECT 7 AS number")
    cluster.release(wait=True)

    cluster.start()

    assert run(cluster, "SELECT number FROM kept") == [(7,)]
    assert run(cluster, "SHOW server_version_num")[0][0].startswith("18")
    assert run(cluster, "SHOW fsync") == [("on",)]


def test_stops_when_its_last_user_leaves(cluster: Cluster):
    cluster.start()
    other = start_user(cluster)

    cluster.release(wait=True)
    assert cluster.is_running()
    other.kill()
    other.wait()

    wait_for(lambda: not cluster.is_running())


def test_survives_the_kill_of_everything(cluster: Cluster):
    other = start_user(cluster)
    server = server_pid(cluster)
    os.kill(parent_of(server), signal.SIGKILL)
    other.kill()
    os.kill(server, signal.SIGKILL)
    other.wait()
    # A signal returns before the process that it kills is gone.
    wait_for(lambda: not cluster.is_running())

    cluster.start()

    assert run(cluster, "SELECT 1") == [(1,)]


def test_ends_with_its_keeper(cluster: Cluster):
    start_user(cluster)
    server = server_pid(cluster)

    os.kill(parent_of(server), signal.SIGKILL)

    wait_for(lambda: not Path(f"/proc/{server}").exists())


def test_starts_beside_the_number_of_an_innocent_process(cluster: Cluster):
    cluster.start()
    cluster.release(wait=True)
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n0\n5432\n\n\n")

    cluster.start()

    assert run(cluster, "SELECT 1") == [(1,)]


def test_starts_once_for_four_at_the_same_time(cluster: Cluster):
    users = [subprocess.Popen(user_command(cluster), stdout=subprocess.PIPE) for _ in range(4)]

    for user in users:
        assert user.stdout is not None
        assert user.stdout.readline() == b"started\n"

    cluster.start()
    assert len(run(cluster, "SELECT pg_postmaster_start_time()")) == 1
    for user in users:
        user.kill()
        user.wait()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("x" * 120, id="too-long-for-a-socket"),
        pytest.param('with space, comma and "quotes"', id="with-the-separators-of-lists"),
        pytest.param("Zażółć", id="beyond-ascii"),
    ],
)
def test_starts_in_a_folder(tmp_path: Path, name: str):
    cluster = Cluster(tmp_path / name)

    cluster.start()

    assert run(cluster, "SELECT 1") == [(1,)]
    cluster.release(wait=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused by PostgreSQL")
def test_opens_closed_folders_above_it_for_passing_only(tmp_path: Path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    cluster = Cluster(closed / "var")

    cluster.start()

    assert closed.stat().st_mode & 0o777 == 0o701
    assert cluster.data.stat().st_mode & 0o777 == 0o700
    cluster.release(wait=True)


def run(cluster: Cluster, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def user_command(cluster: Cluster) -> list[str]:
    return [sys.executable, "-c", USER, str(cluster.var_dir)]


def start_user(cluster: Cluster) -> "subprocess.Popen[bytes]":
    user = subprocess.Popen(user_command(cluster), stdout=subprocess.PIPE)
    assert user.stdout is not None
    assert user.stdout.readline() == b"started\n"
    return user


def server_pid(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def wait_for(is_so: Callable[[], bool], *, seconds_max: float = 20) -> None:
    deadline = time.monotonic() + seconds_max
    while not is_so():
        assert time.monotonic() < deadline, "It took too long."
        time.sleep(0.05)
