"""
The two calls that tills and apps make all day, over HTTP, against bare Django views.

The server is the product's own: two web processes, started as `manage.py serve` starts them. Eight
connections each send their next request when they have the answer to the last. Both calls and
their floors take turns on the same server, so that what else the machine does slows all alike.
"""

import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.results import Result

CONNECTIONS = 8
LINES = 5
ROUNDS = 3 if os.environ.get("QUICK") else 8
SECONDS_PER_TURN = 1.5
WARM_SECONDS = 2.0
SLOWEST_BY_MEDIAN_MAX = 8


@dataclass
class Load:
    """One kind of request; `seconds` are the durations of the answers, of all turns."""

    name: str
    make_request: Callable[[int], bytes]
    expected_status: int = 200
    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    spent: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.spent

    @property
    def slowest_by_median(self) -> float:
        """Return the 99th percentile of the durations, by their median."""
        cuts = statistics.quantiles(self.seconds, n=100)
        return cuts[98] / cuts[49]


def run() -> Iterator[Result]:
    loads = measure(*prepare())
    for name, target in (("purchase", 0.3), ("status", 0.6)):
        product, floor = loads[name], loads[f"bare {name}"]
        yield Result(
            f"http: {name}, by a bare view",
            product.rate / floor.rate,
            target,
            f"{product.rate:.0f}/s, bare {floor.rate:.0f}/s, "
            f"median {statistics.median(product.seconds) * 1000:.1f} ms",
        )
        yield Result(
            f"http: {name}, {SLOWEST_BY_MEDIAN_MAX} medians by the 99th percentile",
            SLOWEST_BY_MEDIAN_MAX / product.slowest_by_median,
            1,
            f"the 99th percentile is {product.slowest_by_median:.1f} medians",
        )
        answers = len(product.seconds)
        yield Result(
            f"http: {name}, share of right answers", answers / (answers + product.errors), 1
        )


def prepare() -> tuple[str, list[tuple[int, str, str]], str]:
    """Open a store; return its code, its customers (key, uuid, e-mail) and a staff token."""
    from django.utils import timezone

    from accounts.models import Customer, StaffUser
    from accounts.services import tokens
    from loyalty.core.models import Store
    from tests.benchmarks import bench_purchases

    store_id, customer_ids = bench_purchases.prepare()
    staff = StaffUser.objects.create_superuser("bench", "bench", email="bench@example.com")
    pair = tokens.open_session(staff, ip_address=None, now=timezone.now())
    customers = Customer.objects.filter(pk__in=customer_ids).values_list("pk", "uuid", "email")
    code = Store.objects.get(pk=store_id).code
    return code, [(pk, str(uuid), email or "") for pk, uuid, email in customers], pair.token


def measure(code: str, customers: list[tuple[int, str, str]], token: str) -> dict[str, Load]:
    """Return the loads by name, measured in turns by a process of its own."""
    with served() as port:
        context = multiprocessing.get_context("spawn")
        found = context.Queue()
        process = context.Process(target=send_all, args=(port, code, customers, token, found))
        process.start()
        measured: dict[str, dict[str, Any]] = found.get(timeout=600)
        process.join()
    return {name: Load(name, _never, **figures) for name, figures in measured.items()}


@contextmanager
def served() -> Iterator[int]:
    """Run the product's web server on a free port; yield the port."""
    from django.test import override_settings

    from loyalty.management.commands import serve

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    with override_settings(PORT=port, WEB_WORKERS=2):
        command = serve.web().command
    settings = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.http_settings"}
    server = subprocess.Popen(command, env=os.environ | settings, start_new_session=True)
    try:
        _wait_for(port)
        yield port
    finally:
        os.killpg(server.pid, 9)
        server.wait()


def send_all(
    port: int, code: str, customers: list[tuple[int, str, str]], token: str, found: Any
) -> None:
    loads = make_loads(code, customers, token)
    for load in loads:
        take_turn(load, port, seconds=WARM_SECONDS)
        load.seconds.clear()
        load.errors, load.spent = 0, 0.0
    for _ in range(ROUNDS):
        for load in loads:
            take_turn(load, port, seconds=SECONDS_PER_TURN)
    found.put(
        {
            load.name: {"seconds": load.seconds, "errors": load.errors, "spent": load.spent}
            for load in loads
        }
    )


def make_loads(code: str, customers: list[tuple[int, str, str]], token: str) -> list[Load]:
    def purchase(number: int) -> bytes:
        email = customers[number % len(customers)][2]
        return request("POST", f"/api/{code}/transaction", token, document(email))

    def status(number: int) -> bytes:
        uuid = customers[number % len(customers)][1]
        return request("GET", f"/api/{code}/admin/customer/{uuid}/status", token)

    def bare_purchase(number: int) -> bytes:
        return request("POST", f"/bare/earn/{customers[number % len(customers)][0]}", "")

    def bare_status(number: int) -> bytes:
        return request("GET", f"/bare/read/{customers[number % len(customers)][0]}", "")

    return [
        Load("purchase", purchase),
        Load("bare purchase", bare_purchase),
        Load("status", status),
        Load("bare status", bare_status),
    ]


def take_turn(load: Load, port: int, *, seconds: float) -> None:
    """Send one kind of request over all connections for a while, each customer on one of them."""
    until = time.perf_counter() + seconds
    threads = [
        threading.Thread(target=_send, args=(load, port, number, until))
        for number in range(CONNECTIONS)
    ]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.spent += time.perf_counter() - begun


def _send(load: Load, port: int, number: int, until: float) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (begun := time.perf_counter()) < until:
            connection.sendall(load.make_request(number))
            status = _read_status(connection)
            if status == load.expected_status:
                load.seconds.append(time.perf_counter() - begun)
            else:
                load.errors += 1
            number += CONNECTIONS


def _read_status(connection: socket.socket) -> int:
    """Read one whole answer; return its status."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        part = connection.recv(65_536)
        if not part:
            return 0
        answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return int(head.split(b" ", 2)[1])


def request(method: str, path: str, token: str, body: Any = None) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        "Accept: application/json",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    ]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, "", ""]).encode() + content


def document(email: str) -> dict[str, Any]:
    return {
        "transaction": {
            "transactionData": {
                "documentNumber": str(uuid.uuid4()),
                "documentType": "sell",
                "purchaseDate": "2026-01-31 12:00",
                "purchasePlace": "Wroclaw",
            },
            "items": [
                {
                    "sku": {"code": f"SKU{number}"},
                    "name": "Tea",
                    "quantity": 1,
                    "grossValue": 12.34,
                    "category": "drinks",
                    "maker": "Best",
                    "labels": [{"key": "color", "value": "red"}],
                }
                for number in range(LINES)
            ],
            "customerData": {"name": "Alice", "email": email},
        }
    }


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "The server does not answer."
            time.sleep(0.1)
        else:
            return


def _never(number: int) -> bytes:
    raise AssertionError("Measured already.")
