"""The server that is moved away from is asked …"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from loyalty.moving_in.source import (
    ATTEMPTS_MAX,
    Answer,
    NotAllowed,
    NotThere,
    Source,
    SourceRefuses,
)


class Server:
    """Answers what it is told to, in turn, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], object]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        # How long each of the first answers takes.
        self.delays: list[float] = []
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                told.asked.append((self.path, dict(self.headers)))
                status, headers, body = told.answers.pop(0)
                if told.delays:
                    time.sleep(told.delays.pop(0))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):  # who asked has gone
                    self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

            def log_message(self, *arguments: object) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
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
        pytest.param((403, {}, {}), NotAllowed, id="forbidden"),
        pytest.param((401, {}, {}), SourceRefuses, id="expired"),
    ],
)
def test_once_where_it_refuses(server, answer, refusal):
    source, _pauses = ask(server)
    server.answers = [answer]

    with pytest.raises(refusal):
        source.get("x")


def test_again_where_a_proxys_page_comes_instead(server):
    source, pauses = ask(server)
    server.answers = [(200, {}, b"<html>"), (200, {}, {"value": 1})]

    assert source.get("x") == {"value": 1}
    # Each answer is followed by the pause between calls.
    assert pauses == [0, 1, 0]


def test_again_where_the_answer_takes_too_long(server):
    source = Source(server.url, "token", timeout=0.5, sleep=lambda _seconds: None)
    server.delays = [2.0]
    server.answers = [(200, {}, {"value": number}) for number in range(ATTEMPTS_MAX)]

    assert source.get("x")["value"] > 0


def test_says_that_a_token_is_over_and_how_to_go_on(server):
    source, _pauses = ask(server)
    server.answers = [(401, {}, {})]

    with pytest.raises(SourceRefuses, match=r"the token is wrong, or over.*goes on where it was"):
        source.get("x")


def test_for_files(server):
    source, _pauses = ask(server)
    picture = (200, {"Content-Type": "image/png"}, b"a picture")
    server.answers = [picture, (204, {}, b""), (404, {}, {})]

    assert source.get_file("x") == Answer(b"a picture", "image/png")
    assert source.get_file("x") is None
    assert source.get_file("x") is None


def test_for_lists_with_gaps_that_php_writes_as_maps(server):
    source, _pauses = ask(server)
    server.answers = [(200, {}, {"pos": {"3": "a"}, "total": 1})]

    assert source.page("pos", "pos", {}) == (["a"], 1)


def test_for_customers_by_a_scroll_to_its_end(server):
    source, _pauses = ask(server)
    server.answers = [
        (200, {}, {"customers": [1, 2], "total": 3, "scrollId": "a"}),
        (200, {}, {"customers": [3], "total": 3, "scrollId": "b"}),
        (200, {}, {"customers": [], "total": 3, "scrollId": "c"}),
    ]

    pages = list(source.scroll("customer", "customers", size=2))

    assert pages == [(1, [1, 2], 3), (2, [3], 3)]
    assert [path.partition("?")[2] for path, _headers in server.asked] == [
        "scrollId=&perPage=2",
        "scrollId=a&perPage=2",
        "scrollId=b&perPage=2",
    ]


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
