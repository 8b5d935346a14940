"""
Slow down the guessing of passwords and codes, at every door and for all processes together.

Attempts are counted in buckets of a quarter of an hour, each before it is looked at, so that many
at once pass no limit; what succeeds is taken off again. Who is counted where:

- from a device or address where nobody has signed in to this account: by account and address, by
  address, and by account;
- from an address that is known to the account: by account and address, and by address;
- from a device that is known to it (a signed cookie): by account and device alone.

So a stranger who fails on purpose closes an account to strangers, and never to its owner where
they have signed in before. An owner at a new place chooses a new password by mail, which makes the
place known. An account that does not exist is counted as one that does.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from loyalty.core import clock, sql
from loyalty.core.errors import DomainError
from loyalty.core.jobs import Run
from loyalty.core.models import FailedAttempts, KnownPlace

WINDOW = timedelta(minutes=15)
# Of one account, from one device or address.
PER_PLACE = 10
# Behind one address stands a household, a shop or a mobile network.
PER_ADDRESS = 100
# Of one account, from all places that it does not know.
PER_ACCOUNT = 50
KNOWN_FOR = timedelta(days=180)
CHUNK = 5_000


# The buckets of the attempts that a rollback would undo; None: nobody asks.
_noted: ContextVar[list[list[str]] | None] = ContextVar("noted", default=None)


class TooManyAttempts(DomainError):
    """Too many attempts. Wait a quarter of an hour, then try again."""

    code = "too_many_attempts"

    def __init__(self, wait_seconds: int) -> None:
        super().__init__()
        self.wait_seconds = wait_seconds


@dataclass(frozen=True)
class Place:
    """Where somebody is. `device`: what a cookie that we signed says; empty: there is none."""

    address: str | None = None
    device: str = ""


NOWHERE = Place()


@dataclass(frozen=True)
class Attempt:
    """
    Something that may be tried only so often.

    `purpose`: what is tried, such as `sign-in`. `account`: on whom, in one spelling; empty where
    the secret alone says who it is, as a code does: then only the address counts.
    """

    purpose: str
    account: str
    place: Place

    @property
    def of_device(self) -> str:
        return _digest(self.purpose, self.account, "device", self.place.device)

    @property
    def of_address_here(self) -> str:
        return _digest(self.purpose, self.account, "address", network_of(self.place.address))

    @property
    def of_address(self) -> str:
        return _digest(self.purpose, "", "address", network_of(self.place.address))

    @property
    def of_account(self) -> str:
        return _digest(self.purpose, self.account, "account", "")


def begin(attempt: Attempt, *, now: datetime | None = None) -> None:
    """
    Count an attempt before it is made. Call it outside of transactions: it counts at once.

    :raises TooManyAttempts: this one must not be made.
    """
    now = now or clock.now()
    limits = _limits(attempt, now)
    # In one order, so that two at once cannot wait for each other.
    buckets = sorted(limits)
    rows = sql.read(COUNT, {"buckets": buckets, "now": now, "end": now + WINDOW})
    if (noted := _noted.get()) is not None:
        noted.append(buckets)
    waits = [
        (ends_at - now).total_seconds() for bucket, count, ends_at in rows if count > limits[bucket]
    ]
    if waits:
        raise TooManyAttempts(max(1, int(max(waits))))


def succeed(attempt: Attempt, *, now: datetime | None = None) -> None:
    """Take a successful attempt off again, and remember where an account was at home."""
    now = now or clock.now()
    limits = sorted(_limits(attempt, now))
    sql.read(TAKE_OFF, {"buckets": limits})
    if (noted := _noted.get()) is not None and limits in noted:
        noted.remove(limits)
    if not attempt.account:
        return
    here = [attempt.of_address_here, *([attempt.of_device] if attempt.place.device else [])]
    FailedAttempts.objects.filter(bucket__in=here).delete()
    remember(attempt, now=now)


@contextmanager
def outliving_rollback() -> Iterator[None]:
    """
    Count the attempts made inside once more if what is inside is rolled back.

    Around a transaction that undoes itself when its request is refused: else a refused attempt
    would not count. The transaction inside calls `keep()` when it will be committed.
    """
    token = _noted.set([])
    try:
        yield
    finally:
        noted, now = _noted.get(), clock.now()
        _noted.reset(token)
        for buckets in noted or ():
            sql.read(COUNT, {"buckets": buckets, "now": now, "end": now + WINDOW})


def keep() -> None:
    """Say that what was counted will be committed; see `outliving_rollback()`."""
    if (noted := _noted.get()) is not None:
        noted.clear()


@contextmanager
def code_entry(purpose: str, place: Place) -> Iterator[None]:
    """
    Count the entry of a code that says by itself whose it is; what goes well is taken off again.

    :raises TooManyAttempts: from this address; the code must not be looked at.
    """
    attempt = Attempt(purpose, "", place)
    begin(attempt)
    yield
    succeed(attempt)


def remember(attempt: Attempt, *, now: datetime | None = None) -> None:
    """Make a place known to an account whose owner has proven to be there."""
    places = [attempt.of_device] if attempt.place.device else []
    if attempt.place.address:
        places.append(attempt.of_address_here)
    KnownPlace.objects.bulk_create(
        [KnownPlace(digest=digest, seen_at=now or clock.now()) for digest in sorted(places)],
        update_conflicts=True,
        unique_fields=["digest"],
        update_fields=["seen_at"],
    )


def forget_over(*, run: Run | None = None, now: datetime | None = None) -> int:
    """Delete counts whose time is over and places not seen for long, by chunks; return how many."""
    run, now = run or Run(), now or clock.now()
    _delete(run, FailedAttempts.objects.filter(ends_at__lte=now).order_by("ends_at"))
    _delete(run, KnownPlace.objects.filter(seen_at__lte=now - KNOWN_FOR).order_by("seen_at"))
    return run.counts["rows"]


def network_of(address: str | None) -> str:
    """Return what counts as one address: of the newer kind one household has many."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _limits(attempt: Attempt, now: datetime) -> dict[str, int]:
    """Return the buckets that an attempt counts in, each with its limit."""
    if not attempt.account:
        return {attempt.of_address: PER_ADDRESS}
    here = [attempt.of_address_here, *([attempt.of_device] if attempt.place.device else [])]
    known = set(
        KnownPlace.objects.filter(digest__in=here, seen_at__gt=now - KNOWN_FOR).values_list(
            "digest", flat=True
        )
    )
    if attempt.place.device and attempt.of_device in known:
        return {attempt.of_device: PER_PLACE}
    limits = {attempt.of_address_here: PER_PLACE, attempt.of_address: PER_ADDRESS}
    if attempt.of_address_here not in known:
        limits[attempt.of_account] = PER_ACCOUNT
    return limits


def _delete(run: Run, over: "QuerySet[FailedAttempts] | QuerySet[KnownPlace]") -> None:
    while keys := _keys(over):
        with run.chunk() as done:
            done["rows"] = over.model._default_manager.filter(pk__in=keys).delete()[0]


def _keys(over: "QuerySet[FailedAttempts] | QuerySet[KnownPlace]") -> Sequence[str]:
    return list(over.values_list("pk", flat=True)[:CHUNK])


def _digest(*parts: str) -> str:
    """Return a name without a person in it: addresses are few enough to be guessed from a hash."""
    return salted_hmac("loyalty.throttle", "\x1f".join(parts), algorithm="sha256").hexdigest()


COUNT = """
insert into core_failedattempts as known (bucket, count, ends_at)
select bucket, 1, %(end)s::timestamptz from unnest(%(buckets)s::text[]) as bucket
on conflict (bucket) do update set
    count = case when known.ends_at <= %(now)s::timestamptz then 1 else known.count + 1 end,
    ends_at = case when known.ends_at <= %(now)s::timestamptz
        then excluded.ends_at else known.ends_at end
returning bucket, count, ends_at
"""

TAKE_OFF = """
with taken as (
    select bucket from core_failedattempts where bucket = any(%(buckets)s::text[])
    order by bucket for update
)
update core_failedattempts failed set count = greatest(failed.count - 1, 0)
from taken where failed.bucket = taken.bucket
returning failed.bucket
"""
