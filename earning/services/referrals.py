"""
What follows an invitation: its customer, its status and its points. Source: RF-4…RF-10, CUS-8.

Everything happens inside the transaction of the registration or purchase. A customer whom nobody
invited costs nothing: their row says so. Who invited somebody registered before them, and that
never changes; so invitations make no circle, and both can be locked in primary-key order first.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from accounts import identifiers
from accounts.ledger import wallets
from accounts.models import Customer, CustomerStatus
from accounts.selectors import qualifying
from accounts.services import customer_locks, points
from accounts.services.introductions import Introduction
from earning import engine, events
from earning.engine import Person
from earning.models import (
    Invitation,
    InvitationChannel,
    InvitationStatus,
    ReferralEvent,
    RuleUse,
)
from earning.services import awards, rule_sets
from loyalty.core.models import Store
from loyalty.core.store_settings import Channel

_TOKEN = re.compile(r"[0-9a-f]{40}", re.ASCII)
_PERSONAL_CODE = re.compile(r"[0-9a-f]{32}", re.ASCII)


def personal_code(customer: Customer) -> str:
    """Return what a customer's own link says, which brings any number of friends."""
    return customer.uuid.hex


def attach(customer: Customer, introduction: Introduction, now: datetime) -> None:
    """
    Tie a customer who registers in this transaction to who brought them, and pay for it.

    A token that is unknown or used, and a referrer who is not there, are ignored (RF-5). Keeps the
    referrer, locks the invitation, then the referrer where levels follow points, then the two
    wallets.
    """
    assert connection.in_atomic_block, "The customer and their invitation are written together."
    invitation = _claim(customer, introduction, now)
    if invitation is None:
        return
    customer.invited_by = invitation.referrer
    customer.save(update_fields=["invited_by"])
    events.invitation_accepted(invitation, now=now)
    if ReferralEvent.REGISTER in rule_sets.get_rules(customer.store).referrals.events:
        # Nobody else knows of the new customer, so no lock of theirs can be waited for.
        customer_locks.lock_for_points(customer.store, [customer.pk, invitation.referrer_id])
        wallets.lock([customer.wallet_id, invitation.referrer.wallet_id])
        _pay(
            invitation,
            ReferralEvent.REGISTER,
            recipient=customer,
            level_id=customer.level_id,
            key=f"referral:{invitation.uuid}:register",
            now=now,
        )


def moves_referrers(store: Store) -> bool:
    """
    Tell whether purchases may bring those to another level who invited the buyers.

    Whoever locks a buyer then locks their referrer with them, in primary-key order.
    """
    return qualifying.follows_points(store) and _pays_referrers(store)


def lock_wallets(customer: Customer) -> None:
    """Lock a buyer's wallet together with their referrer's, where a purchase may pay both."""
    if _paid_referrer(customer) is not None:
        lock_all_wallets([customer])


def lock_all_wallets(customers: Iterable[Customer]) -> None:
    """
    Lock the wallets of buyers, and of those referrers whom their purchases may pay.

    Keeps these referrers before: what pays them names them.
    """
    wanted: set[int] = set()
    referrers: set[int] = set()
    for customer in customers:
        wanted.add(customer.wallet_id)
        if (referrer := _paid_referrer(customer)) is not None:
            referrers.add(referrer)
    if referrers:
        customer_locks.keep(referrers)
        rows = Customer.objects.filter(pk__in=referrers)
        wanted.update(rows.values_list("wallet_id", flat=True))
    wallets.lock(wanted)


def _paid_referrer(customer: Customer) -> int | None:
    """Return who invited a customer, by key, if the next purchase may pay them."""
    if customer.invited_by_id is None:
        return None
    is_first = customer.transactions_count == 0
    return customer.invited_by_id if _pays_referrers(customer.store, is_first=is_first) else None


def purchased(
    *, customer: Customer, level_id: int | None, sale_uuid: UUID, now: datetime
) -> Decimal:
    """
    Pay for a matched purchase of an invited customer, the first one too (C6, TX-9).

    The first purchase sets the invitation to *made purchase* for ever, so returning it whole makes
    no second first one (RF-10, C13). `level_id`: held before this purchase was counted (ER-7).
    The customer is locked; returns what they were paid themselves.
    """
    assert connection.in_atomic_block, "A purchase is written together with what it pays."
    if customer.invited_by_id is None:
        return Decimal(0)
    invitation = Invitation.objects.select_related("referrer").get(recipient_id=customer.pk)
    invitation.store = invitation.referrer.store = customer.store
    invitation.recipient = customer
    key = f"referral:{invitation.uuid}"
    event, name = ReferralEvent.EVERY_PURCHASE, f"{key}:{sale_uuid}"
    paid = _pay(invitation, event, recipient=customer, level_id=level_id, key=name, now=now)
    if _fulfil(invitation, now):
        event, name = ReferralEvent.FIRST_PURCHASE, f"{key}:first_purchase"
        paid += _pay(invitation, event, recipient=customer, level_id=level_id, key=name, now=now)
    return paid


def _pays_referrers(store: Store, *, is_first: bool = True) -> bool:
    """Tell whether a rule pays referrers for a purchase. `is_first`: it may be the first one."""
    paid = rule_sets.get_rules(store).referrals.referrer_events
    return ReferralEvent.EVERY_PURCHASE in paid or (
        is_first and ReferralEvent.FIRST_PURCHASE in paid
    )


def _fulfil(invitation: Invitation, now: datetime) -> bool:
    """Set an invitation to *made purchase*; False where it was before (RF-10)."""
    if invitation.status == InvitationStatus.MADE_PURCHASE:
        return False
    waiting = Invitation.objects.filter(pk=invitation.pk, status=InvitationStatus.REGISTERED)
    if not waiting.update(status=InvitationStatus.MADE_PURCHASE, purchased_at=now):
        return False
    invitation.status, invitation.purchased_at = InvitationStatus.MADE_PURCHASE, now
    events.invitation_fulfilled(invitation, now=now)
    return True


def _claim(customer: Customer, introduction: Introduction, now: datetime) -> Invitation | None:
    """Return the invitation that brought a customer, now theirs; None: nobody's."""
    invitation = _by_token(customer, introduction.token, now)
    if invitation is not None:
        return invitation
    referrer = _find_referrer(customer, introduction)
    return None if referrer is None else _of_referrer(customer, referrer, now)


def _by_token(customer: Customer, token: str, now: datetime) -> Invitation | None:
    if not _TOKEN.fullmatch(token):
        return None
    found = Invitation.objects.in_store(customer.store).select_related("referrer")
    invitation = found.filter(token=token, recipient=None).first()
    if invitation is not None:
        customer_locks.keep([invitation.referrer_id])
    return invitation if invitation and _give(invitation, customer, now) else None


def _give(invitation: Invitation, customer: Customer, now: datetime) -> bool:
    """Give an open invitation to a customer; False where somebody was first."""
    new = {
        "recipient": customer,
        "status": InvitationStatus.REGISTERED,
        "registered_at": now,
    }
    if not Invitation.objects.filter(pk=invitation.pk, recipient=None).update(**new):
        return False
    for name, value in new.items():
        setattr(invitation, name, value)
    invitation.store = invitation.referrer.store = customer.store
    return True


def _find_referrer(customer: Customer, introduction: Introduction) -> Customer | None:
    """
    Return whom a new customer names: by their personal link, phone number (RF-6) or e-mail.

    Nobody brings themselves.
    """
    members = Customer.objects.in_store(customer.store).exclude(pk=customer.pk)
    members = members.filter(status=CustomerStatus.ACTIVE)
    token = introduction.token
    found: Customer | None = None
    if _PERSONAL_CODE.fullmatch(token):
        found = members.filter(uuid=UUID(token)).first()
    is_by_text = customer.store.settings.preferred_communication_method == Channel.SMS
    phone = identifiers.normal_phone(token)
    if found is None and is_by_text and phone and identifiers.is_phone(phone):
        found = members.filter(phone=phone).first()
    email = identifiers.normal_email(introduction.referrer_email)
    if found is None and email and identifiers.is_email(email):
        found = members.filter(email__iexact=email).first()
    return found


def _of_referrer(customer: Customer, referrer: Customer, now: datetime) -> Invitation:
    """Return the referrer's invitation of this person, or one made on the fly (RF-6)."""
    customer_locks.keep([referrer.pk])
    sent = Invitation.objects.filter(referrer=referrer, recipient=None).order_by("pk")
    for name, value in (("recipient_email", customer.email), ("recipient_phone", customer.phone)):
        earlier = sent.filter(**{name: value}).first() if value else None
        if earlier is not None:
            earlier.referrer = referrer
            if _give(earlier, customer, now):
                return earlier
    referrer.store = customer.store
    # No address of their own: an open invitation of the same address may still be used (RF-2).
    return Invitation.objects.create(
        store=customer.store,
        referrer=referrer,
        recipient=customer,
        channel=InvitationChannel.DIRECT,
        status=InvitationStatus.REGISTERED,
        created_at=now,
        registered_at=now,
    )


def _pay(
    invitation: Invitation,
    event: ReferralEvent,
    *,
    recipient: Customer,
    level_id: int | None,
    key: str,
    now: datetime,
) -> Decimal:
    """
    Pay both for one event by the store's rules (RF-7, RF-8); return what the recipient got.

    `key`: names the event, so that nothing pays for it twice.
    """
    store = recipient.store
    rules = rule_sets.get_rules(store)
    if event.value not in rules.referrals.events:
        return Decimal(0)
    found = engine.evaluate_referral(
        rules.referrals,
        engine.ReferralContext(
            event=event.value,
            happened_at=now,
            recipient=engine.CustomerFacts(
                level_id=level_id,
                segment_ids=awards.segments_of(recipient)
                if rules.referrals.mentions_segments
                else frozenset(),
                status=recipient.status,
            ),
            pos_id=recipient.pos_id if rules.referrals.mentions_pos else None,
            decimals=rules.decimals,
            earning=_earning(invitation, event, recipient),
        ),
    )
    # In the order in which the wallets were locked.
    for person in (Person.REFERRER, Person.RECIPIENT):
        if found.points[person] > 0:
            _give_points(invitation, event, person, found, key=key, now=now)
    return found.points[Person.RECIPIENT]


def _earning(
    invitation: Invitation, event: ReferralEvent, recipient: Customer
) -> frozenset[Person]:
    """Return who of the two may earn (ER-6); who just registered is not active yet, and may."""
    statuses = frozenset(recipient.store.settings.customer_statuses_earning)
    earning = set()
    if event is ReferralEvent.REGISTER or recipient.status in statuses:
        earning.add(Person.RECIPIENT)
    if invitation.referrer.status in statuses:
        earning.add(Person.REFERRER)
    return frozenset(earning)


def _give_points(
    invitation: Invitation,
    event: ReferralEvent,
    person: Person,
    found: engine.ReferralEvaluation,
    *,
    key: str,
    now: datetime,
) -> None:
    recipient, referrer = invitation.recipient, invitation.referrer
    assert recipient is not None
    receiver, comment = (
        (recipient, f"{referrer.uuid} customer referral")
        if person is Person.RECIPIENT
        else (referrer, "Referring customer")
    )
    lot = points.add(
        customer=receiver,
        amount=found.points[person],
        issuer="system",
        comment=comment,
        key=f"{key}:{person.value}",
        invitation_uuid=invitation.uuid,
        now=now,
    )
    uses = [
        RuleUse(
            store=recipient.store,
            rule_id=outcome.rule_id,
            customer=receiver,
            occasion=f"referral.{event.value}",
            points=outcome.points,
            lot_uuid=lot.uuid,
            used_at=now,
        )
        for outcome in found.paying[person]
    ]
    # The key gave the first lot again: its uses are there, too.
    RuleUse.objects.bulk_create(uses, ignore_conflicts=True)
