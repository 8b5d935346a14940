"""`manage.py serve` …"""

import socket
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command

from loyalty.management.commands import serve


@pytest.fixture(params=["alone", "shared"])
def taken(request, settings) -> Iterator[socket.socket]:
    """Somebody listens on our port; "shared": as web servers do whose processes have one port."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if request.param == "shared":
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings.HOST, settings.PORT = other.getsockname()
        yield other


def test_does_not_begin_where_somebody_else_listens(taken):
    with pytest.raises(CommandError, match=rf"Port {taken.getsockname()[1]} .* is used by another"):
        call_command("serve")


def test_begins_where_a_server_has_just_ended(taken):
    with socket.create_connection(taken.getsockname()) as client:
        taken.accept()[0].close()
        client.recv(1)
    taken.close()

    serve.require_free_port()


def test_tells_of_an_address_that_is_not_ours(settings):
    settings.HOST, settings.PORT = "192.0.2.1", 8181

    with pytest.raises(CommandError, match=r"Port 8181 of 192\.0\.2\.1 cannot be opened"):
        serve.require_free_port()
