"""Of everything that a store can hold one, each with a word in it that no other store has."""

from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import uuid4

from django.utils import timezone

from accounts.ledger.models import Lot, PointType, Posting
from accounts.models import PointsTransfer, Resource
from accounts.segments.criteria import CriterionData
from accounts.selections import AddLabel
from accounts.services import points, segments
from accounts.services.segments import SegmentData
from campaigns.models import CampaignPhoto
from campaigns.services import categories, rewards
from campaigns.services.categories import CategoryData
from earning.models import Invitation, RuleType
from earning.services import invitations
from loyalty.core.actors import SYSTEM
from loyalty.core.exports.writing import Format
from loyalty.core.imports import drafts, selections
from loyalty.core.imports import kinds as import_kinds
from loyalty.core.messages import catalogue, templates
from loyalty.core.models import (
    AuditEntry,
    Event,
    ExportJob,
    ExportState,
    SentMessage,
    Store,
    WebhookDelivery,
)
from loyalty.core.webhooks import queue
from loyalty.core.webhooks.queue import Message
from tests.campaigns.conftest import STAFF
from tests.factories import CustomerFactory, LevelFactory, PosFactory, SellerFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.earning import EarningRuleFactory
from tests.factories.staff import StaffFactory
from tests.factories.transactions import SaleFactory, UnmatchedSaleFactory, line

PEOPLE = "E-Mail;First name;Last name;active;gender;Rules"


def fill(store: Store, word: str) -> dict[type, Any]:
    """Fill a store, and return one row of each kind. `word`: stands in all that has a name."""
    level = LevelFactory(store, name=f"{word} level")
    shop = PosFactory(store, name=f"{word} shop")
    eve = CustomerFactory(store, last_name=word, pos=shop, email=f"eve@{word}.example.com")
    give_points(eve, 100)
    segment = segments.create(
        store=store,
        data=SegmentData(
            name=f"{word} segment",
            parts=[[CriterionData("transaction_count", {"min": 0, "max": 9})]],
            is_active=True,
        ),
        actor=SYSTEM,
    )
    category = categories.create(
        store=store,
        data=CategoryData(names={"en": f"{word} category"}, is_active=True, sort_order=0),
        actor=SYSTEM,
    )
    campaign = CampaignFactory(
        store, level=level, name=f"{word} reward", coupons=(f"{word}-1", f"{word}-2")
    )
    [coupon] = rewards.buy(campaign=campaign, customer=eve, actor=STAFF)
    rule = EarningRuleFactory(
        store=store, type=RuleType.QRCODE, code=word, name=f"{word} rule", levels=[level]
    )
    sale = SaleFactory(
        eve, number=f"{word}/1", lines=(line("10.00", name=word),), pos_uuid=shop.uuid
    )
    unmatched = UnmatchedSaleFactory(store, number=f"{word}/2")
    points.add(customer=eve, amount=Decimal(5), issuer="admin", comment=word)
    invitations.invite(referrer=eve, email=f"friend@{word}.example.com")
    lane = uuid4()
    queue.enqueue(store, [Message("customer.updated", {"name": word}, lane, customer_id=eve.pk)])
    now = timezone.now()
    letter = templates.list_for(store, catalogue.NEW_POINTS)[0]
    file = drafts.keep(
        store=store,
        kind=_kind("customers"),
        file=BytesIO(f"{PEOPLE}\nann@{word}.example.com;Ann;{word};true;x;true\n".encode()),
        name=f"{word}.csv",
        actor=SYSTEM,
    )
    rows = [
        *(level, shop, eve, segment, category, campaign, coupon, rule, sale, file),
        SellerFactory(store, pos=shop, last_name=word, email=f"mona@{word.lower()}.example.com"),
        StaffFactory(*Resource.values, stores=[store], last_name=word),
        CampaignPhoto.objects.create(
            store=store, campaign=campaign, image=f"campaigns/{word}.png", original_name=word
        ),
        ExportJob.objects.create(
            store=store,
            kind="customers",
            format=Format.CSV,
            query=f"q={word}",
            state=ExportState.DONE,
            actor_kind="admin",
            actor_name=word,
            created_at=now,
            updated_at=now,
        ),
        SentMessage.objects.create(
            store=store,
            fact=Event.objects.filter(store=store).latest("pk"),
            event=letter.occasion.value,
            target=letter.target,
            channel=letter.channel,
            customer_id=eve.pk,
            state="failed",
            created_at=now,
            due_at=now,
        ),
        AuditEntry.objects.filter(store=store).latest("pk"),
        Event.objects.filter(store=store).latest("pk"),
        Invitation.objects.get(store=store),
        Lot.objects.filter(store=store).earliest("pk"),
        Posting.objects.filter(store=store).earliest("pk"),
        PointType.objects.get(store=store),
        PointsTransfer.objects.filter(customer=eve).earliest("uuid"),
        WebhookDelivery.objects.get(lane_key=lane),
        store,
    ]
    found: dict[type, Any] = {type(row): row for row in rows}
    assert len(found) == len(rows)
    found[Unmatched] = unmatched
    found[Letter] = letter
    found[Many] = selections.begin(
        store=store,
        kind=AddLabel,
        uuids=[eve.uuid],
        options={"key": word, "value": ""},
        actor=SYSTEM,
        key=word,
    )
    return found


class Unmatched:
    """Under which the sale stands that is nobody's yet."""


class Many:
    """Under which the job stands that does something with many customers."""


class Letter:
    """Under which a message stands that the store can word anew."""


def _kind(name: str) -> Any:
    kind = import_kinds.get(name)
    assert kind is not None
    return kind
