"""Forget who a customer was, and keep what they did. Source: 8.3, decision 6."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import events
from accounts.ledger import forgetting as ledger_forgetting
from accounts.models import CardState, Customer, Gender, PasswordReset, TokenSession
from accounts.services.customer_locks import lock
from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.exports.jobs import forget_in_exports
from loyalty.core.imports.forgetting import forget_in_imports
from loyalty.core.models import Event
from loyalty.core.services import audit, forgetting

FIRST_NAME, LAST_NAME = "Anonymized", "customer"
# What stands for "unknown" in each field that says who somebody is.
UNKNOWN: dict[str, Any] = {
    "first_name": FIRST_NAME,
    "last_name": LAST_NAME,
    "gender": Gender.NOT_DISCLOSED.value,
    "email": None,
    "phone": None,
    "loyalty_card_number": None,
    "birth_date": None,
    "address": {},
    "company": {},
    "labels": [],
    "avatar": "",
    "card_state": CardState.NO_CARD.value,
    "password": "",
    "must_change_password": False,
    "activation_token": "",
}


@transaction.atomic
def anonymize(*, customer: Customer, actor: Actor, now: datetime | None = None) -> Customer:
    """
    Overwrite a customer's personal data wherever they stand; purchases, points and coupons stay.

    Nobody can sign in as them any more, and nobody finds them by name. The fact is written before
    the record changes, so that the rooms above, which the switchboard calls now, still know by
    what to find theirs. Once forgotten they stay so: a repetition changes nothing. Locks them.
    """
    now = now or clock.now()
    [locked] = lock([customer.pk], store=customer.store, is_whole=True)
    if locked.anonymized_at is not None:
        return locked
    events.customer_anonymized(locked, now=now)
    identities = identities_of(locked)
    transfers = _forget_points(locked)
    forget_in_imports(store=locked.store, things=[locked.uuid, *transfers], texts=identities)
    forget_in_exports(locked.store)
    _forget_record(locked, now)
    TokenSession.objects.filter(customer=locked).delete()
    PasswordReset.objects.filter(customer=locked).delete()
    locked.codes.all().delete()
    locked.push_tokens.all().delete()
    _forget_in_core(locked, identities)
    # Tells receivers of webhooks, and takes them out of segments that asked who they are.
    events.customer_updated(locked, fields=sorted(UNKNOWN), now=now)
    audit.record(
        actor,
        store=locked.store,
        event_type="AnonymizeCustomer",
        entity_type="Customer",
        entity_id=locked.uuid,
        now=now,
    )
    return locked


def forget_late(event: Event) -> None:
    """
    Take a forgotten customer out of what was on its way while they were forgotten.

    Another transaction may have read them before, and written after: an answer, a message for a
    receiver. A consumer of the event store comes after all of those.
    """
    assert event.customer_id is not None
    customer = Customer.objects.select_related("store").filter(pk=event.customer_id).first()
    if customer is not None and customer.anonymized_at is not None:
        with transaction.atomic():
            _forget_in_core(customer, [])


def identities_of(customer: Customer) -> list[str]:
    """Return what alone tells who a customer is."""
    return [text for text in (customer.email, customer.phone, customer.loyalty_card_number) if text]


def _forget_record(customer: Customer, now: datetime) -> None:
    if name := customer.avatar.name:
        storage = customer.avatar.storage
        # After commit: a rollback must still find the file.
        transaction.on_commit(lambda: storage.delete(name))
    for field, value in UNKNOWN.items():
        setattr(customer, field, value)
    customer.anonymized_at = now
    customer.version += 1
    customer.updated_at = now
    customer.save(update_fields=[*UNKNOWN, "anonymized_at", "version", "updated_at"])


def _forget_points(customer: Customer) -> Collection[UUID]:
    """
    Forget what people wrote about points, also where it stands with whom they were sent to.

    Returns all transfers of the customer.
    """
    forgotten = ledger_forgetting.forget_comments(customer.wallet_id)
    owners = Customer.objects.filter(wallet_id__in=forgotten.wallets).values_list("pk", flat=True)
    forgetting.forget_in_facts(customer_ids=list(owners), comments=forgotten.comments)
    forgetting.forget_in_audit(person=customer.uuid, written=forgotten.transfers)
    return forgotten.transfers


def _forget_in_core(customer: Customer, identities: list[str]) -> None:
    forgetting.forget_in_audit(person=customer.uuid)
    forgetting.forget_answers(store=customer.store, person=customer.uuid, texts=identities)
    forgetting.forget_deliveries(
        store=customer.store, person=customer.uuid, customer_id=customer.pk
    )
