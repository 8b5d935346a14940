"""
People who do opposite things to the same customer at the same moment.

Whoever comes second sees what the first has done; the books and the counts stay what the documents
say.
"""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.ledger import checks
from accounts.ledger.models import Lot
from accounts.models import Customer, SegmentMembership
from accounts.segments.criteria import CriterionData
from accounts.selectors import balances
from accounts.services import forgetting, level_jobs, levels, points, points_jobs, segments
from accounts.services.segments import SegmentData
from campaigns.models import CampaignTally, Coupon, CouponCode, CouponStatus
from campaigns.services import coupons, rewards
from campaigns.services.coupons import Mark
from earning.services import rules
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import DomainError
from loyalty.core.models import Store
from tests.accounts.ledger.test_threads import at_once
from tests.campaigns.conftest import SELLER, STAFF
from tests.factories import CustomerFactory, LevelFactory, StoreFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import (
    SaleFactory,
    UnmatchedSaleFactory,
    document,
    register,
    return_of,
)
from tests.support import totals
from tests.transactions.services.test_purchases_at_once import wait_until_somebody_waits
from transactions.models import Transaction
from transactions.services import matching

pytestmark = [pytest.mark.ledger, pytest.mark.django_db(transaction=True)]

ROUNDS = 3
WAIT_SECONDS = 20


@pytest.fixture(autouse=True)
def _sound_books(transactional_db: None) -> Iterator[None]:
    yield
    assert checks.find_differences() == []


@pytest.fixture
def alice(transactional_db: None) -> Customer:
    """Somebody who earns a point for each unit of money."""
    store = StoreFactory()
    customer = CustomerFactory(store, email="alice@example.com")
    customer.store = store
    EarningRuleFactory(store=store)
    return customer


def active(customer: Customer) -> Decimal:
    return balances.get_figures(customer.wallet_id, timezone.now()).points


def bought(customer: Customer, **fields: Any) -> Coupon:
    campaign = CampaignFactory(customer.store, **fields)
    [coupon] = rewards.buy(campaign=campaign, customer=customer, actor=STAFF)
    return Coupon.objects.select_related("campaign", "customer", "store").get(pk=coupon.pk)


def use(coupon: Coupon, *, is_used: bool = True, sale: Transaction | None = None) -> list[Coupon]:
    mark = Mark(
        campaign_uuid=coupon.campaign.uuid,
        customer_uuid=coupon.customer.uuid,
        coupon_uuid=coupon.uuid,
        code=coupon.code,
        is_used=is_used,
        transaction_uuid=sale.uuid if sale else None,
    )
    return coupons.mark(store=coupon.store, marks=[mark], actor=SELLER)


def kinds(answers: list[Any]) -> list[str]:
    """Return how calls ended, in order of words: "done", or the refusal's name."""
    return sorted(
        type(answer).__name__ if isinstance(answer, Exception) else "done" for answer in answers
    )


def assert_only_refusals(answers: list[Any]) -> None:
    assert [
        answer
        for answer in answers
        if isinstance(answer, Exception) and not isinstance(answer, DomainError)
    ] == []


def assert_counted(customer: Customer) -> None:
    customer.refresh_from_db()
    assert totals.stored(customer) == totals.recount(customer)


def holding(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """Run `first`, and commit it only when `second` waits for it; return what both answered."""
    is_done = threading.Event()

    def hold() -> Any:
        try:
            with transaction.atomic():
                answer = first()
                is_done.set()
                wait_until_somebody_waits()
            return answer
        finally:
            is_done.set()

    def follow() -> Any:
        assert is_done.wait(WAIT_SECONDS)
        return second()

    one, two = at_once(hold, follow)
    if isinstance(one, BaseException):
        raise one
    return one, two


# Coupons


def test_two_tills_use_one_coupon(alice: Customer):
    give_points(alice, 100)
    for _ in range(ROUNDS):
        coupon = bought(alice)

        answers = at_once(*[lambda coupon=coupon: use(coupon)] * 4)

        assert kinds(answers) == ["CannotBeUsed"] * 3 + ["done"]


def test_a_coupon_is_used_while_it_is_cancelled(alice: Customer):
    give_points(alice, 100)
    for _ in range(ROUNDS):
        coupon = bought(alice)

        answers = at_once(
            lambda coupon=coupon: use(coupon),
            lambda coupon=coupon: coupons.cancel(
                store=coupon.store, coupon_uuid=coupon.uuid, actor=STAFF, frees_code=True
            ),
        )

        assert kinds(answers) in (["CannotBeUsed", "done"], ["NotCancellable", "done"])
        coupon.refresh_from_db()
        assert coupon.is_used is (coupon.status != CouponStatus.CANCELLED)
        issued = CouponCode.objects.filter(campaign=coupon.campaign, is_issued=True).count()
        assert issued == int(coupon.is_used)


def test_a_coupon_is_used_on_a_sale_that_is_brought_back(alice: Customer):
    """Whichever was first: the coupon is used once, and no more than was bought comes back."""
    give_points(alice, 100)
    for number in range(ROUNDS):
        sale = SaleFactory(alice, "30.00", number=f"INV/{number}")
        coupon = bought(alice)

        answers = at_once(
            lambda coupon=coupon, sale=sale: use(coupon, sale=sale),
            lambda sale=sale: register(alice.store, return_of(sale, "30.00")),
        )

        assert kinds(answers) == ["done", "done"]
    assert_counted(alice)


def test_the_last_code_is_sold_at_two_tills_and_in_the_portal(alice: Customer):
    give_points(alice, 100)
    bob = CustomerFactory(alice.store)
    give_points(bob, 100)
    campaign = CampaignFactory(alice.store, coupons=("LAST",), cost_in_points=Decimal(10))

    answers = at_once(
        *(
            lambda customer=customer: rewards.buy(campaign=campaign, customer=customer, actor=STAFF)
            for customer in (alice, bob, alice, bob)
        )
    )

    assert_only_refusals(answers)
    assert kinds(answers).count("done") == 1
    assert active(alice) + active(bob) == 190
    assert Coupon.objects.filter(campaign=campaign).count() == 1
    assert (
        sum(CampaignTally.objects.filter(campaign=campaign).values_list("issued", flat=True)) == 1
    )


# Somebody who is forgotten meanwhile


def nowhere(text: str) -> bool:
    """Tell whether a text stands in no row of a customer's or a purchase's table."""
    with connection.cursor() as cursor:
        for table in ("accounts_customer", "transactions_transaction", "core_event"):
            cursor.execute(
                f"select count(*) from {table} t where t::text ilike %s",
                [f"%{text}%"],
            )
            if cursor.fetchone()[0]:
                return False
    return True


def forget(customer: Customer) -> Customer:
    return forgetting.anonymize(customer=customer, actor=SYSTEM)


def test_a_reward_is_bought_while_its_buyer_is_forgotten(alice: Customer):
    give_points(alice, 100)
    campaign = CampaignFactory(alice.store, cost_in_points=Decimal(10))

    answers = at_once(
        lambda: forget(alice),
        *[lambda: rewards.buy(campaign=campaign, customer=alice, actor=STAFF)] * 3,
    )

    assert_only_refusals(answers)
    count = Coupon.objects.filter(customer=alice).count()
    assert active(alice) == 100 - 10 * count
    assert nowhere("alice@example.com")


def test_a_purchase_waits_for_its_buyer_to_be_forgotten(alice: Customer):
    """The till found them by their address, which is nobody's any more."""
    _, sale = holding(lambda: forget(alice), lambda: SaleFactory(alice, "10.00"))

    assert sale.customer is None
    assert active(alice) == 0


def test_a_buyer_is_forgotten_behind_their_purchase(alice: Customer):
    sale, _ = holding(lambda: SaleFactory(alice, "10.00"), lambda: forget(alice))

    assert sale.customer == alice
    assert active(alice) == 10
    assert nowhere("alice@example.com")


def test_a_document_is_claimed_for_somebody_who_is_being_forgotten(alice: Customer):
    sale = UnmatchedSaleFactory(alice.store, "10.00")

    _, answer = holding(
        lambda: forget(alice),
        lambda: matching.claim(
            store=alice.store,
            document_number=sale.document_number,
            customer=alice,
            actor=SYSTEM,
        ),
    )

    assert kinds([answer]) == ["CustomerAnonymized"]
    sale.refresh_from_db()
    assert sale.customer is None


def test_points_are_sent_while_the_receiver_is_forgotten(alice: Customer):
    give_points(alice, 100)
    bob = CustomerFactory(alice.store, email="bob@example.com")
    bob.store = alice.store

    answers = at_once(
        lambda: forget(bob),
        *[lambda: points.transfer(sender=alice, receiver=bob, amount=Decimal(5), actor=STAFF)] * 3,
        lambda: points.transfer(sender=bob, receiver=alice, amount=Decimal(1), actor=STAFF),
    )

    assert_only_refusals(answers)
    assert active(alice) + active(bob) == 100
    assert nowhere("bob@example.com")


# Purchases


def test_a_sale_and_its_return_come_at_once(alice: Customer):
    """Tills that were offline send both together: the return waits, or there is no sale yet."""
    for number in range(ROUNDS):
        sold = document(alice, "30.00", number=f"INV/{number}")
        back = document(
            alice,
            "10.00",
            number=f"RET/{number}",
            type="return",
            revised_number=f"INV/{number}",
        )

        answers = at_once(
            lambda sold=sold: register(alice.store, sold),
            lambda back=back: register(alice.store, back),
        )

        assert kinds(answers) in (["SaleNotFound", "done"], ["done", "done"])
    assert_counted(alice)
    assert active(alice) == alice.transactions_amount


def test_everything_happens_to_one_customer(alice: Customer):
    """Purchases, returns, spends, blocks, transfers, cancelled lots, expiry and level jobs."""
    LevelFactory(alice.store, condition_value=50)
    bob = CustomerFactory(alice.store)
    bob.store = alice.store
    give_points(bob, 50)
    sale = SaleFactory(alice, "60.00")
    soon = timezone.now() + timedelta(milliseconds=300)
    points.add(customer=alice, amount=Decimal(20), issuer="admin", expires_at=soon)
    lot = Lot.objects.filter(wallet=alice.wallet_id).latest("pk")

    answers = at_once(
        lambda: SaleFactory(alice, "40.00"),
        lambda: register(alice.store, return_of(sale, "30.00")),
        lambda: points.spend(customer=alice, amount=Decimal(15), issuer="admin"),
        lambda: points.block(customer=alice, amount=Decimal(10), issuer="admin"),
        lambda: points.transfer(sender=alice, receiver=bob, amount=Decimal(5), actor=STAFF),
        lambda: points.transfer(sender=bob, receiver=alice, amount=Decimal(5), actor=STAFF),
        lambda: points.cancel(store=alice.store, transfer_uuid=lot.uuid, actor=STAFF),
        lambda: points_jobs.expire_due(soon + timedelta(seconds=1)),
        lambda: level_jobs.recalculate(alice.store),
        lambda: points.reset(customer=bob),
    )

    assert_only_refusals(answers)
    assert_counted(alice)
    assert alice.transactions_amount == 70


def test_points_expire_while_they_are_spent(alice: Customer):
    now = timezone.now()
    later = now + timedelta(days=2)
    for _ in range(ROUNDS):
        points.add(
            customer=alice, amount=Decimal(10), issuer="admin", expires_at=now + timedelta(days=1)
        )
        points.add(customer=alice, amount=Decimal(7), issuer="admin", expires_at=None)

        answers = at_once(
            lambda: points_jobs.expire_due(later),
            lambda: points.spend(customer=alice, amount=Decimal(7), issuer="admin", now=later),
            lambda: points.spend(customer=alice, amount=Decimal(7), issuer="admin", now=later),
        )

        assert kinds(answers) == ["InsufficientPoints", "done", "done"]
        assert balances.get_figures(alice.wallet_id, later).points == 0


def test_levels_are_counted_anew_while_purchases_arrive(alice: Customer):
    silver = LevelFactory(alice.store, condition_value=50)
    gold = LevelFactory(alice.store, condition_value=100)

    answers = at_once(
        *[lambda: SaleFactory(alice, "30.00")] * 4,
        *[lambda: level_jobs.recalculate(alice.store)] * 2,
    )

    assert_only_refusals(answers)
    assert_counted(alice)
    assert alice.level == gold
    assert alice.level != silver


def test_a_level_is_closed_while_purchases_reach_it(alice: Customer):
    """LV-4: who got in before stays; nobody gets in after."""
    gold = LevelFactory(alice.store, condition_value=50)
    others = [CustomerFactory(alice.store) for _ in range(3)]
    for each in others:
        each.store = alice.store

    answers = at_once(
        lambda: levels.set_active(level=gold, is_active=False, actor=SYSTEM),
        *(lambda each=each: SaleFactory(each, "60.00") for each in others),
    )

    assert_only_refusals(answers)
    late = CustomerFactory(Store.objects.get(pk=alice.store_id))
    SaleFactory(late, "60.00")
    late.refresh_from_db()
    assert late.level != gold
    for each in others:
        assert_counted(each)


def test_a_rule_is_switched_off_while_purchases_use_it(alice: Customer):
    extra = EarningRuleFactory(store=alice.store, point_value=Decimal(2))

    answers = at_once(
        lambda: rules.set_active(rule=extra, is_active=False, actor=SYSTEM),
        *[lambda: SaleFactory(alice, "10.00")] * 4,
    )

    assert_only_refusals(answers)
    before = active(alice)
    assert before in {Decimal(10 * (4 - n) + 30 * n) for n in range(5)}
    # As the next request reads it.
    alice.store = Store.objects.get(pk=alice.store_id)
    SaleFactory(alice, "10.00")
    assert active(alice) == before + 10


def test_a_segment_is_deleted_while_purchases_fill_it(alice: Customer):
    for number in range(ROUNDS):
        segment = segments.create(
            store=alice.store,
            data=SegmentData(
                name=f"Buyers {number}",
                parts=[[CriterionData("transaction_count", {"min": 0, "max": 99})]],
                is_active=True,
            ),
            actor=SYSTEM,
        )

        answers = at_once(
            lambda segment=segment: segments.delete(segment=segment, actor=SYSTEM),
            *[lambda: SaleFactory(alice, "10.00")] * 3,
        )

        assert_only_refusals(answers)
        assert not SegmentMembership.objects.filter(segment_id=segment.pk).exists()
    assert_counted(alice)
