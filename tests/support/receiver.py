"""A receiver of webhooks: a real HTTP server that writes down what comes and answers as told."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def type(self) -> str:
        return json.loads(self.body)["type"]

    @property
    def data(self) -> Any:
        return json.loads(self.body)["data"]

    def is_signed_with(self, secret: str) -> bool:
        """Check the signature as the scheme's text says, with nothing of the product."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        timestamp = self.headers["webhook-timestamp"]
        signed = f"{self.id}.{timestamp}.".encode() + self.body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert abs(time.time() - int(timestamp)) < 300
        return f"v1,{expected}" in self.headers["webhook-signature"].split(" ")


# (status, headers, body), or seconds to wait before an empty 200.
Answer = tuple[int, dict[str, str], bytes] | float
OK: Answer = (200, {}, b"ok")


@dataclass
class Receiver:
    """`answers`: what a message is answered with; by default 200."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: Callable[[Received], Answer] = lambda received: OK

    @property
    def types(self) -> list[str]:
        return [message.type for message in self.received]

    def data_of(self, type: str) -> Any:
        [found] = [message.data for message in self.received if message.type == type]
        return found


@contextmanager
def listening() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self.path, headers, body)
            receiver.received.append(received)
            answer = receiver.answers(received)
            if isinstance(answer, float):
                time.sleep(answer)
                answer = OK
            assert isinstance(answer, tuple)
            status, extra, content = answer
            try:
                self.send_response(status)
                for name, value in extra.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:  # who asked has gone
                self.close_connection = True

        def do_GET(self) -> None:
            receiver.received.append(Received(self.path, {}, b""))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
