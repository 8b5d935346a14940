"""Open a store, and change what may change about it. Source: STO-1…4, SET-1."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from babel.numbers import is_currency
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from loyalty.core import events, store_settings
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.models import Store
from loyalty.core.services import audit
from loyalty.core.webhooks import addresses

# First path segments of the APIs, in lower case: a store of that code could not be told from them.
RESERVED_CODES = frozenset(
    {
        "activate",
        "admin",
        "api",
        "audit",
        "auth",
        "campaign",
        "campaigncategory",
        "cashback",
        "client",
        "coupons",
        "csv",
        "customer",
        "customers",
        "doc",
        "doc.json",
        "documents",
        "earningrule",
        "event",
        "forgot",
        "healthcheck",
        "invitation",
        "invitations",
        "invite",
        "join",
        "language",
        "level",
        "me",
        "message",
        "password",
        "points",
        "pos",
        "profile",
        "redoc",
        "register",
        "reset",
        "rewards",
        "schema",
        "segment",
        "seller",
        "settings",
        "sign-in",
        "sign-out",
        "signed-in",
        "store",
        "token",
        "transaction",
        "translations",
        "utility",
        "v1",
        "v2",
    }
)

NOT_BLANK = "This value should not be blank."


class CodeUsed(DomainError):
    """This value is already used."""

    code = "store_code_used"
    field = "code"


@transaction.atomic
def create(
    *,
    code: str,
    name: str,
    currency: str,
    is_active: bool = True,
    setting_values: Mapping[str, Any] | None = None,
    actor: Actor | None = None,
    now: datetime | None = None,
) -> Store:
    """
    Open a store, ready to use: what other rooms need in it is made in the same transaction.

    `setting_values`: checked values under wire keys; what is missing has its default.

    :raises InvalidFields: a code that is malformed or a word that paths need; no currency; no name.
    :raises CodeUsed: another store has the code, in whatever case.
    :raises OfAllStores: the actor works in some stores only, and could not enter the new one.
    """
    if actor is not None:
        actor.require_all_stores()
    now = now or timezone.now()
    faults = {"code": _code_faults(code), "name": _name_faults(name)}
    # Asked strictly, for it can never be changed.
    if not is_currency(currency.upper()):
        faults["currency"] = ["There is no such currency. Write its three letters, such as EUR."]
    _refuse(faults)
    if Store.objects.filter(code__iexact=code).exists():
        raise CodeUsed
    store = Store(
        code=code,
        name=name,
        currency=currency.upper(),
        is_active=is_active,
        setting_values=dict(setting_values or {}),
    )
    try:
        with transaction.atomic():
            store.save(force_insert=True)
    except IntegrityError as error:  # another process was first
        raise CodeUsed from error
    events.append(
        "store.created",
        store=store,
        subject=store.uuid,
        payload={"storeId": str(store.uuid), "code": code, "currency": store.currency},
        now=now,
    )
    audit.record(
        actor,
        store=store,
        event_type="CreateStore",
        entity_type="Store",
        entity_id=store.uuid,
        data=audit.changes({}, {"code": code, "currency": store.currency} | _told(store)),
        now=now,
    )
    return store


@transaction.atomic
def update(
    *, store: Store, name: str, is_active: bool, actor: Actor, now: datetime | None = None
) -> Store:
    """Rename a store, open or close it (STO-1: nothing else changes)."""
    now = now or timezone.now()
    _refuse({"name": _name_faults(name)})
    store = Store.objects.select_for_update(no_key=True).get(pk=store.pk)
    old = _told(store)
    store.name, store.is_active = name, is_active
    store.save(update_fields=["name", "is_active"])
    audit.record(
        actor,
        store=store,
        event_type="UpdateStore",
        entity_type="Store",
        entity_id=store.uuid,
        data=audit.changes(old, _told(store)),
        now=now,
    )
    return store


def change_settings(
    *, store: Store, form: Mapping[str, Any], actor: Actor, now: datetime | None = None
) -> Store:
    """
    Replace a store's settings by a whole form of wire keys (SET-1). Locks the store.

    :raises SettingsRefused: with sentences per wire key; nothing was written.
    """
    # The resolver may take its time, so it is asked before anything is locked.
    _refuse_inward(store, form)
    with transaction.atomic():
        return _change_settings(store, form, actor, now or timezone.now())


def _refuse_inward(store: Store, form: Mapping[str, Any]) -> None:
    """Refuse a new address for webhooks whose name means a machine of our own network."""
    wire = store_settings.StoreSettings.uri_webhooks.wire
    address = str(form.get(wire) or "").strip()
    if not address or address == store.settings.uri_webhooks or addresses.fault_of(address):
        return
    if fault := addresses.fault_of_name(address):
        raise store_settings.SettingsRefused({wire: [fault]})


def _change_settings(store: Store, form: Mapping[str, Any], actor: Actor, now: datetime) -> Store:
    locked = Store.objects.select_for_update(no_key=True).get(pk=store.pk)
    values = store_settings.clean_form(form, stored=locked.setting_values, currency=locked.currency)
    old = _told_settings(locked)
    locked.setting_values = values
    # Rules may depend on settings (statuses that earn, delivery SKUs).
    locked.rules_version = F("rules_version") + _version_step()
    locked.save(update_fields=["setting_values", "rules_version"])
    locked.refresh_from_db(fields=["rules_version"])
    audit.record(
        actor,
        store=locked,
        event_type="UpdateSettings",
        entity_type="Settings",
        entity_id=locked.uuid,
        data=audit.changes(old, _told_settings(locked)),
        now=now,
    )
    return locked


def _told(store: Store) -> dict[str, Any]:
    """Return what the audit trail tells of a store."""
    return {"name": store.name, "active": store.is_active}


def _told_settings(store: Store) -> dict[str, Any]:
    """Return the settings as the audit trail may tell them: of secrets, that they changed."""
    stored = store.settings.as_form()
    told = {}
    for setting in store_settings.registry():
        value = stored[setting.wire]
        secret = audit.Secret(str(value) if value else "")
        told[setting.wire] = secret if setting.is_secret else value
    return told


def touch_rules(store_id: int) -> None:
    """Tell every process that what it compiled of this store's rules no longer holds."""
    Store.objects.filter(pk=store_id).update(rules_version=F("rules_version") + _version_step())


def _version_step() -> int:
    """
    Return by how much a store's `rules_version` grows: a random number.

    A change that is rolled back must not leave its number to the next change, as this process may
    already have cached, under that number, what it had compiled before the rollback.
    """
    return secrets.randbelow(2**31) + 1


def _code_faults(code: str) -> list[str]:
    if not code.strip():
        return [NOT_BLANK]
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", code):
        return ["A code has letters, digits, - and _, at most 64 of them."]
    if code.lower() in RESERVED_CODES:
        return ["This code is reserved."]
    return []


def _name_faults(name: str) -> list[str]:
    if not name.strip():
        return [NOT_BLANK]
    if len(name) > 255:
        return ["This value is longer than 255 characters."]
    return []


def _refuse(faults: Mapping[str, list[str]]) -> None:
    if found := {field: texts for field, texts in faults.items() if texts}:
        raise InvalidFields(found)
