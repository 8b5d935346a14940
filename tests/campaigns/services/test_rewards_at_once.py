"""Many buyers at once: no code goes out twice, and nobody pays without one (BUY-11)."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection, transaction

from accounts.ledger import checks
from accounts.ledger.models import Posting
from campaigns.models import Coupon, CouponCode
from campaigns.selectors import usage
from campaigns.services import campaigns, coupons, refusals, rewards
from loyalty.core.errors import DomainError
from tests.campaigns.conftest import STAFF, points_of
from tests.factories.accounts import CustomerFactory
from tests.factories.campaigns import CampaignFactory, campaign_data, give_points
from tests.factories.core import default_store

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS, CODES = 50, 10


def at_once(calls):
    """Run calls in threads that start together; return each one's answer or refusal."""
    barrier = Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(timeout=30)
            return call()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, call) for call in calls]]


def buying(campaign, customer, quantity=1):
    return lambda: rewards.buy(campaign=campaign, customer=customer, actor=STAFF, quantity=quantity)


def buyers(count, points):
    store = default_store()
    customers = [CustomerFactory(store) for _ in range(count)]
    for customer in customers:
        give_points(customer, points)
    return customers


def assert_agrees(campaign, customers, points, sold):
    """Codes, coupons, counts and points tell the same story."""
    bought = list(Coupon.objects.filter(campaign=campaign))
    assert len(bought) == len({coupon.code for coupon in bought}) == sold
    assert CouponCode.objects.filter(campaign=campaign, is_issued=True).count() == sold
    tally = usage.get_tally(campaign)
    assert (tally.used, tally.issued) == (sold, sold)
    assert Posting.objects.filter(kind="spend").count() == sold
    total = sum(points_of(customer) for customer in customers)
    assert total == points * len(customers) - sold * campaign.cost_in_points
    assert checks.find_differences() == []


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param({}, id="unlimited"),
        pytest.param({"is_unlimited": False, "limit": 99, "limit_per_user": 9}, id="limited"),
    ],
)
def test_fifty_buyers_of_the_last_ten_codes(limit):
    customers = buyers(BUYERS, 10)
    campaign = CampaignFactory(
        customers[0].store, coupons=tuple(f"K{n}" for n in range(CODES)), **limit
    )

    answers = at_once([buying(campaign, customer) for customer in customers])

    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert len(refused) == BUYERS - CODES
    assert {type(answer) for answer in refused} == {refusals.NoCouponsLeft}
    assert_agrees(campaign, customers, 10, CODES)


def test_a_limit_holds_against_many():
    """LIM-6."""
    customers = buyers(12, 10)
    campaign = CampaignFactory(
        customers[0].store,
        coupons=tuple(f"K{n}" for n in range(12)),
        is_unlimited=False,
        limit=5,
        limit_per_user=1,
    )

    answers = at_once([buying(campaign, customer) for customer in customers])

    refused = {type(answer) for answer in answers if isinstance(answer, DomainError)}
    assert refused == {refusals.LimitExceeded}
    assert_agrees(campaign, customers, 10, 5)


def test_one_customer_at_two_tills_has_one_limit():
    """LIM-6."""
    [customer] = buyers(1, 100)
    limit = {"is_unlimited": False, "limit": 50, "limit_per_user": 2}
    codes = tuple(f"K{n}" for n in range(8))
    campaign = CampaignFactory(customer.store, coupons=codes, **limit)

    answers = at_once([buying(campaign, customer)] * 8)

    refused = [type(answer) for answer in answers if isinstance(answer, DomainError)]
    assert refused == [refusals.LimitPerCustomerExceeded] * 6
    assert_agrees(campaign, [customer], 100, 2)


def test_buyers_of_several_do_not_deadlock():
    """BUY-2: five codes, buyers of two each: two get theirs, whoever comes first."""
    customers = buyers(6, 20)
    codes = tuple(f"K{n}" for n in range(5))
    campaign = CampaignFactory(customers[0].store, coupons=codes)

    answers = at_once([buying(campaign, customer, 2) for customer in customers])

    assert sum(isinstance(answer, list) for answer in answers) == 2
    assert_agrees(campaign, customers, 20, 4)


def test_who_cannot_pay_keeps_no_code_from_others():
    """BUY-11: the code of a buyer who fails goes to the next."""
    rich, poor = buyers(4, 10), buyers(4, 1)
    codes = tuple(f"K{n}" for n in range(4))
    campaign = CampaignFactory(rich[0].store, coupons=codes)

    answers = at_once(
        [buying(campaign, customer) for pair in zip(poor, rich, strict=True) for customer in pair]
    )

    assert sum(isinstance(answer, list) for answer in answers) == 4
    assert sum(isinstance(answer, refusals.NotEnoughPoints) for answer in answers) == 4 - sum(
        isinstance(answer, refusals.NoCouponsLeft) for answer in answers
    )
    assert all(points_of(customer) == 0 for customer in rich)


def test_a_purchase_waits_for_a_change_and_pays_its_price():
    """BUY-11, CAM-11: also the one that is made in one statement."""
    [customer] = buyers(1, 100)
    campaign = CampaignFactory(customer.store, coupons=("A", "B"))
    rewards.buy(campaign=campaign, customer=customer, actor=STAFF)
    dearer = campaign_data(level=customer.level, cost_in_points=Decimal(50), coupons=("A", "B"))

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            campaigns.update(campaign=campaign, data=dearer, actor=STAFF)
            bought = pool.submit(at_once, [buying(campaign, customer)])
            time.sleep(0.3)
            assert not bought.done()
        [[coupon]] = bought.result(timeout=30)

    assert (coupon.cost_in_points, points_of(customer)) == (50, 40)


def test_cancelling_and_buying_at_once_count_both():
    """LIM-1: a purchase that is freed is taken off, and none that is made meanwhile is lost."""
    customers = buyers(6, 100)
    limit = {"is_unlimited": False, "limit": 90, "limit_per_user": 90}
    codes = tuple(f"K{n}" for n in range(30))
    campaign = CampaignFactory(customers[0].store, coupons=codes, **limit)
    own = [rewards.buy(campaign=campaign, customer=each, actor=STAFF)[0] for each in customers]

    def cancelling(coupon):
        return lambda: coupons.cancel(
            store=coupon.store,
            coupon_uuid=coupon.uuid,
            actor=STAFF,
            frees_code=True,
            frees_limit=True,
        )

    at_once(
        [call for n in range(6) for call in (cancelling(own[n]), buying(campaign, customers[n]))]
    )

    tally = usage.get_tally(campaign)
    assert (tally.used, tally.issued) == (6, 6)
    assert CouponCode.objects.filter(campaign=campaign, is_issued=True).count() == 6


BUY_ALL = """
import sys, django
django.setup()
from django.conf import settings
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from accounts.models import Customer
from campaigns.models import RewardCampaign
from campaigns.services import refusals, rewards
from tests.campaigns.conftest import STAFF
campaign = RewardCampaign.objects.get(pk=sys.argv[2])
sys.stdin.readline()
for customer in Customer.objects.filter(pk__in=sys.argv[3].split(",")).select_related("store"):
    try:
        rewards.buy(campaign=campaign, customer=customer, actor=STAFF)
    except refusals.NoCouponsLeft:
        pass
"""


def test_two_processes_share_one_pool():
    """BUY-11."""
    customers = buyers(24, 10)
    campaign = CampaignFactory(customers[0].store, coupons=tuple(f"K{n}" for n in range(CODES)))
    name = str(connection.settings_dict["NAME"])
    processes = []
    for half in (customers[::2], customers[1::2]):
        ids = ",".join(str(customer.pk) for customer in half)
        command = [sys.executable, "-c", BUY_ALL, name, str(campaign.pk), ids]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, text=True))

    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    codes = [process.wait(timeout=60) for process in processes]

    assert codes == [0, 0]
    assert_agrees(campaign, customers, 10, CODES)
    assert Decimal(CODES) * 10 == sum(
        posting.amount for posting in Posting.objects.filter(kind="spend")
    )
