"""Invitations as people look at them, and how many there are (RF-11)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Concat

from accounts.models import Customer, CustomerStatus
from accounts.selectors import ladder
from earning import engine
from earning.engine import Person
from earning.models import Invitation, InvitationStatus
from earning.services import rule_sets
from loyalty.core.models import Store

# Who registered, bought or not.
ACCEPTED = (InvitationStatus.REGISTERED, InvitationStatus.MADE_PURCHASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a list is narrowed to; None: not at all. Texts match any part, in any case."""

    referrer_uuid: UUID | None = None
    referrer_email: str | None = None
    referrer_name: str | None = None
    recipient_uuid: UUID | None = None
    recipient_email: str | None = None
    recipient_phone: str | None = None
    recipient_name: str | None = None
    statuses: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """RF-11. Who bought counts among the registered, too."""

    total: int
    registered: int
    completed: int


def list_invitations(store: Store, chosen: Filter) -> "QuerySet[Invitation]":
    """Return a store's invitations with both people, the newest first."""
    found: QuerySet[Any] = Invitation.objects.in_store(store)
    if chosen.statuses is not None:
        found = found.filter(status__in=list(chosen.statuses))
    exact = {
        "referrer__uuid": chosen.referrer_uuid,
        "recipient__uuid": chosen.recipient_uuid,
        "referrer__email__icontains": chosen.referrer_email,
        "recipient_email__icontains": chosen.recipient_email,
        "recipient_phone__icontains": chosen.recipient_phone,
    }
    found = found.filter(**{name: value for name, value in exact.items() if value})
    for person, name in (
        ("referrer", chosen.referrer_name),
        ("recipient", chosen.recipient_name),
    ):
        if name:
            full = Concat(F(f"{person}__first_name"), Value(" "), F(f"{person}__last_name"))
            found = found.alias(**{f"{person}_full": full})
            found = found.filter(**{f"{person}_full__folded_contains": name})
    return found.select_related("referrer", "recipient").order_by("-pk")


def list_sent_by(customer: Customer) -> "QuerySet[Invitation]":
    """Return a customer's own invitations with whom they brought, the newest first."""
    sent = Invitation.objects.filter(referrer=customer)
    return sent.select_related("recipient").order_by("-pk")


def find_open(store: Store, token: str) -> Invitation | None:
    """Return the invitation that a link stands for, while nobody has used it."""
    found = Invitation.objects.in_store(store).select_related("referrer")
    return found.filter(token=token, recipient=None).first()


def find_inviter(store: Store, token: str) -> Customer | None:
    """Return who invites by a link: a sent one that is still open, or a customer's own."""
    if (invitation := find_open(store, token)) is not None:
        return invitation.referrer
    try:
        uuid = UUID(hex=token)
    except ValueError:
        return None
    members = Customer.objects.in_store(store).filter(status=CustomerStatus.ACTIVE)
    return members.filter(uuid=uuid).first()


def count(store: Store) -> Figures:
    """Count a store's invitations (RF-11). One query."""
    return count_in(Invitation.objects.in_store(store))


def count_sent_by(customer: Customer) -> Figures:
    return count_in(Invitation.objects.filter(referrer=customer))


def count_in(invitations: "QuerySet[Invitation]") -> Figures:
    """Count these invitations. One query."""
    counted = invitations.aggregate(
        total=Count("pk"),
        registered=Count("pk", filter=Q(status__in=ACCEPTED)),
        completed=Count("pk", filter=Q(status=InvitationStatus.MADE_PURCHASE)),
    )
    return Figures(**counted)


@dataclass(frozen=True, slots=True)
class Promise:
    """What an invitation brings a newcomer and who invited them, in points."""

    recipient: Decimal
    referrer: Decimal


def promised(store: Store, event: str, *, now: datetime) -> Promise:
    """Return what an event of a newcomer would pay, on the first level and in no segment."""
    rules = rule_sets.get_rules(store)
    start = ladder.get_ladder(store).target(Decimal(0))
    found = engine.evaluate_referral(
        rules.referrals,
        engine.ReferralContext(
            event=event,
            happened_at=now,
            recipient=engine.CustomerFacts(
                level_id=start.id if start else None, status=CustomerStatus.ACTIVE.value
            ),
            decimals=rules.decimals,
        ),
    )
    return Promise(found.points[Person.RECIPIENT], found.points[Person.REFERRER])
