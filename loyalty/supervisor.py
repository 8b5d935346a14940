"""
A tree of processes that lives and dies together.

Whatever ends it (Ctrl-C, SIGTERM, the death of one process, `kill -9` of the supervisor itself),
all of it ends: the children are asked first and made to after a while, with all that they started.
"""

import contextlib
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
            preexec_fn=self._end_with_parent,  # Safe: we have one thread.
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
        """Return when a stop is asked for (0) or a program ended by itself (1); stop the rest."""
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
        started = time.monotonic()
        asked = 1
        while any(process.poll() is None for _, process in self._running):
            waited = time.monotonic() - started
            # The second Ctrl-C of somebody who will not wait.
            if waited > STOP_SECONDS_MAX or self._stop_requests > 1:
                break
            if waited > asked:
                # Every second again: a web process whose main thread waits outside of Python
                # does not always notice the first signal.
                self._signal_groups(signal.SIGTERM)
                asked += 1
            time.sleep(0.05)
        self._signal_groups(signal.SIGKILL)
        for _, process in self._running:
            process.wait()
        self._running.clear()

    def _signal_groups(self, number: signal.Signals) -> None:
        """Signal all programs and whatever they started, be the program itself alive or not."""
        for _, process in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)

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


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
