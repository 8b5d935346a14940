"""A tree of processes …"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Each program starts one of its own and names both; `deaf` ones ignore the signal to stop.
PROGRAM = """
import os, signal, subprocess, sys, time
if sys.argv[2] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "300"])
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()} {child.pid}\\n")
time.sleep(300)
"""

TREE = """
import sys
from loyalty import supervisor
supervisor.STOP_SECONDS_MAX = 2.5
tree = supervisor.Supervisor()
for kind in sys.argv[3:]:
    tree.start(supervisor.Program(kind, [sys.executable, "-c", sys.argv[1], sys.argv[2], kind]))
sys.exit(tree.watch())
"""


class Tree:
    def __init__(self, folder: Path, *kinds: str) -> None:
        self.file = folder / "pids"
        command = [sys.executable, "-c", TREE, PROGRAM, str(self.file), *kinds]
        self.supervisor = subprocess.Popen(command)
        wait_for(lambda: len(self.read()) == 2 * len(kinds))
        self.pids = self.read()

    def read(self) -> list[int]:
        return [int(pid) for pid in self.file.read_text().split()] if self.file.exists() else []

    def alive(self) -> list[int]:
        return [pid for pid in self.pids if is_alive(pid)]


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    tree = Tree(tmp_path, "plain", "plain")
    yield tree
    tree.supervisor.kill()
    tree.supervisor.wait()
    for pid in tree.alive():
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ends_when_it_is_told_to(tree: Tree, number: signal.Signals):
    tree.supervisor.send_signal(number)

    assert tree.supervisor.wait(timeout=20) == 0
    assert tree.alive() == []


def test_ends_with_any_one_of_its_programs(tree: Tree):
    os.kill(tree.pids[0], signal.SIGKILL)

    assert tree.supervisor.wait(timeout=20) == 1
    assert tree.alive() == []


def test_ends_with_its_supervisor(tree: Tree):
    tree.supervisor.kill()
    tree.supervisor.wait()

    # The programs; what they started is theirs to end, as ours do.
    wait_for(lambda: not any(is_alive(pid) for pid in tree.pids[::2]))


def test_ends_though_a_program_will_not(tmp_path: Path):
    tree = Tree(tmp_path, "deaf")

    tree.supervisor.terminate()

    assert tree.supervisor.wait(timeout=20) == 0
    assert tree.alive() == []


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for(is_so: Callable[[], bool], *, seconds_max: float = 20) -> None:
    deadline = time.monotonic() + seconds_max
    while not is_so():
        assert time.monotonic() < deadline, "It took too long."
        time.sleep(0.05)
