"""Sign messages by the Standard Webhooks scheme, and change the secret without a gap."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from standardwebhooks import Webhook

from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.models import Store, WebhookSecret
from loyalty.core.services import audit

SECRET_BYTES = 32
# How long the old secret signs beside a new one.
OVERLAP = timedelta(hours=24)


def headers(
    delivery_uuid: UUID, body: str, signers: Sequence[Webhook], now: datetime
) -> dict[str, str]:
    """Return the scheme's three headers for one attempt; one signature for each secret."""
    message = message_id(delivery_uuid)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signer.sign(message, now, body) for signer in signers),
    }


def message_id(delivery_uuid: UUID) -> str:
    """Return what a receiver tells repetitions by: the same for every attempt and replay."""
    return f"msg_{delivery_uuid.hex}"


def get_present(store: Store, *, now: datetime | None = None) -> WebhookSecret:
    """Return the secret that a store signs with, made when it is first asked for."""
    found = WebhookSecret.objects.filter(store=store, expires_at=None).first()
    if found is not None:
        return found
    # Of two who make one at once, the second's is not needed.
    WebhookSecret.objects.bulk_create([_fresh(store, now or clock.now())], ignore_conflicts=True)
    return WebhookSecret.objects.get(store=store, expires_at=None)


def list_valid(store: Store, *, now: datetime) -> list[WebhookSecret]:
    """Return the secrets that a store signs with now, the present one first."""
    present = get_present(store, now=now)
    older = WebhookSecret.objects.filter(store=store, expires_at__gt=now).order_by("-pk")
    return [present, *older]


@transaction.atomic
def rotate(*, store: Store, actor: Actor, now: datetime | None = None) -> WebhookSecret:
    """
    Give a store a new secret; the old one signs beside it for a day. Locks the store.

    A second change within the day leaves three that sign: nobody's receiver stops.
    """
    now = now or clock.now()
    Store.objects.select_for_update(no_key=True).get(pk=store.pk)
    WebhookSecret.objects.filter(store=store, expires_at__lte=now).delete()
    old = get_present(store, now=now)
    WebhookSecret.objects.filter(pk=old.pk).update(expires_at=now + OVERLAP)
    fresh = _fresh(store, now)
    fresh.save(force_insert=True)
    audit.record(
        actor,
        store=store,
        event_type="RotateWebhookSecret",
        entity_type="Webhooks",
        entity_id=store.uuid,
        now=now,
    )
    return fresh


def _fresh(store: Store, now: datetime) -> WebhookSecret:
    value = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    return WebhookSecret(store=store, value=f"whsec_{value}", created_at=now)
