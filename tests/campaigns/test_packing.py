"""Gifts are packed …"""

import pytest

from campaigns.models import Coupon, RewardType
from campaigns.selectors import packing
from campaigns.services import rewards
from tests.campaigns.conftest import STAFF
from tests.factories.accounts import CustomerFactory
from tests.factories.campaigns import CampaignFactory, give_points

HOME = {"street": "Bagno", "address1": "1", "postal": "00-000", "city": "Warszawa", "country": "PL"}
LINES = ("Bagno 1", "00-000 Warszawa", "PL")

pytestmark = pytest.mark.django_db


def bought(customer, count=1):
    give_points(customer, 100)
    cup = CampaignFactory(customer.store, RewardType.GIFT_CODE, name="Cup")
    for _time in range(count):
        rewards.buy(campaign=cup, customer=customer, actor=STAFF)


def parcels():
    return packing.parcels_of(Coupon.objects.select_related("customer").order_by("pk"))


def test_together_for_one_person_at_one_address(store):
    alice, ann = (CustomerFactory(store, address=HOME) for _each in range(2))
    bought(alice, 2)
    bought(ann)

    found = parcels()

    assert [(each.customer_id, each.lines, len(each.coupons)) for each in found] == [
        (alice.pk, LINES, 2),
        (ann.pk, LINES, 1),
    ]


def test_for_where_they_were_bought_to(store):
    alice = CustomerFactory(store, address=HOME)
    bought(alice)
    alice.address = {"street": "Elsewhere"}
    alice.save(update_fields=["address"])
    bought(alice)

    assert [(each.lines, each.is_todays) for each in parcels()] == [
        (LINES, False),
        (("Elsewhere",), False),
    ]


def test_for_where_they_live_today_if_no_address_was_kept(store):
    alice = CustomerFactory(store)
    bought(alice)
    alice.address = HOME
    alice.save(update_fields=["address"])

    assert [(each.lines, each.is_todays) for each in parcels()] == [(LINES, True)]


def test_for_nowhere_if_no_address_is_known(store):
    bought(CustomerFactory(store))

    assert [(each.lines, each.is_todays) for each in parcels()] == [((), False)]
