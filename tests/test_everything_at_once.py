"""
Everybody does anything at once: nobody waits in a circle, and afterwards the books are right.

Ten at a time do what tills, staff, files and jobs do, by chance, to a few customers of one store.
Commands that lose a deadlock begin again when the program runs; here each is an error. What is
done depends on the threads' turns, so a failure may need more seconds: SECONDS_AT_ONCE sets them.
"""

import os
import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from accounts.ledger import checks
from accounts.ledger.models import Posting
from accounts.models import Customer, CustomerStatus, Level
from accounts.services import (
    customers,
    forgetting,
    level_jobs,
    level_moves,
    points,
    points_batches,
    points_jobs,
    segment_members,
    segments,
)
from campaigns.models import Coupon, CouponCode, CouponStatus, RewardCampaign
from campaigns.selectors import usage
from campaigns.services import cashback, coupons, rewards
from loyalty.core import clock
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import DomainError
from loyalty.core.models import Store
from loyalty.core.services import stores
from tests.campaigns.conftest import STAFF
from tests.factories import CustomerFactory, LevelFactory, StoreFactory
from tests.factories.campaigns import CampaignFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import document, line, return_of
from tests.support.segments import criterion, make_segment
from transactions.amounts import Amounts, count_sale
from transactions.models import DocumentType, Transaction
from transactions.services import batches, claim_batches, matching, purchases
from transactions.services.claim_batches import Claim

pytestmark = [pytest.mark.ledger, pytest.mark.django_db(transaction=True)]

SECONDS = float(os.environ.get("SECONDS_AT_ONCE", "6"))
THREADS = 10
PEOPLE = 10
LABELS = 300


class World:
    """A small store in which everything has consequences, and what went wrong in it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.store = StoreFactory(setting_values=settings)
        self.levels = [LevelFactory(self.store, condition_value=value) for value in (0, 50, 200)]
        self.people = [CustomerFactory(self.store)]
        for number in range(1, PEOPLE):
            referrer = self.people[0].email if number % 2 else ""
            self.people.append(CustomerFactory(self.store, referral_customer_email=referrer))
        self.pool = self._reward(coupons=tuple(f"P{n}" for n in range(150)), cost_in_points=3)
        self.free = self._reward(coupons=tuple(f"F{n}" for n in range(60)), cost_in_points=0)
        limit = {"is_unlimited": False, "limit": 30, "limit_per_user": 9}
        self.limited = self._reward(
            coupons=tuple(f"L{n}" for n in range(40)), cost_in_points=2, **limit
        )
        self.percentage = self._reward("percentage_discount_code", cost_in_points=0)
        self.cashback = self._reward("cashback")
        EarningRuleFactory(store=self.store)
        EarningRuleFactory(store=self.store, type="referral", event_name="every_purchase")
        first = "oloy.transaction.customer_first_transaction"
        EarningRuleFactory(store=self.store, type="event", event_name=first)
        for campaign in (self.free, self.limited, self.percentage):
            EarningRuleFactory(store=self.store, type="instant_reward", reward_campaign=campaign)
        spenders = criterion("transaction_amount", from_amount=Decimal(30))
        self.segment = make_segment(self.store, [spenders])
        self.lock = threading.Lock()
        self.number = 0
        self.errors: list[str] = []

    def _reward(self, type: str = "discount_code", **fields: Any) -> RewardCampaign:
        if "cost_in_points" in fields:
            fields["cost_in_points"] = Decimal(fields["cost_in_points"])
        campaign = CampaignFactory(self.store, type, level=self.levels[0], **fields)
        campaign.level_ids = [level.pk for level in self.levels]
        campaign.save(update_fields=["level_ids"])
        return campaign

    def next_number(self) -> str:
        with self.lock:
            self.number += 1
            return f"N{self.number}"


class Somebody:
    """One who does one thing after the other, by chance."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.deeds: list[Callable[[], object]] = [
            *[self.sell] * 8,
            *[self.take_back] * 4,
            *[self.bring_a_file] * 3,
            *[self.sell_to_nobody] * 2,
            *[self.claim, self.claim_many] * 2,
            *[self.add, self.spend, self.send] * 4,
            *[self.cancel_points, self.revert, self.change_many, self.block] * 2,
            *[self.buy] * 5,
            *[self.redeem, self.use, self.cancel_coupon, self.buy_percentage] * 2,
            *[self.place, self.release, self.edit, self.register, self.forget, self.shut_out],
            *[self.expire, self.recalculate, self.change_rules, self.open_a_segment],
        ]

    def work(self, until: float) -> None:
        try:
            while time.monotonic() < until:
                deed = self.chance.choice(self.deeds)
                try:
                    deed()
                except DomainError:
                    pass  # A refusal is an answer.
                except Exception as error:  # noqa: BLE001  # the test looks at it
                    self.world.errors.append(f"{getattr(deed, '__name__', deed)}: {error!r}")
        finally:
            connection.close()

    # What there is

    def store(self) -> Store:
        return Store.objects.get(pk=self.world.store.pk)

    def customer(self, known: Customer | None = None) -> Customer:
        found = Customer.objects.get(pk=(known or self.chance.choice(self.world.people)).pk)
        found.store = self.store()
        return found

    def leaving(self) -> Customer | None:
        """Return somebody who may go for good, if there are enough."""
        with self.world.lock:
            if len(self.world.people) <= PEOPLE:
                return None
            return self.world.people.pop()

    def sale(self) -> Transaction | None:
        sales = Transaction.objects.filter(
            document_type=DocumentType.SELL, customer__isnull=False
        ).select_related("customer")
        return sales.order_by("?").first()

    def unmatched(self, count: int) -> list[Transaction]:
        return list(Transaction.objects.filter(customer=None).order_by("?")[:count])

    def coupon(self) -> Coupon | None:
        return Coupon.objects.select_related("campaign", "customer").order_by("?").first()

    def posting(self, *kinds: str) -> Posting | None:
        return Posting.objects.filter(kind__in=kinds).order_by("?").first()

    def goods(self) -> Any:
        label = ("batch", str(self.chance.randrange(LABELS)))
        return (line("12.00", labels=(label,)), line("20.00", sku="SKU2"))

    # Purchases

    def sell(self) -> None:
        sold = document(self.customer(), number=self.world.next_number(), lines=self.goods())
        purchases.register(store=self.store(), document=sold, actor=SYSTEM)

    def sell_to_nobody(self) -> None:
        sold = document(None, number=self.world.next_number())
        purchases.register(store=self.store(), document=sold, actor=SYSTEM)

    def take_back(self) -> None:
        if sale := self.sale():
            back = return_of(
                sale, self.chance.choice(["5.00", "32.00"]), number=self.world.next_number()
            )
            purchases.register(store=self.store(), document=back, actor=SYSTEM)

    def bring_a_file(self) -> None:
        described = []
        for _ in range(self.chance.randrange(4, 14)):
            number, sale = self.world.next_number(), None
            if self.chance.random() < 0.25:
                sale = self.sale()
            described.append(
                return_of(sale, "5.00", number=number)
                if sale
                else document(self.customer(), number=number, lines=self.goods())
            )
        batches.register_many(store=self.store(), documents=described, actor=SYSTEM)

    def claim(self) -> None:
        for found in self.unmatched(1):
            matching.claim(
                store=self.store(),
                document_number=found.document_number,
                customer=self.customer(),
                actor=SYSTEM,
            )

    def claim_many(self) -> None:
        claims = [Claim(found.document_number, self.customer()) for found in self.unmatched(6)]
        claim_batches.claim_many(store=self.store(), claims=claims, actor=SYSTEM)

    # Points

    def add(self) -> None:
        soon = clock.now() + timedelta(milliseconds=self.chance.randrange(50, 3000))
        points.add(
            customer=self.customer(),
            amount=Decimal(self.chance.randrange(1, 20)),
            issuer="admin",
            expires_at=self.chance.choice([None, soon]),
        )

    def spend(self) -> None:
        points.spend(customer=self.customer(), amount=Decimal(3), issuer="admin")

    def block(self) -> None:
        points.block(customer=self.customer(), amount=Decimal(2), issuer="admin")

    def send(self) -> None:
        points.transfer(sender=self.customer(), receiver=self.customer(), amount=Decimal(2))

    def change_many(self) -> None:
        orders: list[points.Grant | points.Spend] = [
            self.chance.choice([points.Grant, points.Spend])(
                customer=self.customer(), amount=Decimal(2)
            )
            for _ in range(8)
        ]
        points_batches.change_many(store=self.store(), orders=orders, actor=SYSTEM, now=clock.now())

    def cancel_points(self) -> None:
        if posting := self.posting("earn", "hold"):
            lot = posting.lots.first()
            points.cancel(store=self.store(), transfer_uuid=lot.uuid if lot else posting.uuid)

    def revert(self) -> None:
        if posting := self.posting("earn", "spend", "transfer"):
            points.revert(store=self.store(), posting=posting)

    # Rewards

    def buy(self) -> None:
        campaign = self.chance.choice([self.world.pool, self.world.pool, self.world.limited])
        rewards.buy(
            campaign=RewardCampaign.objects.get(pk=campaign.pk),
            customer=self.customer(),
            actor=STAFF,
            quantity=self.chance.choice([1, 1, 1, 2]),
        )

    def buy_percentage(self) -> None:
        if sale := self.sale():
            rewards.buy(
                campaign=RewardCampaign.objects.get(pk=self.world.percentage.pk),
                customer=self.customer(sale.customer),
                actor=STAFF,
                transaction_uuid=sale.uuid,
            )

    def redeem(self) -> None:
        cashback.redeem(customer=self.customer(), points=Decimal(2), actor=STAFF)

    def use(self) -> None:
        marks = [
            coupons.Mark(
                campaign_uuid=coupon.campaign.uuid,
                customer_uuid=coupon.customer.uuid,
                coupon_uuid=coupon.uuid,
                code=coupon.code,
                is_used=self.chance.random() < 0.8,
            )
            for coupon in (self.coupon(), self.coupon())
            if coupon
        ]
        coupons.mark(store=self.store(), marks=marks, actor=STAFF)

    def cancel_coupon(self) -> None:
        if coupon := self.coupon():
            coupons.cancel(
                store=self.store(),
                coupon_uuid=coupon.uuid,
                actor=STAFF,
                frees_code=self.chance.random() < 0.7,
                frees_limit=self.chance.random() < 0.5,
            )

    # People

    def place(self) -> None:
        level = Level.objects.get(pk=self.chance.choice(self.world.levels).pk)
        level_moves.assign_manually(customer=self.customer(), level=level, actor=SYSTEM)

    def release(self) -> None:
        level_moves.unassign(customer=self.customer(), actor=SYSTEM)

    def edit(self) -> None:
        changes = customers.Changes(first_name=self.chance.choice("ABC"))
        customers.update(customer=self.customer(), changes=changes, actor=SYSTEM)

    def register(self) -> None:
        number = self.world.next_number()
        data = customers.Registration(
            first_name="New",
            last_name=number,
            email=f"{number}@example.com",
            agreement1=True,
            referral_customer_email=self.world.people[0].email or "",
        )
        made = customers.register(store=self.store(), data=data, actor=SYSTEM)
        with self.world.lock:
            self.world.people.append(made)

    def forget(self) -> None:
        if leaving := self.leaving():
            forgetting.anonymize(customer=self.customer(leaving), actor=SYSTEM)

    def shut_out(self) -> None:
        if leaving := self.leaving():
            customers.delete(customer=self.customer(leaving), actor=SYSTEM)

    # The store

    def expire(self) -> None:
        points_jobs.expire_due()

    def recalculate(self) -> None:
        level_jobs.recalculate_all()
        segment_members.recalculate_all()

    def change_rules(self) -> None:
        stores.touch_rules(self.world.store.pk)

    def open_a_segment(self) -> None:
        small = criterion("transaction_amount", from_amount=Decimal(self.chance.randrange(90)))
        data = segments.SegmentData(name=self.world.next_number(), parts=([small],), is_active=True)
        made = segments.create(store=self.store(), data=data, actor=SYSTEM)
        segment_members.recalculate(made.pk)
        segments.delete(segment=made, actor=SYSTEM)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="levels by purchases"),
        pytest.param(
            {"tierAssignType": "points", "levelDowngradeMode": "automatic"}, id="levels by points"
        ),
    ],
)
def test_nobody_waits_in_a_circle_and_the_books_are_right(settings):
    world = World(settings)
    until = time.monotonic() + SECONDS

    threads = [
        threading.Thread(target=Somebody(world, seed).work, args=(until,))
        for seed in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert world.errors == []
    assert checks.find_differences() == []
    assert_totals_are_of_the_purchases(world)
    assert_codes_are_out_once(world)
    assert segment_members.recalculate(world.segment.pk) == segment_members.Changes(0, 0)


def assert_totals_are_of_the_purchases(world: World) -> None:
    for customer in Customer.objects.exclude(status=CustomerStatus.DELETED):
        own = list(Transaction.objects.filter(customer=customer))
        counted = [
            count_sale(
                Amounts.of(sale),
                [Amounts.of(back) for back in own if back.revised_id == sale.pk],
            )
            for sale in own
            if sale.document_type == DocumentType.SELL
        ]
        told = (customer.transactions_count, customer.transactions_amount)
        assert told == (sum(c.count for c in counted), sum(c.amount for c in counted)), customer.pk


def assert_codes_are_out_once(world: World) -> None:
    for campaign in (world.pool, world.free, world.limited):
        held = Coupon.objects.filter(campaign=campaign, holds_code=True)
        codes = list(
            held.exclude(status=CouponStatus.CANCELLED).values_list("pool_code_id", flat=True)
        )
        issued = set(
            CouponCode.objects.filter(campaign=campaign, is_issued=True).values_list(
                "pk", flat=True
            )
        )
        assert len(codes) == len(set(codes))
        assert set(codes) <= issued
        assert usage.get_tally(campaign).issued == len(issued)
    assert usage.get_tally(world.limited).used <= 30
