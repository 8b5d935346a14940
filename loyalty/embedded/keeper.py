"""
The embedded server's parent: stops it when nobody uses it any more.

A program of its own, without the project's imports: it lives as long as the server and should cost
nothing. Its arguments: the users' lock file, its own lock file, the data folder, the uid and gid to
run the server as (empty: ours), and the server's command.

Users hold the users' file with a shared lock. This program waits for the exclusive one, which the
kernel grants when the last user is gone, be it by `kill -9`. As long as it holds that one, new
users wait, and start the next server when this program has ended.
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1


def main() -> int:
    users_file, own_file, data, uid, gid, *command = sys.argv[1:]
    # Kept until the end of the process.
    own = os.open(own_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    users = os.open(users_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(own, fcntl.LOCK_EX)
    # Loaded before the fork: between fork and exec as little as possible should happen.
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def end_with_parent() -> None:
        # After the change of account, which would clear it.
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)

    # Only the last user's leaving ends the server; a polite stop of this process is one, too.
    server = subprocess.Popen(  # noqa: S603 - what cluster.py wrote
        command,
        stdin=subprocess.DEVNULL,
        cwd=data,
        user=int(uid) if uid else None,
        group=int(gid) if gid else None,
        extra_groups=[] if uid else None,
        preexec_fn=end_with_parent,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
    )
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: server.send_signal(signal.SIGINT))

    def stop_after_last_user() -> None:
        fcntl.flock(users, fcntl.LOCK_EX)
        # SIGINT is PostgreSQL's "fast" shutdown: clients are cut off, data is written.
        server.send_signal(signal.SIGINT)

    threading.Thread(target=stop_after_last_user, daemon=True).start()
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
