"""The server that is moved away from is asked …"""

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from loyalty.moving_in.source import ATTEMPTS_MAX, NotThere, Source, SourceRefuses


class Server:
    """Answers what it is told to, in turn, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], object]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                told.asked.append((self.path, dict(self.headers)))
                status, headers, body = told.answers.pop(0)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

            def log_message(self, *arguments: object) -> None: ...

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever)
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


def ask(server: Server, token: str = "token") -> tuple[Source, list[float]]:
    pauses: list[float] = []
    return Source(server.url, token, sleep=pauses.append), pauses


def test_a_page_at_a_time(server):
    source, _pauses = ask(server)
    server.answers = [(200, {}, {"pos": [1, 2], "total": 3}), (200, {}, {"pos": [3], "total": 3})]

    pages = list(source.pages("pos", "pos", size=2))

    assert pages == [(1, [1, 2], 3), (2, [3], 3)]
    assert "page=2&perPage=2" in server.asked[1][0]


def test_again_after_as_long_as_it_says(server):
    source, pauses = ask(server)
    server.answers = [(429, {"Retry-After": "7"}, {}), (503, {}, {}), (200, {}, {"value": 1.10})]

    assert source.get("x") == {"value": Decimal("1.10")}
    assert pauses == [7, 2, 0]


def test_not_for_ever(server):
    source, _pauses = ask(server)
    server.answers = [(500, {}, {})] * ATTEMPTS_MAX

    with pytest.raises(SourceRefuses):
        source.get("x")
    assert len(server.asked) == ATTEMPTS_MAX


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        pytest.param((404, {}, {}), NotThere, id="missing"),
        pytest.param((403, {}, {}), SourceRefuses, id="forbidden"),
        pytest.param((200, {}, b"<html>"), SourceRefuses, id="no-json"),
    ],
)
def test_once_where_it_refuses(server, answer, refusal):
    source, _pauses = ask(server)
    server.answers = [answer]

    with pytest.raises(refusal):
        source.get("x")


@pytest.mark.parametrize(
    ("token", "header"), [("a.b.c", "Authorization"), ("permanent", "X-Auth-Token")]
)
def test_with_either_kind_of_token(server, token, header):
    source, _pauses = ask(server, token)
    server.answers = [(200, {}, {})]

    source.get("x")

    assert header in {name.title() for name in server.asked[0][1]}


def test_over_http_only():
    with pytest.raises(SourceRefuses):
        Source("file:///etc", "token")
