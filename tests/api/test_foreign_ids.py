"""
Ids of another store, everywhere: in each address and each body of the documented calls.

To who may only enter the demo store they are as unknown as ids that nobody has. Each call is
changed in one place and taken back.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.ledger.models import Lot, Posting
from accounts.models import Customer, Level, Pos, Resource, Segment, Seller
from accounts.segments.criteria import CriterionData
from accounts.services import points, segments, tokens
from accounts.services.segments import SegmentData
from campaigns.models import CampaignCategory, Coupon, RewardCampaign
from campaigns.services import categories, rewards
from campaigns.services.categories import CategoryData
from earning.models import EarningRule, Invitation
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Event, Store, uuid7
from tests.api.reference import test_replay
from tests.api.reference.facts import Call, read_calls
from tests.api.test_wrong_types import body_of, changed, fields, is_tried
from tests.factories import CustomerFactory, PosFactory, SellerFactory, StoreFactory
from tests.factories.accounts import LevelFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.earning import EarningRuleFactory
from tests.factories.staff import StaffFactory
from tests.factories.transactions import SaleFactory
from tests.support.demo import load_small
from transactions.models import Transaction

MODELS: list[Any] = [
    *(Customer, Level, Pos, Seller, Segment, RewardCampaign, CampaignCategory, Coupon),
    *(EarningRule, Invitation, Transaction, Lot, Posting),
]
UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REFUSED = {400, 403, 404}


@pytest.fixture
def others(db: None, monkeypatch: pytest.MonkeyPatch) -> dict[type, str]:
    """The demo store, and of another one an id of each kind."""
    load_small(monkeypatch)
    store = StoreFactory()
    level, pos = LevelFactory(store), PosFactory(store)
    eve = CustomerFactory(store)
    friend = CustomerFactory(store)
    give_points(eve, 100)
    campaign = CampaignFactory(store, level=level)
    rewards.buy(campaign=campaign, customer=eve, actor=SYSTEM)
    segment = segments.create(
        store=store,
        data=SegmentData(
            name="Buyers",
            parts=[[CriterionData("transaction_count", {"min": 0, "max": 9})]],
            is_active=True,
        ),
        actor=SYSTEM,
    )
    made: list[Any] = [
        *(level, pos, eve, campaign, segment, SellerFactory(store, pos=pos)),
        *(EarningRuleFactory(store=store, levels=[level]), SaleFactory(eve, "10.00")),
        categories.create(
            store=store,
            data=CategoryData(names={"en": "Elsewhere"}, is_active=True, sort_order=0),
            actor=SYSTEM,
        ),
        points.block(customer=eve, amount=Decimal(1), issuer="admin"),
        Coupon.objects.in_store(store).get(),
        Lot.objects.filter(store=store).earliest("pk"),
        Invitation.objects.create(
            store=store,
            referrer=eve,
            channel="email",
            recipient_email=f"of-{friend.pk}@example.com",
            created_at=timezone.now(),
        ),
    ]
    return {type(each): str(each.uuid) for each in made}


def kind_of(text: Any) -> type | None:
    """Return of what in the demo store a text is the id; None: of nothing."""
    if not isinstance(text, str) or not UUID_TEXT.fullmatch(text):
        return None
    known = (
        model for model in MODELS if model.objects.filter(store__code="DEFAULT", uuid=text).exists()
    )
    return next(known, None)


def in_address(call: Call, others: dict[type, str]) -> Iterator[tuple[str, Any]]:
    """Yield the call's address with each id of its path replaced, and its body."""
    path = test_replay._filled(urlsplit(call.path).path)
    for found in dict.fromkeys(UUID_TEXT.findall(path)):
        if (kind := kind_of(found)) is not None:
            yield path.replace(found, others[kind]), body_of(call) or None


def in_body(call: Call, others: dict[type, str]) -> Iterator[tuple[str, Any]]:
    """Yield the call's address, and its body with each id in it replaced."""
    tree, path = body_of(call), test_replay._filled(urlsplit(call.path).path)
    for place in fields(tree):
        found = tree
        for key in place:
            found = found[key]
        if (kind := kind_of(found)) is not None:
            yield path, changed(tree, place, others[kind])


def as_unknown(text: str, others: dict[type, str]) -> str:
    """Return a body with ids that nobody has instead of the other store's."""
    for each in others.values():
        text = text.replace(each, str(uuid7()))
    return text


def send(client: Client, call: Call, path: str, body: Any, bearer: str) -> tuple[int, str, bool]:
    """Return the status, what was answered, and whether the other store heard of it."""
    role = test_replay._credentials(call.role)
    headers = {"accept": "application/json"} | role
    if call.role == "admin":
        headers["authorization"] = f"Bearer {bearer}"
    elsewhere = Event.objects.exclude(store=None).exclude(store__code="DEFAULT").count
    before = elsewhere()
    raw = b"" if body is None else json.dumps(body, default=str).encode()
    with transaction.atomic():
        answer = client.generic(
            call.method, path, raw, content_type="application/json", headers=headers
        )
        is_heard = elsewhere() != before
        text = "" if answer.streaming else answer.content.decode(errors="replace")
        transaction.set_rollback(True)
    return answer.status_code, text, is_heard


@pytest.fixture
def bearer(others: dict[type, str]) -> str:
    """Of somebody who may do everything in the demo store, and nothing elsewhere."""
    demo = Store.objects.get(code="DEFAULT")
    sam = StaffFactory(*Resource.values, stores=[demo])
    return tokens.open_session(sam, ip_address=None, now=timezone.now()).token


def calls() -> Iterator[Call]:
    """Yield the documented calls of signed-in people, each with its answer once."""
    people = {"admin", "seller", "customer", test_replay.JOHN}
    yield from (call for call in read_calls().values() if is_tried(call) and call.role in people)


def test_in_an_address_name_nothing(others: dict[type, str], bearer: str):
    client, wrong, tried = Client(), [], 0
    for call in calls():
        for path, body in in_address(call, others):
            tried += 1
            status, text, is_heard = send(client, call, path, body, bearer)
            if status not in REFUSED or is_heard:
                wrong.append(f"{call.id}: {call.method} {path}: {status} {text[:200]}")
    assert "\n".join(wrong) == ""
    assert tried > 80


def test_in_a_body_name_nothing(others: dict[type, str], bearer: str):
    client, wrong, tried = Client(), [], 0
    for call in calls():
        for path, body in in_body(call, others):
            tried += 1
            status, text, is_heard = send(client, call, path, body, bearer)
            # Some calls keep an id that they do not look up: then any will do.
            unknown = json.loads(as_unknown(json.dumps(body, default=str), others))
            is_same = (status, text) == send(client, call, path, unknown, bearer)[:2]
            if is_heard or (status not in REFUSED and not is_same):
                wrong.append(f"{call.id}: {call.method} {path} {body}: {status} {text[:200]}")
    assert "\n".join(wrong) == ""
    assert tried > 20
