"""Send what waits: many lanes at once through one HTTP client, each lane in its order."""

import asyncio
import errno
import logging
import socket
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import aiohttp
from django.db import connection, connections
from standardwebhooks import Webhook

from loyalty.core import clock
from loyalty.core.models import Store
from loyalty.core.webhooks import addresses, deliveries, signing
from loyalty.core.webhooks.deliveries import Attempt, Lane, Turn, Waiting

logger = logging.getLogger(__name__)

T = TypeVar("T")

# How long one run takes new lanes; other tasks of the worker wait for it.
RUN_SECONDS = 5.0
LANES_MAX = 100
CONNECT_SECONDS = 2
ANSWER_SECONDS = 5
ANSWER_BYTES_MAX = 1_024
ERROR_LENGTH_MAX = 200
# A lane is given back when so much of its lease is over; the rest is for the last answer.
HOLD_SECONDS = deliveries.LEASE.total_seconds() / 2
# A receiver that does not answer so often in a row is left alone for a moment: else the lanes of
# all its customers would each wait for it, and those of other stores with them.
SILENT_MAX = 20
LEFT_ALONE_FOR = timedelta(seconds=5)

# Each attempt has these (WEB-1).
USER_AGENT = "OpenLoyalty"
SWITCHED_OFF = "Webhooks are switched off."


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a store's webhooks go now, and how they are signed."""

    url: str
    extra_header: tuple[str, str] | None
    signers: tuple[Webhook, ...]

    def headers_of(self, delivery: Waiting, now: Any) -> dict[str, str]:
        """Return the headers of one attempt; the configured one replaces none of ours."""
        ours = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            # What comes back is read to a small limit only, so it must not grow when unpacked.
            "Accept-Encoding": "identity",
            **signing.headers(delivery.uuid, delivery.body, self.signers, now),
        }
        return dict([self.extra_header] if self.extra_header else []) | ours


def deliver_due(*, seconds: float = RUN_SECONDS) -> int:
    """
    Send what waits and is due, for some seconds; return how many attempts were made.

    May run in many processes at once, and be killed at any moment.
    """
    assert not connection.in_atomic_block, "Others must see the leases."
    due_at = deliveries.next_due_at()
    if due_at is None or due_at > clock.now():
        return 0
    return asyncio.run(_Run(seconds).work())


class _Run:
    """One run: what it holds, and what it has learnt of the receivers."""

    def __init__(self, seconds: float) -> None:
        self.ends_at = time.monotonic() + seconds
        self.endpoints: Mapping[int, Endpoint | None] = {}
        self.silent: Counter[int] = Counter()
        # The database is asked in one thread, beside the loop that sends.
        self.database = ThreadPoolExecutor(1, thread_name_prefix="webhooks")

    async def work(self) -> int:
        tried = 0
        turns: set[asyncio.Task[Turn]] = set()
        try:
            async with _session() as session:
                while True:
                    turns |= await self._take(session, LANES_MAX - len(turns))
                    if not turns:
                        return tried
                    done, turns = await asyncio.wait(turns, return_when=asyncio.FIRST_COMPLETED)
                    ended = [turn.result() for turn in done]
                    tried += sum(len(turn.attempts) for turn in ended)
                    # Meanwhile others end, so under load they are written by the dozen.
                    await self._ask(partial(_finish, ended))
        finally:
            for turn in turns:
                turn.cancel()
            await self._ask(connections.close_all)
            self.database.shutdown()

    async def _take(self, session: aiohttp.ClientSession, room: int) -> set["asyncio.Task[Turn]"]:
        """Begin to work on more lanes, where there is room and time."""
        if room < LANES_MAX // 2 or time.monotonic() > self.ends_at:
            return set()
        taken_at = time.monotonic()
        lanes = await self._ask(lambda: deliveries.claim(room, now=clock.now()))
        if not lanes:
            return set()
        self.endpoints = await self._ask(lambda: load_endpoints({lane.store_id for lane in lanes}))
        return {
            asyncio.create_task(self._work_off(session, lane, taken_at + HOLD_SECONDS))
            for lane in lanes
        }

    async def _work_off(self, session: aiohttp.ClientSession, lane: Lane, stops_at: float) -> Turn:
        """Send a lane's deliveries one after the other, until one has to be tried again."""
        turn = Turn(lane)
        endpoint = self.endpoints[lane.store_id]
        for delivery in lane.deliveries:
            if time.monotonic() > stops_at:
                break
            if self.silent[lane.store_id] >= SILENT_MAX:
                turn.not_before = clock.now() + LEFT_ALONE_FOR
                break
            if endpoint is None:
                attempt = Attempt(delivery, clock.now(), None, SWITCHED_OFF, "", 0, is_final=True)
            else:
                attempt = await send(session, endpoint, delivery)
                is_silent = attempt.status is None
                self.silent[lane.store_id] = self.silent[lane.store_id] + 1 if is_silent else 0
            turn.attempts.append(attempt)
            if attempt.next_attempt_at is not None:
                break
        return turn

    async def _ask(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.database, work)


async def send(session: aiohttp.ClientSession, endpoint: Endpoint, delivery: Waiting) -> Attempt:
    """Send one delivery once. Never raises for what the receiver does, or is."""
    now, begun = clock.now(), time.monotonic()
    status, answer, error = None, "", addresses.fault_of(endpoint.url)
    if not error:
        try:
            async with session.post(
                endpoint.url,
                data=delivery.body.encode(),
                headers=endpoint.headers_of(delivery, now),
                allow_redirects=False,
            ) as response:
                status = response.status
                answer = await _beginning(response)
            error = "" if 200 <= status < 300 else _words_of(status)
        except TimeoutError:
            error = f"No answer within {ANSWER_SECONDS} seconds."
        except (aiohttp.ClientError, OSError, ValueError) as reason:
            error = _reason(reason)
    taken = round((time.monotonic() - begun) * 1000)
    return Attempt(delivery, now, status, error, answer, taken)


def _finish(turns: list[Turn]) -> None:
    deliveries.finish(turns, now=clock.now())


def load_endpoints(store_ids: Collection[int]) -> dict[int, Endpoint | None]:
    """Read where the webhooks of stores go now; None: they are switched off."""
    return {store.pk: endpoint_of(store) for store in Store.objects.filter(pk__in=store_ids)}


def endpoint_of(store: Store) -> Endpoint | None:
    settings = store.settings
    if not settings.webhooks or not settings.uri_webhooks:
        return None
    name, value = settings.webhook_header_name, settings.webhook_header_value
    secrets = signing.list_valid(store, now=clock.now())
    return Endpoint(
        url=settings.uri_webhooks,
        extra_header=(name, value) if name else None,
        signers=tuple(Webhook(secret.value) for secret in secrets),
    )


def _session() -> aiohttp.ClientSession:
    """Open a client that goes where it may and keeps nothing of what it is told."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=LANES_MAX, socket_factory=_guarded_socket),
        timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )


def _guarded_socket(target: Any) -> socket.socket:
    """
    Make the socket of one connection, knowing where it goes.

    :raises PermissionError: into our own network, whatever the name had meant before.
    """
    family, kind, protocol, _name, place = target
    address = addresses.literal(str(place[0]))
    if address is None or not addresses.is_allowed(address):
        raise PermissionError(errno.EPERM, addresses.INWARD)
    return socket.socket(family, kind, protocol)


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """Read the beginning of an answer; that it does not end well changes nothing any more."""
    read = b""
    try:
        while len(read) < ANSWER_BYTES_MAX:
            part = await response.content.read(ANSWER_BYTES_MAX - len(read))
            if not part:
                break
            read += part
    except (aiohttp.ClientError, TimeoutError, OSError):
        response.close()
    # PostgreSQL's text takes no NUL.
    return read.decode("utf-8", "replace").replace("\x00", "\ufffd")


def _words_of(status: int) -> str:
    if 300 <= status < 400:
        return f"Answered {status}; redirects are not followed."
    return f"Answered {status}."


def _reason(error: Exception) -> str:
    if addresses.INWARD in str(error):
        return addresses.INWARD
    return (str(error) or type(error).__name__).replace("\x00", "")[:ERROR_LENGTH_MAX]
