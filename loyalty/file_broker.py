"""
A message broker in a folder: the transport for installations without Redis or RabbitMQ.

kombu's own file transport deletes a message as it hands it out, so what a killed worker held is
lost; it moves messages through the machine's temporary folder, where two workers can each get a
copy; and a reader can meet a message that is only half written. Here a message is a file that
moves by rename, which happens once and wholly: from `ready` to the taker's own folder, and away
when it is acknowledged. The taker holds its folder's lock, which the kernel releases however it
ends; the next reader then moves its messages back. So every message is delivered at least once.

For the processes of one machine, on a local disk.
"""

import contextlib
import fcntl
import json
import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.parse import quote

from kombu.transport import TRANSPORT_ALIASES, virtual

logger = logging.getLogger(__name__)

RECOVERY_SECONDS = 5.0
# Between a queue and a file's name; quote() never leaves one.
SEPARATOR = "!"


def install() -> None:
    """Let `filesystem://` mean this transport in this process."""
    TRANSPORT_ALIASES["filesystem"] = "loyalty.file_broker:Transport"


class Folder:
    """The files of one broker, as one process sees them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._own: Path | None = None
        self._own_lock: int | None = None
        self._pid = 0
        self._recovered_at = 0.0

    def put(self, queue: str, message: dict[str, Any]) -> None:
        """Add a message to the end of a queue, safely on disk."""
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}.json"
        draft = _made(self.root / "drafts") / name
        with draft.open("w") as file:
            json.dump(message, file)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(_made(self._ready(queue)) / name)

    def take(self, queue: str) -> tuple[dict[str, Any], Path]:
        """
        Take a queue's oldest message, and say where it now lies.

        :raises Empty: there is none.
        """
        self._recover()
        for file in self.list_ready(queue):
            taken = self._own_folder() / f"{quote(queue, safe='')}{SEPARATOR}{file.name}"
            try:
                file.rename(taken)
            except FileNotFoundError:
                continue  # Somebody else was first.
            return json.loads(taken.read_text()), taken
        raise Empty

    def give_back(self, taken: Path) -> None:
        """Put a taken message back where it was: at its old place in its queue."""
        queue, _, name = taken.name.partition(SEPARATOR)
        with contextlib.suppress(FileNotFoundError):
            taken.rename(_made(self.root / "ready" / queue) / name)

    def list_ready(self, queue: str) -> list[Path]:
        with contextlib.suppress(FileNotFoundError):
            return sorted(self._ready(queue).iterdir())
        return []

    def _ready(self, queue: str) -> Path:
        return self.root / "ready" / quote(queue, safe="")

    def _own_folder(self) -> Path:
        if self._own is None or self._pid != os.getpid():
            # Under its own name only once it is locked: nobody may think that its owner is gone.
            name = f"{os.getpid()}-{uuid.uuid4().hex}"
            draft = _made(self.root / "drafts" / name)
            self._own_lock = os.open(draft / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
            fcntl.flock(self._own_lock, fcntl.LOCK_EX)
            self._own = draft.rename(_made(self.root / "taken") / name)
            self._pid = os.getpid()
        return self._own

    def _recover(self) -> None:
        """Give back what ended processes had taken; at most every few seconds."""
        if time.monotonic() - self._recovered_at < RECOVERY_SECONDS:
            return
        self._recovered_at = time.monotonic()
        with contextlib.suppress(FileNotFoundError):
            for folder in list((self.root / "taken").iterdir()):
                if folder != self._own:
                    self._recover_folder(folder)

    def _recover_folder(self, folder: Path) -> None:
        with _lock_if_free(folder / "lock") as is_locked:
            if not is_locked:
                # Already emptied by somebody who was stopped just before this.
                with contextlib.suppress(OSError):
                    folder.rmdir()
                return
            for file in list(folder.glob(f"*{SEPARATOR}*")):
                logger.warning("Delivering again a message of an ended process: %s", file.name)
                self.give_back(file)
            with contextlib.suppress(FileNotFoundError):
                (folder / "lock").unlink()
                folder.rmdir()


class QoS(virtual.QoS):
    """Acknowledgements, written through to the files."""

    def ack(self, delivery_tag: str) -> None:
        self.channel.forget(delivery_tag)
        super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        super().reject(delivery_tag, requeue=requeue)
        self.channel.forget(delivery_tag)


class Channel(virtual.Channel):
    QoS = QoS

    def __init__(self, connection: Any, **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)
        self.folder = Folder(Path(connection.client.transport_options["folder"]))
        self._taken: dict[str, Path] = {}
        self._unacknowledged: set[str] = set()

    def basic_consume(
        self, queue: str, no_ack: bool, callback: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> None:
        if no_ack:
            self._unacknowledged.add(queue)
        super().basic_consume(queue, no_ack, callback, *args, **kwargs)

    def forget(self, delivery_tag: str) -> None:
        """Delete a message that was dealt with."""
        if file := self._taken.pop(delivery_tag, None):
            file.unlink(missing_ok=True)

    def _restore(self, message: Any) -> None:
        if file := self._taken.pop(message.delivery_tag, None):
            self.folder.give_back(file)

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        self.folder.put(queue, message)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        message, file = self.folder.take(queue)
        if queue in self._unacknowledged:
            file.unlink(missing_ok=True)
        else:
            self._taken[message["properties"]["delivery_tag"]] = file
        return message

    def _size(self, queue: str) -> int:
        return len(self.folder.list_ready(queue))

    def _purge(self, queue: str) -> int:
        files = self.folder.list_ready(queue)
        for file in files:
            file.unlink(missing_ok=True)
        return len(files)


class Transport(virtual.Transport):
    Channel = Channel
    driver_type = "filesystem"
    driver_name = "filesystem"
    # Seconds between two looks into an empty queue.
    polling_interval = 0.25

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        # A worker looks only between two calls whether it is to stop; usually it waits 2 seconds.
        super().drain_events(connection, timeout=min(timeout or 0.5, 0.5))

    def driver_version(self) -> str:
        return "1"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def _lock_if_free(file: Path) -> Iterator[bool]:
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)
