"""
Everything that is stored about a customer, for themselves to read.

Each room tells its part: those above plug theirs in when the platform starts. Left out are secrets
(digests of passwords and codes) and what others wrote about other people.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.ledger.models import Lot, Posting
from accounts.models import Customer
from accounts.selectors import balances
from accounts.services import push_tokens
from accounts.services.customer_data import ADDRESS_KEYS, COMPANY_KEYS
from loyalty.core import clock
from loyalty.core.models import AuditEntry, Event, SentMessage, WebhookDelivery

Part = Callable[[Customer], Mapping[str, Any]]

_parts: list[Part] = []

PROFILE = (
    "uuid",
    "first_name",
    "last_name",
    "gender",
    "email",
    "phone",
    "loyalty_card_number",
    "birth_date",
    "labels",
    "status",
    "card_state",
    "agreement1",
    "agreement2",
    "agreement3",
    "newsletter_subscribed_at",
    "must_change_password",
    "last_login_at",
    "last_level_recalculation_at",
    "transactions_count",
    "transactions_amount",
    "transactions_amount_without_delivery",
    "amount_excluded_for_level",
    "last_transaction_at",
    "created_at",
    "updated_at",
    "anonymized_at",
    "version",
)


def register_part(part: Part) -> None:
    """Take what a room above stores about a customer: sections, by name. Called at the start."""
    if part not in _parts:
        _parts.append(part)


def get_everything(customer: Customer) -> dict[str, Any]:
    """Return it all as plain values, by sections; a number of queries that does not grow."""
    document = {"generatedAt": plain(clock.now()), **_own(customer)}
    for part in _parts:
        document |= part(customer)
    return document


def rows(found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of `.values()` as plain values under names as the API has them."""
    return [{_camel(name): plain(value) for name, value in row.items()} for row in found]


def plain(value: Any) -> Any:
    """Return a value as JSON can carry it; amounts as texts, so that nothing is rounded."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _own(customer: Customer) -> dict[str, Any]:
    return _person(customer) | _points(customer) | _traces(customer)


def _person(customer: Customer) -> dict[str, Any]:
    return {
        "store": {"code": customer.store.code, "name": customer.store.name},
        "customer": {_camel(name): plain(getattr(customer, name)) for name in PROFILE}
        | {
            "address": {key: customer.address.get(key) for key in ADDRESS_KEYS},
            "company": {key: customer.company.get(key) for key in COMPANY_KEYS},
            "avatar": customer.avatar.name or None,
            "level": plain(customer.level.uuid) if customer.level else None,
            "pos": plain(customer.pos.uuid) if customer.pos else None,
            "seller": plain(customer.seller.uuid) if customer.seller else None,
            "invitedBy": plain(customer.invited_by.uuid) if customer.invited_by else None,
        },
    }


def _points(customer: Customer) -> dict[str, Any]:
    figures = balances.get_figures(customer.wallet_id, clock.now())
    return {
        "balance": {
            "points": plain(figures.points),
            "earned": plain(figures.total_earned),
            "spent": plain(figures.used),
            "expired": plain(figures.expired),
            "locked": plain(figures.locked),
            "blocked": plain(figures.blocked),
        },
        "pointsTransfers": rows(
            _postings(customer)
            .order_by("pk")
            .values(
                "uuid",
                "kind",
                "status",
                "amount",
                "captured_amount",
                "issuer",
                "comment",
                "effective_at",
                "created_at",
                "transaction_uuid",
            )
        ),
        "pointsLots": rows(
            _lots(customer)
            .order_by("pk")
            .values("uuid", "amount", "remaining", "active_from", "expires_at", "created_at")
        ),
    }


def _traces(customer: Customer) -> dict[str, Any]:
    """Return what was noted of a customer: moves, sign-ins, messages, facts and the trail."""
    return {
        "levelMoves": rows(
            customer.level_changes.order_by("pk").values(
                "old_level__uuid", "new_level__uuid", "reason", "changed_at"
            )
        ),
        "segments": rows(customer.segment_memberships.values("segment__uuid", "segment__name")),
        "signIns": rows(
            customer.tokensession_set.order_by("pk").values(
                "created_at", "expires_at", "revoked_at", "ip_address"
            )
        ),
        "codes": rows(
            customer.codes.order_by("pk").values(
                "purpose", "number", "address", "requested_at", "expires_at", "ended_at"
            )
        ),
        "pushTokens": push_tokens.list_tokens(customer),
        "messages": rows(
            SentMessage.objects.filter(customer_id=customer.pk)
            .order_by("pk")
            .values("event", "channel", "language", "state", "created_at", "sent_at")
        ),
        "webhooks": rows(
            WebhookDelivery.objects.filter(customer_id=customer.pk)
            .order_by("pk")
            .values("type", "body", "state", "created_at", "ended_at")
        ),
        "history": rows(
            Event.objects.filter(customer_id=customer.pk)
            .order_by("pk")
            .values("type", "payload", "recorded_at")
        ),
        "auditTrail": rows(
            _trail(customer)
            .order_by("pk")
            .values("event_type", "created_at", "actor_kind", "data", "ip_address")
        ),
    }


def _postings(customer: Customer) -> QuerySet[Posting]:
    mine = Q(from_wallet=customer.wallet_id) | Q(to_wallet=customer.wallet_id)
    return Posting.objects.filter(mine)


def _lots(customer: Customer) -> QuerySet[Lot]:
    return Lot.objects.filter(wallet=customer.wallet_id)


def _trail(customer: Customer) -> QuerySet[AuditEntry]:
    """Return what a customer did and what was done to them, and to their points."""
    subjects = [customer.uuid, *_postings(customer).values_list("uuid", flat=True)]
    subjects += _lots(customer).values_list("uuid", flat=True)
    return AuditEntry.objects.filter(
        Q(entity_id__in=[str(uuid) for uuid in subjects])
        | Q(actor_kind="customer", actor_id=str(customer.uuid))
    )


def _camel(name: str) -> str:
    first, *others = [word for word in name.split("_") if word]
    return first + "".join(word.capitalize() for word in others)
