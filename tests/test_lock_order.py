"""
Commands that want the same rows come to them in the same order: one waits, and both end.

Each test stops the first command where it has some of the rows, until the second waits for one of
them. Where the second has what the first wants next, the database ends one of the two.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.ledger import checks
from accounts.models import Customer
from accounts.services import forgetting, points
from accounts.services.introductions import Introduction
from campaigns.models import Coupon
from campaigns.providers import Answer
from campaigns.services import cashback, coupon_returns, coupons, issuing, rewards
from earning.models import Invitation
from earning.services import referrals
from loyalty.core import clock
from loyalty.core.actors import SYSTEM
from tests.accounts.ledger.test_threads import at_once
from tests.campaigns.conftest import STAFF
from tests.factories import CustomerFactory, LevelFactory, StoreFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import (
    SaleFactory,
    UnmatchedSaleFactory,
    document,
    line,
    register,
    return_of,
)
from tests.transactions.services.test_purchases_at_once import wait_until_somebody_waits
from transactions.models import ItemLabel, Transaction
from transactions.services import (
    batches,
    claim_batches,
    matching,
    purchases,
    settling,
    storage,
)
from transactions.services.claim_batches import Claim

pytestmark = [pytest.mark.ledger, pytest.mark.django_db(transaction=True)]

WAIT_SECONDS = 20
FOLLOWS_POINTS = {"tierAssignType": "points"}


class Meeting:
    """Lets a second command begin when the first is at a place, and the first go on after that."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.is_there = threading.Event()
        self.is_passed = threading.Event()
        # Whether the second may also end without having to wait.
        self.may_pass = False

    def before(self, module: Any, name: str) -> None:
        """Stop whoever comes first just before this function."""
        real = getattr(module, name)

        def stopped(*args: Any, **options: Any) -> Any:
            self._stop()
            return real(*args, **options)

        self.monkeypatch.setattr(module, name, stopped)

    def after(self, module: Any, name: str) -> None:
        """Stop whoever comes first just after this function."""
        real = getattr(module, name)

        def stopped(*args: Any, **options: Any) -> Any:
            answer = real(*args, **options)
            self._stop()
            return answer

        self.monkeypatch.setattr(module, name, stopped)

    def _stop(self) -> None:
        if not self.is_there.is_set():
            self.is_there.set()
            wait_until_somebody_waits(or_else=self.is_passed if self.may_pass else None)

    def of(self, first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
        """Run both; return what they answered. :raises: what either broke down with."""

        def follow() -> Any:
            assert self.is_there.wait(WAIT_SECONDS)
            try:
                return second()
            finally:
                self.is_passed.set()

        one, two = at_once(first, follow)
        for answer in (one, two):
            if isinstance(answer, BaseException):
                raise answer
        assert checks.find_differences() == []
        return one, two


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    return Meeting(monkeypatch)


def member(customer: Customer | None = None, **settings: Any) -> Customer:
    """Return somebody who earns a point for each unit of money, in the store of `customer`."""
    store = customer.store if customer else StoreFactory(setting_values=settings)
    made = CustomerFactory(store)
    made.store = store
    if customer is None:
        EarningRuleFactory(store=store)
    return made


def forget(customer: Customer) -> Customer:
    return forgetting.anonymize(customer=customer, actor=SYSTEM)


def invite(referrer: Customer, **fields: Any) -> Invitation:
    return Invitation.objects.create(
        store=referrer.store,
        referrer=referrer,
        channel="email",
        token="a" * 40,
        created_at=clock.now(),
        **fields,
    )


# Coupons


def test_a_granted_coupon_is_cancelled_while_its_sale_comes_back(meeting: Meeting):
    alice = member()
    sale = SaleFactory(alice, "100.00")
    campaign = CampaignFactory(alice.store, "percentage_discount_code")
    coupon = rewards.hand_out(
        campaign=campaign,
        customer=alice,
        sale_uuid=sale.uuid,
        gross_value=sale.gross_value,
        now=clock.now(),
    )
    meeting.before(coupon_returns, "parts_of")

    with pytest.raises(coupons.NotCancellable):
        meeting.of(
            lambda: register(alice.store, return_of(sale, "50.00")),
            lambda: coupons.cancel(store=alice.store, coupon_uuid=coupon.uuid, actor=STAFF),
        )

    found = Coupon.objects.order_by("pk").values_list("code", "status")
    assert list(found) == [("10", "cancelled"), ("5", "active")]


def test_a_payout_fails_while_its_customer_is_forgotten(meeting: Meeting):
    alice = member(**FOLLOWS_POINTS)
    give_points(alice, 100)
    CampaignFactory(alice.store, "cashback", cashback_provider="paytm")
    _, coupon = cashback.redeem(customer=alice, points=Decimal(10), actor=STAFF)
    answer = Answer(
        customer_uuid=alice.uuid,
        coupon_uuid=coupon.uuid,
        request_id="1",
        is_paid=False,
        code="",
        message="",
    )
    meeting.before(points, "revert")

    meeting.of(
        lambda: cashback.settle_payout(store=alice.store, provider="paytm", answer=answer),
        lambda: forget(alice),
    )

    coupon.refresh_from_db()
    assert (coupon.payout_status, coupon.customer_email) == ("failed", "")


# Invitations


def test_a_friend_registers_while_who_invited_them_is_forgotten(meeting: Meeting):
    alice = member()
    invitation = invite(alice, recipient_email="friend@example.com", status="invited")
    bob = member(alice)
    meeting.after(referrals, "_give")

    def come() -> None:
        with transaction.atomic():
            referrals.attach(bob, Introduction(token=invitation.token), clock.now())

    meeting.of(come, lambda: forget(alice))

    invitation.refresh_from_db()
    assert (invitation.recipient, invitation.recipient_email) == (bob, None)


def test_a_friend_buys_while_who_invited_them_is_forgotten(meeting: Meeting):
    alice = member()
    EarningRuleFactory(store=alice.store, type="referral", event_name="first_purchase")
    bob = member(alice)
    bob.invited_by = alice
    bob.save(update_fields=["invited_by"])
    invitation = invite(alice, recipient=bob, status="registered")
    meeting.after(referrals, "_fulfil")

    meeting.of(lambda: SaleFactory(bob, "10.00"), lambda: forget(alice))

    invitation.refresh_from_db()
    assert invitation.status == "made_purchase"


# Files


def test_two_files_name_customers_in_opposite_order(meeting: Meeting):
    """Where levels follow points, documents go one by one."""
    alice = member(**FOLLOWS_POINTS)
    bob = member(alice)
    meeting.after(purchases, "register")

    one, two = meeting.of(
        lambda: take(document(alice), document(bob)), lambda: take(document(bob), document(alice))
    )

    assert [type(each) for each in one + two] == [Transaction] * 4


def take(*documents: Any) -> list[Any]:
    """Bring documents in as a file does."""
    store = Customer.objects.select_related("store").earliest("pk").store
    return batches.register_many(store=store, documents=documents, actor=STAFF)


def test_two_files_bring_the_same_new_labels_in_opposite_order(meeting: Meeting):
    alice = member()
    bob = member(alice)
    meeting.may_pass = True
    meeting.after(storage, "insert")

    def with_labels(customer: Customer, *values: str) -> list[Any]:
        return [document(customer, lines=(line(labels=(("season", value),)),)) for value in values]

    meeting.of(
        lambda: take(*with_labels(alice, "spring", "summer")),
        lambda: take(*with_labels(bob, "summer", "spring")),
    )

    assert set(ItemLabel.objects.values_list("value", flat=True)) == {"spring", "summer"}


def test_a_till_hands_out_what_a_file_hands_out(meeting: Meeting):
    """One has the reward's count, the other the customer."""
    alice = member()
    bob = member(alice)
    limit = {"is_unlimited": False, "limit": 9, "limit_per_user": 9}
    campaign = CampaignFactory(alice.store, cost_in_points=Decimal(0), **limit)
    EarningRuleFactory(store=alice.store, type="instant_reward", reward_campaign=campaign)
    meeting.after(purchases, "register")

    meeting.of(lambda: take(document(bob), document(alice)), lambda: SaleFactory(alice, "10.00"))

    assert Coupon.objects.filter(campaign=campaign).count() == 3


def test_a_till_hands_out_two_rewards_and_a_file_one_after_the_other(meeting: Meeting):
    """The till takes them in one order, the file in that of its documents."""
    gold = LevelFactory(condition_value=50)
    alice = CustomerFactory(gold.store, level=gold)
    alice.store = gold.store
    bob = member(alice)
    limit = {"is_unlimited": False, "limit": 9, "limit_per_user": 9, "cost_in_points": Decimal(0)}
    for levels in ([gold], [gold, bob.level]):
        campaign = CampaignFactory(gold.store, level=levels[0], **limit)
        campaign.level_ids = [level.pk for level in levels]
        campaign.save(update_fields=["level_ids"])
        EarningRuleFactory(
            store=gold.store, type="instant_reward", reward_campaign=campaign, levels=levels
        )
    carol = CustomerFactory(gold.store, level=gold)
    meeting.after(purchases, "register")

    meeting.of(lambda: take(document(bob), document(carol)), lambda: SaleFactory(alice, "60.00"))

    assert Coupon.objects.count() == 5


def test_two_tills_hand_out_two_codes_of_one_pool_each(meeting: Meeting):
    """Each has one of the last two and wants the other: one gets along without its second."""
    alice = member()
    bob = member(alice)
    campaign = CampaignFactory(alice.store, coupons=("A", "B"), cost_in_points=Decimal(0))
    for name in ("first", "second"):
        EarningRuleFactory(
            store=alice.store, name=name, type="instant_reward", reward_campaign=campaign
        )
    meeting.may_pass = True
    meeting.after(issuing, "issue")

    meeting.of(lambda: SaleFactory(alice, "10.00"), lambda: SaleFactory(bob, "10.00"))

    assert Coupon.objects.filter(campaign=campaign).count() == 2


def test_points_are_sent_while_a_file_brings_purchases_of_both(meeting: Meeting):
    """Who has something due goes the way of one, after all others of the file."""
    alice, soon = member(), timezone.now() + timedelta(milliseconds=50)
    others = [member(alice) for _ in range(5)]
    give_points(alice, 100)
    points.add(customer=alice, amount=Decimal(5), issuer="admin", expires_at=soon)
    time.sleep(0.1)
    meeting.after(settling, "settle_many")

    done, _ = meeting.of(
        lambda: take(*(document(each) for each in (alice, *others))),
        lambda: points.transfer(sender=alice, receiver=others[0], amount=Decimal(1)),
    )

    assert [type(each) for each in done] == [Transaction] * 6


def test_a_file_gives_a_sale_to_its_customer_and_another_file_its_return(meeting: Meeting):
    alice = member()
    bob, carol = member(alice), member(alice)
    sale = UnmatchedSaleFactory(alice.store, "10.00", number="A")
    unknown = document(None, "10.00", number="B", type="return", revised_number="A")
    register(alice.store, unknown)
    UnmatchedSaleFactory(alice.store, "10.00", number="C")
    meeting.after(matching, "claim")

    def claim(*named: tuple[str, Customer]) -> list[Any]:
        claims = [Claim(number, customer) for number, customer in named]
        return claim_batches.claim_many(store=alice.store, claims=claims, actor=STAFF)

    one, two = meeting.of(
        lambda: claim(("C", alice), ("A", bob)), lambda: claim(("B", carol), ("C", carol))
    )

    assert [type(each) for each in one] == [Transaction] * 2
    assert [type(each) for each in two] == [matching.AlreadyAssigned] * 2
    sale.refresh_from_db()
    assert sale.customer == bob
