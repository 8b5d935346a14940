"""
Every deed of the cockpit, and every page that is none: the walk of `test_deeds` goes by these.

A deed says which rights it takes, no more and no fewer, and what somebody types who does it. What
its form sends besides is read off its page.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.admin import transfers
from accounts.models import (
    Customer,
    Level,
    PointsTransfer,
    Pos,
    Resource,
    Role,
    Segment,
    Seller,
    StaffUser,
)
from campaigns.admin import campaign_form, codes_page
from campaigns.models import CODE_TYPES, CampaignCategory, CampaignPhoto, Coupon, RewardCampaign
from earning.admin import rule_forms
from earning.models import EarningRule
from loyalty.cockpit import imports_view, messages_view, points_forms, webhooks_view
from loyalty.core import jobs
from loyalty.core.exports import kinds as exports
from loyalty.core.imports import kinds as imports
from loyalty.core.models import ImportJob, SentMessage, Store, WebhookDelivery
from tests.cockpit.deed_things import (
    Blocked,
    ByHand,
    Checked,
    Disabled,
    Done,
    Gold,
    Listed,
    Pending,
    Refused,
    Reworded,
    Waiting,
)
from tests.cockpit.test_forms import RULES
from tests.factories.accounts import LOCATION
from tests.factories.staff import PASSWORD
from tests.support.page_forms import PageForm, forms_of
from tests.support.pictures import png
from tests.support.things import Letter, Unmatched

Right = str  # Such as "CUSTOMER:MODIFY".


@dataclass(frozen=True)
class Deed:
    """
    One POST of the cockpit, and who may make it.

    `query`: after the address. `typed`: what somebody fills in. `page`: the name and the arguments
    of the page whose form does it, its own if none is named; None: no page shows one, so that
    `typed` is all. `form`: the form's id, where a page has several. `is_for_all_stores`: only
    those whom all stores are open to do it. `is_seen_by_viewers`: its page is open, without the
    form, to who has only the rights to view. `leaves`: whether anything is written; else the answer
    is all that comes of it.
    """

    name: str
    args: tuple[Any, ...]
    rights: tuple[Right, ...]
    typed: Mapping[str, Any]
    query: str = ""
    page: tuple[Any, ...] | None = ()
    form: str = ""
    is_for_all_stores: bool = False
    is_seen_by_viewers: bool = False
    leaves: bool = True

    @property
    def address(self) -> str:
        return reverse(f"admin:{self.name}", args=self.args) + self.query

    @property
    def page_address(self) -> str:
        if not self.page:
            return self.address
        name, *args = self.page
        return reverse(f"admin:{name}", args=args)

    def __str__(self) -> str:
        return f"POST {self.address} {list(self.typed)}"


class Browser:
    """Reads what the forms of pages send. Each page is asked for once."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.pages: dict[str, list[PageForm]] = {}

    def filled(self, deed: Deed) -> dict[str, Any]:
        """Return what is sent by who does a deed."""
        if deed.page is None:
            return dict(deed.typed)
        address = deed.page_address
        if address not in self.pages:
            page = self.client.get(address)
            assert page.status_code == 200, f"GET {address}: {page.status_code}"
            self.pages[address] = forms_of(page.content.decode(), address)
        for form in self.pages[address]:
            is_it = form.action == deed.address and deed.form in form.attributes.get("id", "")
            if is_it and form.method == "POST" and form.has_button:
                return form.values | deed.typed
        raise AssertionError(f"{address} shows no form for {deed}.")


def a_file(name: str, text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


# What the fields of a new one are, by the name of its address.
NEW: dict[str, dict[str, Any]] = {
    "accounts_customer": {
        "first_name": "Ann",
        "last_name": "New",
        "email": "ann.new@example.com",
        "agreement1": "on",
    },
    "accounts_level": {"name_en": "Platinum", "condition_value": "9000", "reward_code": "p"},
    "accounts_pos": {"name": "Harbour", "identifier": "harbour"} | LOCATION,
    "accounts_seller": {
        "first_name": "Max",
        "last_name": "New",
        "email": "max@example.com",
        "password": PASSWORD,
    },
    "accounts_staffuser": {"email": "new@example.com", "password": PASSWORD},
    "accounts_role": {"name": "Readers", "ACL": "view"},
    "campaigns_campaigncategory": {"name_en": "Drinks"},
    "core_store": {"code": "north", "name": "North", "currency": "EUR"},
}
CRITERION = {
    "name": "Buyers",
    "part": "0",
    "part-0": "0:transaction_count",
    "c-0-0-min": "1",
    "c-0-0-max": "5",
}
RULE = {"name": "Rule", "description": "What it pays for"}
IMPORTED = {
    "customers": "email;firstName;lastName;active;gender;agreement1\na@example.com;A;B;1;male;1\n",
    "points": "customerEmail;points;type\na@example.com;1;adding\n",
    "segment-customers": "email\na@example.com\n",
    "coupon-codes": "code\nA-1\n",
    "transactions": "documentNumber;purchaseDate;documentType\nA/1;2026-01-01;sell\n",
    "matches": "transactionDocumentNumber;customerEmail\nA/1;a@example.com\n",
}
POOL = {
    "generate": {"count": "3", "pattern": "CAFE-#####-###%"},
    "load": {"file": a_file("codes.csv", "A-1\nA-2\n")},
    "type": {"codes": "B-1\nB-2"},
}


def all_deeds(things: dict[type, Any]) -> Iterator[Deed]:
    """Yield every deed, each ready to be done to a thing that it can be done to."""
    yield from _own(things)
    yield from _of_customers(things)
    yield from _of_people(things)
    yield from _of_rewards(things)
    yield from _of_rules_and_purchases(things)
    yield from _of_settings(things)
    yield from _of_files(things)
    yield from _with_many(things)


def _own(things: dict[type, Any]) -> Iterator[Deed]:
    """Yield what everybody does who is signed in."""
    yield Deed("password_change", (), (), {"current": PASSWORD, "new": "Another-Word-2"})
    yield Deed("sign_ins", (), (), {"others": "1"}, page=None, leaves=False)


def _new(name: str, right: Right, **options: Any) -> Deed:
    return Deed(f"{name}_add", (), (right,), NEW[name], **options)


def _of_customers(things: dict[type, Any]) -> Iterator[Deed]:
    right = ("CUSTOMER:MODIFY",)
    eve = (things[Customer].pk,)
    yield _new("accounts_customer", *right)
    yield Deed("accounts_customer_edit", eve, right, {"last_name": "Changed"})
    for deed in points_forms.DEEDS:
        typed = {"points": "1", "reason": "An apology", "confirmed": "1"}
        rights = (*right, "POINT_TRANSFER:MODIFY")
        yield Deed("accounts_customer_points", (*eve, deed), rights, typed)
    yield Deed(
        "accounts_customer_reward",
        eve,
        ("CUSTOMER:VIEW", "REWARD_CAMPAIGN:MODIFY"),
        {"reward": str(things[RewardCampaign].uuid), "confirmed": "1"},
    )
    for deed in ("block", "password", "data", "remove", "anonymize"):
        yield Deed(f"accounts_customer_{deed}", eve, right, {})
    known = {"email": "eve@home.example.com"}
    rights = ("CUSTOMER:VIEW",)
    yield Deed("accounts_customer_known", (), rights, known, page=None, leaves=False)
    yield Deed("accounts_customer_activate", (things[Blocked].pk,), right, {})
    yield Deed("accounts_customer_automatic", (things[ByHand].pk,), right, {})
    yield Deed("accounts_customer_level", eve, right, {"level": str(things[Gold].pk)})
    for deed in transfers.DEEDS:
        transfer = things[Pending if deed == "activate" else PointsTransfer]
        typed = {"reason": "A mistake"} if deed == "cancel" else {}
        args = (transfer.uuid, deed)
        yield Deed("accounts_pointstransfer_deed", args, ("POINT_TRANSFER:MODIFY",), typed)
    segment = (things[Segment].pk,)
    yield Deed("accounts_segment_add", (), ("SEGMENT:MODIFY",), CRITERION)
    yield _change("accounts_segment", segment, "SEGMENT:MODIFY", {"name": "Changed"})
    for deed in ("remove", "switch"):
        yield Deed(f"accounts_segment_{deed}", segment, ("SEGMENT:MODIFY",), {})
    yield Deed(
        "accounts_segment_preview", (), ("SEGMENT:MODIFY",), CRITERION, page=None, leaves=False
    )


def _change(name: str, args: tuple[Any, ...], right: Right, typed: dict[str, Any]) -> Deed:
    return Deed(f"{name}_change", args, (right,), typed, is_seen_by_viewers=True)


def _of_people(things: dict[type, Any]) -> Iterator[Deed]:
    for name, model, right, typed in (
        ("accounts_level", Level, "LEVEL:MODIFY", {"name_en": "Changed"}),
        ("accounts_pos", Pos, "POS:MODIFY", {"name": "Changed"}),
        (
            "accounts_seller",
            Seller,
            "SELLER:MODIFY",
            {"last_name": "Changed", "password": PASSWORD},
        ),
        ("accounts_staffuser", StaffUser, "ADMIN:MODIFY", {"last_name": "Changed"}),
    ):
        yield _new(name, right)
        yield _change(name, (things[model].pk,), right, typed)
    yield Deed("accounts_seller_remove", (things[Seller].pk,), ("SELLER:MODIFY",), {})
    role, right = (things[Role].pk,), "ACL:MODIFY"
    yield _new("accounts_role", right, is_for_all_stores=True)
    yield Deed(
        "accounts_role_change",
        role,
        (right,),
        {"name": "Changed"},
        is_for_all_stores=True,
        is_seen_by_viewers=True,
    )
    yield Deed("accounts_role_remove", role, (right,), {}, is_for_all_stores=True)
    for kind, model, resource in (
        ("customer", Customer, Resource.CUSTOMER),
        ("seller", Seller, Resource.SELLER),
        ("admin", StaffUser, Resource.ADMIN),
    ):
        yield Deed(
            "sign_ins_of",
            (kind, things[model].uuid),
            (f"{resource}:MODIFY",),
            {"others": "1"},
            is_seen_by_viewers=True,
        )


def _of_rewards(things: dict[type, Any]) -> Iterator[Deed]:
    rights = ("REWARD_CAMPAIGN:MODIFY",)
    reward, coupon = (things[RewardCampaign].pk,), (things[Coupon].pk,)
    named = {"name_en": "Voucher"}
    for kind in campaign_form.FORMS:
        query = f"?type={kind}"
        yield Deed("campaigns_rewardcampaign_add", (), rights, named | REWARDS[kind], query)
        yield Deed(
            "campaigns_rewardcampaign_preview", (), rights, named, query, page=None, leaves=False
        )
    yield Deed("campaigns_rewardcampaign_edit", reward, rights, {"name_en": "Changed"})
    yield Deed("campaigns_rewardcampaign_switch", reward, rights, {})
    for form in codes_page.FORMS:
        yield Deed(
            "campaigns_rewardcampaign_codes",
            reward,
            rights,
            POOL[form.name],
            form=form.name,
            is_seen_by_viewers=True,
        )
    photo = (*reward, things[CampaignPhoto].pk)
    page = ("campaigns_rewardcampaign_change", *reward)
    yield Deed("campaigns_rewardcampaign_photo", photo, rights, {}, page=page)
    yield _new("campaigns_campaigncategory", *rights)
    category = (things[CampaignCategory].pk,)
    yield _change("campaigns_campaigncategory", category, *rights, {"name_en": "Changed"})
    yield Deed("campaigns_coupon_use", coupon, rights, {})
    yield Deed("campaigns_coupon_cancel", coupon, rights, {})
    yield Deed("campaigns_coupon_delivery", coupon, rights, {"status": "shipped"})


REWARDS: dict[str, dict[str, Any]] = {
    **{kind: {"cost_in_points": "5"} for kind in CODE_TYPES},
    "custom_campaign_code": {},
    "cashback": {"point_value": "1"},
    "percentage_discount_code": {"transaction_percentage_value": "10"},
}


def _of_rules_and_purchases(things: dict[type, Any]) -> Iterator[Deed]:
    rights = ("EARNING_RULE:MODIFY",)
    for kind in rule_forms.FORMS:
        typed = RULE | RULES.get(kind, {})
        yield Deed("earning_earningrule_add", (), rights, typed, f"?type={kind.value}")
    rule = (things[EarningRule].pk,)
    yield _change("earning_earningrule", rule, *rights, {"name": "Changed"})
    yield Deed("earning_earningrule_place", (), rights, {"radius": "5"}, page=None, leaves=False)
    sale = (things[Unmatched].pk,)
    yield Deed(
        "transactions_transaction_match",
        sale,
        ("CUSTOMER:VIEW", "TRANSACTION:MODIFY"),
        {"customer": str(things[Customer].pk)},
        query="?q=eve",
    )
    typed = {"labels": "a: b"}
    yield Deed("transactions_transaction_labels", sale, ("TRANSACTION:MODIFY",), typed)


def _of_settings(things: dict[type, Any]) -> Iterator[Deed]:
    rights = ("SETTINGS:MODIFY",)
    seen, shared = {"is_seen_by_viewers": True}, {"is_for_all_stores": True}
    yield Deed("settings", (), rights, {"programName": "Beans"}, **seen)
    logo = SimpleUploadedFile("logo.png", png(400, 300), "image/png")
    yield Deed("pictures", (), rights, {"logo": logo}, **seen)
    language = {"code": "de", "name": "Deutsch"}
    yield Deed("language_add", (), rights, language, **shared)
    yield Deed("language", ("pl",), rights, {"name": "Changed"}, **seen, **shared)
    yield Deed("language_remove", ("pl",), rights, {}, **shared)
    yield Deed("message", (things[Letter].uuid,), rights, {"subject_en": "Changed"}, **seen)
    for deed in messages_view.DEEDS:
        letter = things[{"enable": Disabled, "reset": Reworded}.get(deed, Letter)]
        page = ("message", letter.uuid)
        yield Deed("message_act", (letter.uuid, deed), rights, {}, page=page)
    for deed in webhooks_view.DEEDS:
        yield Deed("webhooks_act", (deed,), rights, {}, page=("webhooks",))
    yield Deed("core_sentmessage_retry", (things[SentMessage].pk,), rights, {})
    yield Deed("core_webhookdelivery_replay", (things[WebhookDelivery].pk,), rights, {})
    yield Deed("core_webhookdelivery_now", (things[Waiting].pk,), rights, {})
    yield _new("core_store", *rights, **shared)
    yield _change("core_store", (things[Store].pk,), *rights, {"name": "Changed"})
    for job in jobs.list_all():
        yield Deed("job_start", (job.name,), rights, {}, page=("jobs",), **shared)
    yield Deed("core_auditentry_make", (), ("AUDIT:MODIFY",), {}, **shared)


def _of_files(things: dict[type, Any]) -> Iterator[Deed]:
    for export in exports.list_all():
        rights = tuple(f"{right}:VIEW" for right in export.rights)
        yield Deed("export_new", (export.name,), rights, {"format": "csv"})
    for kind in imports.list_all():
        yield Deed(
            "imports",
            (),
            (f"{kind.resource}:MODIFY",),
            {"kind": kind.name, "file": a_file(f"{kind.name}.csv", IMPORTED[kind.name])},
            is_seen_by_viewers=True,
        )
    ready: dict[str, tuple[Any, Right, dict[str, str]]] = {
        "check": (ImportJob, "CUSTOMER:MODIFY", {}),
        "discard": (ImportJob, "CUSTOMER:MODIFY", {}),
        "start": (Checked, "CUSTOMER:MODIFY", {}),
        "mend": (Refused, "CUSTOMER:MODIFY", {"cell-1-0-4": "male"}),
        "undo": (Done, "POINT_TRANSFER:MODIFY", {}),
    }
    for deed in imports_view.DEEDS:
        of, right, typed = ready[deed]
        page = ("import", things[of].uuid)
        yield Deed("import_act", (things[of].uuid, deed), (right,), typed, page=page)


def _with_many(things: dict[type, Any]) -> Iterator[Deed]:
    typed: dict[str, dict[str, str]] = {
        "customers-label": {"label_key": "vip"},
        "customers-level": {"level": str(things[Gold].uuid)},
        "customers-pos": {"pos": str(things[Pos].uuid)},
        "customers-segment": {"segment": str(things[Listed].uuid)},
        "customers-points": {"points": "1", "comment": "An apology"},
        "customers-activate": {},
        "customers-block": {},
        "coupons-delivery": {"status": "shipped"},
    }
    for name, model in (("accounts_customer_many", Customer), ("campaigns_coupon_many", Coupon)):
        screen = admin.site.get_model_admin(model)
        for form in screen.many_forms:
            kind = form.kind
            yield Deed(
                name,
                (kind.name,),
                (f"{kind.resource}:VIEW", *(f"{right}:MODIFY" for right in kind.modifies)),
                {"key": "k", "expected": "1", "confirmed": "1"} | typed[kind.name],
                query=f"?ids={things[model].pk}",
                page=None,
            )
