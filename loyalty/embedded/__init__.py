"""
The PostgreSQL that comes inside a wheel: a real server under `VAR_DIR`, without an installation.

The address is known without starting anything, so reading the settings costs nothing; the database
backend in `base.py` starts the server before a process' first connection. Every process that uses
it holds a shared lock, which the kernel takes back however the process ends, and the server's
keeper (`keeper.py`) stops the server when the last of them is gone.

Of the wheel only the programs are used. Its own Python code would open every folder above the data
to all users, add an account to the machine, and count its users in a file that `kill -9` leaves
wrong.
"""

from loyalty.embedded.cluster import Cluster, EmbeddedDatabaseError

__all__ = ["Cluster", "EmbeddedDatabaseError"]
