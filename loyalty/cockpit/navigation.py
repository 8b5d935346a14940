"""The menu: nouns, each shown to whom its right is given."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts.cockpit import rights
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Resource
from loyalty.core.exports import kinds as exports
from loyalty.core.imports import kinds


def item(title: Any, icon: str, name: str, resource: Resource) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{name}"),
        "permission": seen_by(resource),
    }


def seen_by(resource: Resource) -> Callable[[HttpRequest], bool]:
    def is_seen(request: HttpRequest) -> bool:
        actor = getattr(request, "actor", None)
        return actor is not None and rights.may(actor, resource)

    return is_seen


def may_see_jobs(request: HttpRequest) -> bool:
    """Tell whether somebody may see what runs for all stores at once."""
    actor = getattr(request, "actor", None)
    return actor is not None and actor.reaches_all_stores and rights.may(actor, Resource.SETTINGS)


def may_see_imports(request: HttpRequest) -> bool:
    """Tell whether somebody may see any kind of file that is brought in."""
    actor = getattr(request, "actor", None)
    return actor is not None and any(actor.can_view(kind.resource) for kind in kinds.list_all())


def may_see_exports(request: HttpRequest) -> bool:
    """Tell whether somebody may take any list out."""
    actor = getattr(request, "actor", None)
    return actor is not None and any(kind.may_be_seen_by(actor) for kind in exports.list_all())


GROUPS: list[dict[str, Any]] = [
    {
        "items": [
            item(_("Dashboard"), "space_dashboard", "index", Resource.ANALYTICS),
        ],
    },
    {
        "title": _("Members"),
        "items": [
            item(_("Customers"), "group", "accounts_customer_changelist", Resource.CUSTOMER),
            item(_("Levels"), "stairs", "accounts_level_changelist", Resource.LEVEL),
            item(_("Segments"), "pie_chart", "accounts_segment_changelist", Resource.SEGMENT),
            item(_("Invitations"), "group_add", "earning_invitation_changelist", Resource.CUSTOMER),
        ],
    },
    {
        "title": _("Purchases"),
        "items": [
            item(
                _("Transactions"),
                "receipt_long",
                "transactions_transaction_changelist",
                Resource.TRANSACTION,
            ),
            item(
                _("Earning rules"), "rule", "earning_earningrule_changelist", Resource.EARNING_RULE
            ),
            item(_("Simulate a purchase"), "calculate", "simulation", Resource.EARNING_RULE),
        ],
    },
    {
        "title": _("Rewards"),
        "items": [
            item(
                _("Rewards"),
                "redeem",
                "campaigns_rewardcampaign_changelist",
                Resource.REWARD_CAMPAIGN,
            ),
            item(
                _("Bought rewards"),
                "confirmation_number",
                "campaigns_coupon_changelist",
                Resource.REWARD_CAMPAIGN,
            ),
            item(
                _("Categories"),
                "category",
                "campaigns_campaigncategory_changelist",
                Resource.REWARD_CAMPAIGN,
            ),
        ],
    },
    {
        "title": _("Points"),
        "items": [
            item(_("Points over time"), "bar_chart", "points_over_time", Resource.ANALYTICS),
            item(
                _("Points transfers"),
                "swap_horiz",
                "accounts_pointstransfer_changelist",
                Resource.POINT_TRANSFER,
            ),
            item(
                _("Ledger"),
                "account_balance",
                "ledger_posting_changelist",
                Resource.POINT_TRANSFER,
            ),
            item(_("Lots"), "layers", "ledger_lot_changelist", Resource.POINT_TRANSFER),
            item(_("Point types"), "toll", "ledger_pointtype_changelist", Resource.SETTINGS),
        ],
    },
    {
        "title": _("Shops"),
        "items": [
            item(_("Points of sale"), "storefront", "accounts_pos_changelist", Resource.POS),
            item(_("Sellers"), "badge", "accounts_seller_changelist", Resource.SELLER),
        ],
    },
    {
        "title": _("Settings"),
        "items": [
            item(_("Store settings"), "tune", "settings", Resource.SETTINGS),
            item(_("Pictures and conditions"), "image", "pictures", Resource.SETTINGS),
            item(_("Languages"), "translate", "languages", Resource.SETTINGS),
            item(_("Messages"), "mail", "messages", Resource.SETTINGS),
            item(_("Webhooks"), "webhook", "webhooks", Resource.SETTINGS),
            item(_("Stores"), "store", "core_store_changelist", Resource.SETTINGS),
            item(_("Staff"), "manage_accounts", "accounts_staffuser_changelist", Resource.ADMIN),
            item(_("Roles"), "shield_person", "accounts_role_changelist", Resource.ACL),
            item(_("Audit trail"), "history", "core_auditentry_changelist", Resource.AUDIT),
            item(_("Events"), "bolt", "core_event_changelist", Resource.AUDIT),
            {
                "title": _("Imports"),
                "icon": "upload_file",
                "link": reverse_lazy("admin:imports"),
                "permission": may_see_imports,
            },
            {
                "title": _("Exports"),
                "icon": "download",
                "link": reverse_lazy("admin:exports"),
                "permission": may_see_exports,
            },
            {
                "title": _("Jobs"),
                "icon": "schedule",
                "link": reverse_lazy("admin:jobs"),
                "permission": may_see_jobs,
            },
        ],
    },
]


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    return GROUPS if hasattr(request, "actor") else []


def entries(request: CockpitRequest) -> list[tuple[str, str, str]]:
    """Return (title, address, icon) of every menu item that a person may see."""
    return [
        (str(entry["title"]), str(entry["link"]), entry["icon"])
        for group in GROUPS
        for entry in group["items"]
        if entry["permission"](request)
    ]


def store_name(request: HttpRequest) -> str:
    store = getattr(request, "store", None)
    return store.name if store is not None else "Loyalty"


def store_choices(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the stores to switch to; none where there is only one."""
    stores = getattr(request, "stores", [])
    if len(stores) < 2:
        return []
    return [
        {
            "title": store.name,
            "icon": "check" if store == getattr(request, "store", None) else "storefront",
            "link": reverse("admin:switch_store", args=[store.code]),
        }
        for store in stores
    ]


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {"title": _("Change password"), "link": reverse("admin:password_change")},
        {"title": _("Where I am signed in"), "link": reverse("admin:sign_ins")},
    ]
