"""The cockpit's addresses, from the resolver, with the ids of one store's things in them."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import F
from django.urls import get_resolver, reverse

from accounts.models import Customer, PointsTransfer, Role, Seller, StaffUser
from campaigns.models import CampaignPhoto
from loyalty.cockpit import imports_view, messages_view, webhooks_view
from loyalty.cockpit.points_forms import DEEDS
from loyalty.core.models import ExportJob, ImportJob, Store
from tests.support.things import Letter, Many, Unmatched

# Of no store: of the installation, of Django's own site, or without an id of a thing in them.
SHARED = {
    "accounts_customer_many",
    "accounts_role",
    "app_list",
    "campaigns_coupon_many",
    "core_auditentry_archive",
    "export_new",
    "job",
    "job_start",
    "language",
    "language_remove",
    "password_reset",
    "view_on_site",
    "webhooks_act",
}
# Served by Django's site for other programs, and used by none of our pages.
UNNAMED = {None}


def patterns() -> dict[str, list[str]]:
    """Return the names of the cockpit's addresses, each with the names of its parameters."""
    _prefix, resolver = get_resolver().namespace_dict["admin"]
    return {
        pattern.name: list(pattern.pattern.regex.groupindex)
        for pattern in resolver.url_patterns
        for pattern in getattr(pattern, "url_patterns", [pattern])
        if pattern.name not in UNNAMED
    }


def model_of(name: str) -> Any:
    """Return whose screen an address is of, such as `accounts_level_change`; None: of no model."""
    screens = {
        f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry
    }
    return screens.get("_".join(name.split("_")[:2]))


def is_shared(name: str) -> bool:
    return name in SHARED or "_".join(name.split("_")[:2]) in SHARED


def values_of(name: str, things: dict[type, Any]) -> Iterator[list[Any]]:
    """Yield the values of an address's parameters that name a store's things."""
    model = model_of(name)
    if name == "sign_ins_of":
        for kind, person in (("customer", Customer), ("seller", Seller), ("admin", StaffUser)):
            yield [kind, things[person].uuid]
    elif name == "switch_store":
        yield [things[Store].code]
    elif name == "export":
        yield [things[ExportJob].uuid]
    elif name in {"import", "import_refused"}:
        yield [things[ImportJob].uuid]
    elif name == "import_act":
        yield from ([things[ImportJob].uuid, deed] for deed in imports_view.DEEDS)
    elif name == "many_job":
        yield [things[Many].uuid]
    elif name == "message":
        yield [things[Letter].uuid]
    elif name == "message_preview":
        yield [things[Letter].uuid, "en"]
    elif name == "message_act":
        yield from ([things[Letter].uuid, deed] for deed in messages_view.DEEDS if deed != "test")
    elif name == "accounts_customer_points":
        yield from ([things[Customer].pk, deed] for deed in DEEDS)
    elif name == "accounts_pointstransfer_deed":
        yield from (
            [things[PointsTransfer].uuid, deed] for deed in ("cancel", "activate", "expire")
        )
    elif name == "campaigns_rewardcampaign_photo":
        yield [things[model].pk, things[CampaignPhoto].pk]
    elif name == "transactions_transaction_match":
        yield [things[Unmatched].pk]
    else:
        assert model is not None, f"Which ids does {name} take?"
        yield [things[model].pk]


def addresses(things: dict[type, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and address of each page and deed about a store's things."""
    for name, parameters in patterns().items():
        if parameters and not is_shared(name):
            for values in values_of(name, things):
                yield name, reverse(f"admin:{name}", args=values)


def own_addresses(things: dict[type, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and address of each page and deed of a store, with and without ids."""
    yield from addresses(things)
    for name, parameters in patterns().items():
        if not parameters:
            yield name, reverse(f"admin:{name}")
    for deed in webhooks_view.DEEDS:
        yield "webhooks_act", reverse("admin:webhooks_act", args=[deed])
    role = Role.objects.filter(is_master=False).earliest("pk")
    for view in ("change", "history", "remove"):
        yield f"accounts_role_{view}", reverse(f"admin:accounts_role_{view}", args=[role.pk])
    yield "language", reverse("admin:language", args=["en"])
    yield "language_remove", reverse("admin:language_remove", args=["pl"])
    yield "job", reverse("admin:job", args=["expire-points"])
    yield "job_start", reverse("admin:job_start", args=["expire-points"])
    yield "export_new", reverse("admin:export_new", args=["customers"])


def of_store() -> list[Any]:
    """Return the models whose rows belong to a store."""
    return [
        model
        for model in apps.get_models()
        if model._meta.managed
        and any(field.name == "store" and field.many_to_one for field in model._meta.fields)
    ]


def snapshot(store: Store) -> dict[str, list[Any]]:
    """Return everything that a store holds."""
    rows = {
        model.__name__: list(model._base_manager.filter(store=store).order_by("pk").values())
        for model in of_store()
    }
    return rows | {
        "Store": list(Store.objects.filter(pk=store.pk).values()),
        "StaffUser": list(StaffUser.objects.filter(stores=store).order_by("pk").values()),
    }


def crossed() -> list[str]:
    """Return which columns of which rows point into another store."""
    models = of_store()
    links = [
        (model, field)
        for model in models
        for field in model._meta.fields
        if field.many_to_one and field.related_model in models
    ]
    return [
        f"{model.__name__}.{field.name} of {row}"
        for model, field in links
        for row in model._base_manager.filter(**{f"{field.name}__isnull": False})
        .exclude(**{f"{field.name}__store": F("store")})
        .values_list("pk", flat=True)
    ]
