"""A real LDAP server of one's own, from Debian's package slapd."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BASE = "dc=example,dc=com"
PASSWORD = "Open-Sesame-1"
PROGRAM = shutil.which("slapd") or shutil.which("slapd", path="/usr/sbin")
SCHEMAS = Path("/etc/ldap/schema")

CONFIGURATION = """
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
include {schemas}/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
database mdb
suffix "{base}"
rootdn "cn=admin,{base}"
rootpw {password}
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=admin,{base}" write by users read by * none
"""


class Directory:
    """The server, spoken to as its administrator."""

    def __init__(self, url: str) -> None:
        self.url = url

    def add(self, branch: str, **attributes: str | list[str]) -> str:
        """Add an entry such as `uid=anna,ou=people`; returns its DN."""
        dn = f"{branch},{BASE}"
        self._connection().add_s(dn, [(name, _raw(value)) for name, value in attributes.items()])
        return dn

    def person(self, uid: str, **attributes: str | list[str]) -> str:
        whole = {
            "objectClass": "inetOrgPerson",
            "cn": uid,
            "sn": uid.title(),
            "userPassword": PASSWORD,
        } | attributes
        return self.add(f"uid={uid},ou=people", uid=uid, **whole)

    def group(self, cn: str, *members: str) -> str:
        named = list(members) or [f"cn=admin,{BASE}"]
        return self.add(f"cn={cn},ou=groups", objectClass="groupOfNames", cn=cn, member=named)

    def replace(self, dn: str, **attributes: str | list[str]) -> None:
        import ldap

        changes = [(ldap.MOD_REPLACE, name, _raw(value)) for name, value in attributes.items()]
        self._connection().modify_s(dn, changes)

    def remove(self, dn: str) -> None:
        self._connection().delete_s(dn)

    def clear(self) -> None:
        import ldap

        connection = self._connection()
        try:
            entries = connection.search_s(BASE, ldap.SCOPE_SUBTREE, attrlist=["dn"])
        except ldap.NO_SUCH_OBJECT:
            return
        for dn, _attributes in sorted(entries, key=lambda entry: -len(entry[0])):
            connection.delete_s(dn)

    def begin(self) -> None:
        """Empty it, but for the two branches."""
        self.clear()
        connection = self._connection()
        connection.add_s(
            BASE,
            [("objectClass", [b"dcObject", b"organization"]), ("dc", [b"example"]), ("o", [b"x"])],
        )
        for branch in ("people", "groups"):
            self.add(f"ou={branch}", objectClass="organizationalUnit", ou=branch)

    def _connection(self):
        import ldap

        connection = ldap.initialize(self.url)
        connection.simple_bind_s(f"cn=admin,{BASE}", PASSWORD)
        return connection


@contextmanager
def running(folder: Path) -> Iterator[Directory]:
    """Run a server that keeps its data in a folder, on a free port."""
    assert PROGRAM is not None
    (folder / "data").mkdir()
    file = folder / "slapd.conf"
    file.write_text(
        CONFIGURATION.format(schemas=SCHEMAS, folder=folder, base=BASE, password=PASSWORD)
    )
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    url = f"ldap://127.0.0.1:{port}"
    # With -d it stays in the foreground, so that it is ours to end.
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([PROGRAM, "-f", file, "-h", url, "-d", "0"], stderr=log)
    try:
        _wait(port)
        yield Directory(url)
    finally:
        server.terminate()
        server.wait(timeout=10)


def _wait(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("slapd does not answer.")


def _raw(value: str | list[str]) -> list[bytes]:
    return [each.encode() for each in ([value] if isinstance(value, str) else value)]
