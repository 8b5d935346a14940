"""
Codes that prove that a customer reads what is sent to an address (ACT-2…4, ACT-6).

A code is asked for here, made when its message is written, and good for half an hour from then. A
new one ends the one before it. What is stored is a digest: nobody reads a code out of the database.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.crypto import get_random_string, salted_hmac

from accounts import events
from accounts.models import CodePurpose, Customer, CustomerCode
from loyalty.core import clock
from loyalty.core.errors import DomainError
from loyalty.core.jobs import Run
from loyalty.core.models import Store
from loyalty.core.models.base import StoreQuerySet

GOOD_FOR = timedelta(minutes=30)
PAUSE = timedelta(minutes=2)
# Of one customer's code; whoever needs more asks for another.
WRONG_GUESSES_MAX = 5
# Without 0, O, 1 and I, which people mix up.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
KEPT_FOR = timedelta(days=30)
CHUNK = 5_000
TRIES = 5


class TooSoon(DomainError):
    """A code was sent a moment ago. Wait two minutes, then ask for another."""

    code = "code_too_soon"


def ask(
    *,
    store: Store,
    customer: Customer | None,
    purpose: CodePurpose,
    address: str,
    now: datetime,
    is_pending: bool = False,
) -> CustomerCode:
    """
    Ask for a code to an address; the fact of it brings the message. Ends the customer's last one.

    `customer` None: nobody has this address; what is answered is the same. `is_pending`: the
    address is to become theirs. The customer is locked by the caller.

    :raises TooSoon: the last one to this address was asked for less than two minutes ago.
    """
    assert connection.in_atomic_block
    place = _digest(store, "place", purpose, address)
    if CustomerCode.objects.filter(address_digest=place, requested_at__gt=now - PAUSE).exists():
        raise TooSoon
    number = 1
    if customer is not None:
        earlier = CustomerCode.objects.filter(customer=customer)
        earlier.filter(purpose=purpose, ended_at=None).update(ended_at=now, address="")
        number = earlier.count() + 1
    code = CustomerCode.objects.create(
        store=store,
        customer=customer,
        purpose=purpose,
        number=number,
        address=address if is_pending else "",
        address_digest=place,
        requested_at=now,
    )
    if customer is not None:
        events.customer_code_requested(customer, code, now=now)
    return code


def pause(*, store: Store, address: str, now: datetime) -> None:
    """
    Count a wish for something else than a code, such as a link, and refuse one too many.

    :raises TooSoon: as `ask`.
    """
    code = ask(store=store, customer=None, purpose=CodePurpose.ACTIVATION, address=address, now=now)
    end(code, now=now)


def is_on_its_way(customer: Customer, purpose: CodePurpose, address: str, *, now: datetime) -> bool:
    """Tell whether a code for this address left a moment ago: clients send their record again."""
    return CustomerCode.objects.filter(
        customer=customer,
        purpose=purpose,
        address=address,
        ended_at=None,
        requested_at__gt=now - PAUSE,
    ).exists()


def write(code: CustomerCode, *, now: datetime | None = None) -> str | None:
    """
    Make the secret of a code that is about to be sent; None: it is no longer wanted.

    Called again, it makes another: of two messages the later one is good.
    """
    now = now or clock.now()
    for _ in range(TRIES):
        secret = get_random_string(settings.CODE_LENGTH, ALPHABET)
        digest = _digest(code.store, "secret", secret)
        try:
            with transaction.atomic():
                changed = CustomerCode.objects.filter(pk=code.pk, ended_at=None).update(
                    secret_digest=digest, expires_at=now + GOOD_FOR
                )
        except IntegrityError:
            # Another customer waits with the same one.
            continue
        return secret if changed else None
    raise AssertionError("Codes run out: CODE_LENGTH is too small.")


def find(store: Store, secret: str, purpose: CodePurpose, *, now: datetime) -> CustomerCode | None:
    """Return the open code with this secret."""
    found = _good(store, now).filter(
        purpose=purpose, secret_digest=_digest(store, "secret", _spelled(secret))
    )
    return found.select_related("customer").first()


def find_of(customer: Customer, secret: str, *, now: datetime) -> CustomerCode | None:
    """
    Return a customer's open code with this secret, for a change of theirs.

    A wrong one counts against every code that is open; the fifth ends them. Not to be called in a
    transaction that a refusal rolls back.
    """
    open_codes = (
        _good(customer.store, now).filter(customer=customer).exclude(purpose=CodePurpose.ACTIVATION)
    )
    digest = _digest(customer.store, "secret", _spelled(secret))
    if (code := open_codes.filter(secret_digest=digest).first()) is not None:
        return code
    open_codes.update(wrong_guesses=F("wrong_guesses") + 1)
    open_codes.filter(wrong_guesses__gte=WRONG_GUESSES_MAX).update(ended_at=now, address="")
    return None


def end(code: CustomerCode, *, now: datetime) -> bool:
    """Use a code up; False: somebody was first."""
    still_open = CustomerCode.objects.filter(pk=code.pk, ended_at=None)
    return bool(still_open.update(ended_at=now, address=""))


def forget_over(*, now: datetime | None = None, run: Run | None = None) -> int:
    """Delete codes of a month ago, by chunks; return how many. Numbers then begin anew."""
    run = run or Run()
    old = CustomerCode.objects.filter(requested_at__lt=(now or clock.now()) - KEPT_FOR)
    while ids := list(old.order_by("requested_at").values_list("pk", flat=True)[:CHUNK]):
        with run.chunk() as done:
            done["codes"] = CustomerCode.objects.filter(pk__in=ids).delete()[0]
    return run.counts["codes"]


def _good(store: Store, now: datetime) -> "StoreQuerySet[CustomerCode]":
    codes: StoreQuerySet[CustomerCode] = CustomerCode.objects.in_store(store)
    return codes.filter(ended_at=None, expires_at__gt=now)


def _spelled(secret: str) -> str:
    return "".join(secret.split()).upper()


def _digest(store: Store, *parts: str) -> str:
    """Return what is stored of a short text: keyed, for all codes could be tried."""
    text = "\x1f".join((str(store.pk), *parts))
    return salted_hmac("accounts.codes", text, algorithm="sha256").hexdigest()
