"""
A tree of processes that lives and dies together.

Whatever ends it (Ctrl-C, SIGTERM, the death of one process, `kill -9` of the supervisor itself),
all of it ends: the children are asked first and made to after a while, with all that they started.
"""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

logger = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
STOP_SECONDS_MAX = 12
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]


class Supervisor:
    """Start programs one by one, then watch them until they or we are told to stop."""

    def __init__(self) -> None:
        self._running: list[tuple[Program, subprocess.Popen[bytes]]] = []
        self._stop_requests = 0
        self._wake = threading.Event()
        self._end_with_parent = _end_with_parent()
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_signal)

    @property
    def is_stopping(self) -> bool:
        return self._stop_requests > 0

    def start(self, program: Program) -> None:
        process = subprocess.Popen(  # noqa: S603 - our own programs
            program.command,
            stdin=subprocess.DEVNULL,
            # A group of its own: Ctrl-C comes to us alone, and the group is killed whole.
            start_new_session=True,
            preexec_fn=self._end_with_parent,  # noqa: PLW1509 - we have one thread
        )
        self._running.append((program, process))

    def wait_until(self, is_ready: Callable[[], bool], *, seconds_max: float) -> bool:
        """Wait for something that a program does; give up when one ends or we are to stop."""
        deadline = time.monotonic() + seconds_max
        while not is_ready():
            if self.is_stopping or self._ended() or time.monotonic() > deadline:
                return False
            self._wake.wait(0.05)
        return True

    def watch(self) -> int:
        """Return when a stop is asked for (0) or a program has ended by itself (1); stop the rest."""
        try:
            while not self.is_stopping:
                if ended := self._ended():
                    program, process = ended
                    logger.error(
                        "%s ended (%s): stopping all", program.name, _reason(process.returncode)
                    )
                    return 1
                self._wake.wait(0.2)
            return 0
        finally:
            self.stop()

    def stop(self) -> None:
        for _, process in self._running:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while any(process.poll() is None for _, process in self._running):
            # The second Ctrl-C of somebody who will not wait.
            if time.monotonic() > deadline or self._stop_requests > 1:
                break
            time.sleep(0.05)
        for _, process in self._running:
            _kill_group(process)
        self._running.clear()

    def _ended(self) -> tuple[Program, "subprocess.Popen[bytes]"] | None:
        for program, process in self._running:
            if process.poll() is not None:
                return program, process
        return None

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop_requests += 1
        self._wake.set()


def _end_with_parent() -> Callable[[], Any] | None:
    """Return what a child does first, so that the kernel ends it when its parent is killed."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # It died in between.
            os._exit(1)

    return ask_kernel


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
