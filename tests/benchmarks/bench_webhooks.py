"""
Webhooks: from facts in the event store to a receiver that has heard them, on one worker.

The receiver is a process of its own that answers at once and writes down what came, so that the
order of each customer's messages can be checked afterwards. The worker does what its tasks do:
relay the facts, then send what is due.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.results import Result

EVENTS = int(os.environ.get("EVENTS", 2_000 if os.environ.get("QUICK") else 20_000))
CUSTOMERS = max(EVENTS // 10, 1)
# Events a second.
TARGET = 1_000
SECONDS_MAX = 300


def run() -> Iterator[Result]:
    from django.conf import settings

    from loyalty import webhooks
    from loyalty.core import consumers
    from loyalty.core.webhooks import sending

    settings.WEBHOOKS_ALLOW_PRIVATE = True
    with TemporaryDirectory() as folder, receiving(Path(folder) / "heard") as (url, heard):
        _fill(url, EVENTS)
        sent = relaying = 0.0
        handled = 0
        begun = time.perf_counter()
        while (done := len(_lines(heard))) < EVENTS:
            assert time.perf_counter() - begun < SECONDS_MAX, f"{done} of {EVENTS} arrived."
            turn = time.perf_counter()
            handled += consumers.relay(webhooks.CONSUMER)
            relaying += time.perf_counter() - turn
            turn = time.perf_counter()
            sending.deliver_due()
            sent += time.perf_counter() - turn
        taken = time.perf_counter() - begun
        _check_order(_lines(heard))
    yield Result(
        f"webhooks: {EVENTS:,} of {CUSTOMERS:,} customers, a second",
        EVENTS / taken,
        TARGET,
        f"{taken:.1f} s: {relaying:.1f} s to queue {handled:,} facts, {sent:.1f} s to send them",
    )


def _fill(url: str, count: int) -> None:
    """Make a store whose customers' points change all the time: one fact for each change."""
    from django.db import connection

    from accounts.services import customers, levels
    from loyalty.core.actors import SYSTEM
    from loyalty.core.services import stores

    store = stores.create(
        code="hooks",
        name="Hooks",
        currency="EUR",
        setting_values={"webhooks": True, "uriWebhooks": url},
    )
    data = levels.LevelData(
        translations={"en": levels.LevelText("Entry")},
        condition_value=Decimal(0),
        reward_value=Decimal(0),
    )
    levels.create(store=store, data=data, actor=SYSTEM)
    first = customers.register(
        store=store,
        data=customers.Registration(
            first_name="Bench", last_name="Mark", email="bench@example.com", agreement1=True
        ),
        actor=SYSTEM,
    )
    with connection.cursor() as cursor:
        cursor.execute(COPY_WALLETS, [CUSTOMERS - 1, first.wallet_id])
        cursor.execute(COPY_CUSTOMERS, [store.pk, first.pk])
        cursor.execute("update core_consumercursor set position = pg_current_xact_id()::text::int8")
        cursor.execute("select id from accounts_customer where store_id = %s", [store.pk])
        ids = [row[0] for row in cursor.fetchall()]
        random.seed(7)
        cursor.execute(
            FACTS, {"store": store.pk, "customers": [random.choice(ids) for _ in range(count)]}
        )
        cursor.execute("vacuum analyze")


COPY_WALLETS = """
insert into ledger_wallet (uuid, store_id, kind, created_at)
select ledger_uuid7(), w.store_id, w.kind, w.created_at
from generate_series(1, %s), ledger_wallet w where w.id = %s
"""

COPY_CUSTOMERS = """
insert into accounts_customer (
    uuid, store_id, wallet_id, first_name, last_name, gender, address, company, labels, avatar,
    agreement1, agreement2, agreement3, status, card_state, password, must_change_password,
    activation_token, level_id, transactions_count, transactions_amount,
    transactions_amount_without_delivery, amount_excluded_for_level, version, created_at, updated_at
)
select ledger_uuid7(), c.store_id, w.id, c.first_name, c.last_name, c.gender, c.address, c.company,
    c.labels, c.avatar, c.agreement1, c.agreement2, c.agreement3, c.status, c.card_state,
    c.password, c.must_change_password, c.activation_token, c.level_id, 0, 0, 0, 0, 1,
    c.created_at, c.updated_at
from ledger_wallet w, accounts_customer c
where w.store_id = %s and w.kind = 'customer' and w.id <> c.wallet_id and c.id = %s
"""

# The amount counts on, so that the order can be told from what arrives.
FACTS = """
insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
select ledger_uuid7(), %(store)s, 'points.added', ledger_uuid7(), customer,
    jsonb_build_object(
        'pointsTransferId', ledger_uuid7(), 'value', '1', 'type', 'adding', 'issuer', 'system',
        'comment', '', 'createdAt', now(), 'accountId', ledger_uuid7(), 'active', number::text
    ), now()
from unnest(%(customers)s::bigint[]) with ordinality as f (customer, number)
order by number
"""


@contextmanager
def receiving(heard: Path) -> Iterator[tuple[str, Path]]:
    """Start the receiver, and stop it."""
    heard.touch()
    command = [sys.executable, "-m", "tests.benchmarks.bench_webhooks", str(heard)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        yield f"http://127.0.0.1:{port}/", heard
    finally:
        process.kill()
        process.wait()


def _lines(heard: Path) -> list[bytes]:
    return heard.read_bytes().splitlines()


def _check_order(lines: list[bytes]) -> None:
    by_customer: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        data = json.loads(line)["data"]
        by_customer[data["customerId"]].append(data["amount"])
    assert len(by_customer) > 1
    assert all(amounts == sorted(set(amounts)) for amounts in by_customer.values())
    assert sum(map(len, by_customer.values())) == EVENTS


class Ear(asyncio.Protocol):
    """Hears POSTs with a length, writes their bodies down, and answers 200."""

    def __init__(self, heard: Path) -> None:
        self.heard = heard.open("ab", buffering=0)
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(self.buffer) < end + 4 + length:
                return
            self.heard.write(self.buffer[end + 4 : end + 4 + length] + b"\n")
            self.buffer = self.buffer[end + 4 + length :]
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def connection_lost(self, reason: Exception | None) -> None:
        self.heard.close()


async def receive(heard: Path) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Ear(heard), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(receive(Path(sys.argv[1])))
