"""What a store needs so that each deed of the cockpit can be done to something in it."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone

from accounts.models import Customer, Door, PointsTransfer, Role, Seller, StaffUser
from accounts.segments.criteria import CriterionData
from accounts.services import customers, levels, points, segments, tokens
from accounts.services.segments import SegmentData
from loyalty.core.actors import SYSTEM
from loyalty.core.imports import drafts, running
from loyalty.core.imports import kinds as import_kinds
from loyalty.core.messages import catalogue, templates
from loyalty.core.messages.catalogue import MessageChannel
from loyalty.core.messages.templates import Changes, Text
from loyalty.core.messages.templates import Message as Letter
from loyalty.core.models import AuditEntry, ImportJob, Store, WebhookDelivery, WebhookLane
from loyalty.core.webhooks import queue, signing
from loyalty.core.webhooks.queue import Message
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.staff import RoleFactory
from tests.support.things import PEOPLE, Unmatched, fill


# Under these stand things in a state of their own.
class Blocked: ...


class ByHand: ...


class Checked: ...


class Disabled: ...


class Done: ...


class Gold: ...


class Listed: ...


class Pending: ...


class Refused: ...


class Reworded: ...


class Waiting: ...


def prepare(store: Store) -> dict[type, Any]:
    """Fill a store, and put things into it for those deeds that need one in some state."""
    store.setting_values |= {"webhooks": True, "uriWebhooks": "https://hooks.example.com/"}
    store.save(update_fields=["setting_values"])
    things = fill(store, "Home")
    things |= _people(store) | _points(things[Customer]) | _letters(store) | _files(store)
    things[Role] = RoleFactory("ACL:VIEW", name="Readers of roles")
    for person in (things[Customer], things[Seller], things[StaffUser]):
        tokens.open_browser_session(
            person,
            door=Door.PORTAL,
            ip_address=None,
            agent="",
            expires_at=timezone.now() + timedelta(days=1),
        )
    delivery = WebhookDelivery.objects.filter(pk=things[WebhookDelivery].pk)
    delivery.update(state="failed", ended_at=timezone.now())
    things[Waiting] = _waiting(store)
    # Made when it is first asked for.
    signing.list_valid(store, now=timezone.now())
    long_ago = timezone.now() - timedelta(days=800)
    AuditEntry.objects.create(store=None, created_at=long_ago, event_type="X", entity_type="Y")
    return things


def _waiting(store: Store) -> WebhookDelivery:
    lane = uuid4()
    queue.enqueue(store, [Message("customer.updated", {}, lane)])
    later = timezone.now() + timedelta(hours=1)
    WebhookLane.objects.filter(key=lane).update(next_attempt_at=later)
    return WebhookDelivery.objects.get(lane_key=lane)


def _people(store: Store) -> dict[type, Any]:
    gold = LevelFactory(store, name="Gold", condition_value=1_000)
    blocked, by_hand = CustomerFactory(store), CustomerFactory(store)
    customers.deactivate(customer=blocked, actor=SYSTEM)
    levels.assign_manually(customer=by_hand, level=gold, actor=SYSTEM)
    listed = segments.create(
        store=store,
        data=SegmentData(
            name="Listed",
            parts=[[CriterionData("customer_list", {"customers": [str(by_hand.uuid)]})]],
            is_active=True,
        ),
        actor=SYSTEM,
    )
    return {Gold: gold, Blocked: blocked, ByHand: by_hand, Listed: listed}


def _points(customer: Customer) -> dict[type, Any]:
    store = customer.store
    values = store.setting_values
    store.setting_values = values | {"allTimeNotLocked": False, "pointsDaysLocked": 9}
    points.add(customer=customer, amount=Decimal(7), issuer="admin")
    store.setting_values = values
    mine = PointsTransfer.objects.of_customer(customer)
    return {Pending: mine.get(value=7), PointsTransfer: mine.get(value=5)}


def _letters(store: Store) -> dict[type, Any]:
    off, reworded = (
        next(
            letter
            for letter in templates.list_for(store, occasion)
            if letter.channel == MessageChannel.EMAIL
        )
        for occasion in (catalogue.POINTS_EXPIRING, catalogue.NEW_LEVEL)
    )
    templates.enable(message=off, is_enabled=False, actor=SYSTEM)
    changes = Changes(texts={"en": Text("Beans", "<p>Beans</p>")})
    templates.change(message=reworded, changes=changes, actor=SYSTEM)
    return {Disabled: _again(store, off), Reworded: _again(store, reworded)}


def _again(store: Store, letter: Letter) -> Letter:
    return templates.get(store, letter.uuid)


def _files(store: Store) -> dict[type, Any]:
    rows = "{0};Ann;New;true;{1};true\n"
    good, bad = rows.format("a@example.com", "male"), rows.format("b@example.com", "x")
    given = "customerEmail;points;type\neve@home.example.com;3;adding\n"
    return {
        Checked: _run(store, "customers", f"{PEOPLE}\n{good}", is_check=True),
        Refused: _run(store, "customers", f"{PEOPLE}\n{bad}", is_check=False),
        Done: _run(store, "points", given, is_check=False),
    }


def _run(store: Store, kind: str, text: str, *, is_check: bool) -> ImportJob:
    known = import_kinds.get(kind)
    assert known is not None
    job = drafts.bring_in(
        store=store,
        kind=known,
        file=BytesIO(text.encode()),
        name=f"{kind}.csv",
        actor=SYSTEM,
        mapping=drafts.columns.propose(text.partition("\n")[0].split(";"), known),
        is_check=is_check,
    )
    running.run(job.pk)
    job.refresh_from_db()
    return job


def in_states(things: dict[type, Any]) -> Iterator[str]:
    """Yield the pages of those things that are in a state of their own."""
    for name, kinds in STATES.items():
        for kind in kinds:
            yield reverse(f"admin:{name}", args=[getattr(things[kind], ID.get(name, "pk"))])


STATES: dict[str, tuple[type, ...]] = {
    "accounts_customer_change": (Blocked, ByHand),
    "accounts_pointstransfer_change": (Pending,),
    "core_webhookdelivery_change": (Waiting,),
    "import": (Checked, Done, Refused),
    "message": (Disabled, Reworded),
    "transactions_transaction_change": (Unmatched,),
}
ID = {"import": "uuid", "message": "uuid", "accounts_pointstransfer_change": "uuid"}
