"""Gifts are sent from the list of bought rewards …"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.admin import packing
from campaigns.models import Coupon, RewardType
from campaigns.services import rewards
from loyalty.core.models import AuditEntry, ImportJob
from tests.campaigns.conftest import STAFF
from tests.cockpit.test_many import confirm
from tests.factories import StoreFactory
from tests.factories.accounts import CustomerFactory
from tests.factories.campaigns import CampaignFactory, give_points

LIST = reverse("admin:campaigns_coupon_changelist")
PACKING = reverse("admin:campaigns_coupon_packing")
DELIVERY = reverse("admin:campaigns_coupon_many", args=["coupons-delivery"])
HOME = {"street": "Bagno", "address1": "1", "postal": "00-000", "city": "Warszawa"}


def bought(store, type=RewardType.GIFT_CODE, **fields):
    alice = CustomerFactory(store, last_name="Wonder", address=HOME)
    give_points(alice, 100)
    campaign = CampaignFactory(store, type, **{"name": "Cup"} | fields)
    [coupon] = rewards.buy(campaign=campaign, customer=alice, actor=STAFF)
    return coupon


def ids(*coupons):
    return f"ids={','.join(str(each.pk) for each in coupons)}"


@pytest.fixture
def cups(store):
    return [bought(store, coupons=(f"CUP-000{number}",)) for number in range(3)]


def test_and_many_deliveries_change_at_once(cockpit, store, cups):
    discount = bought(store, RewardType.DISCOUNT_CODE)

    confirm(cockpit(), f"{DELIVERY}?{ids(*cups[:2], discount)}", {"status": "shipped"})

    job = ImportJob.objects.get()
    assert (job.rows_ok, job.rows_bad) == (2, 1)
    assert job.rows.get().message == "Only gifts are sent."
    sent = Coupon.objects.filter(delivery_status="shipped").order_by("pk")
    assert list(sent) == cups[:2]
    deeds = AuditEntry.objects.filter(event_type="ChangeDeliveryStatus")
    assert {each.entity_id for each in deeds} == {str(each.uuid) for each in cups[:2]}


def test_and_a_delivery_that_is_none_is_a_choice(cockpit, store, cups):
    Coupon.objects.update(delivery_status="ordered")

    confirm(cockpit(), f"{DELIVERY}?all=1&delivery_status__exact=ordered", {"status": ""})

    assert set(Coupon.objects.values_list("delivery_status", flat=True)) == {""}


def test_with_a_list_of_who_gets_what(cockpit, store, cups):
    discount = bought(store, RewardType.DISCOUNT_CODE, name="Discount")

    page = cockpit().get(f"{PACKING}?{ids(*cups[:2], discount)}").content.decode()

    assert page.count('class="parcel__name"') == 2
    assert "00-000 Warszawa" in page
    assert "CUP-0000" in page
    assert "CUP-0002" not in page
    assert "Chosen were also others: 1." in page
    assert ">Discount<" not in page


def test_with_hidden_codes_for_who_may_not_see_them(cockpit, cups):
    page = cockpit("REWARD_CAMPAIGN:VIEW", "CUSTOMER:VIEW").get(f"{PACKING}?{ids(*cups)}")

    assert "CUP-0000" not in page.content.decode()


def test_with_a_list_that_ends(cockpit, cups, monkeypatch):
    monkeypatch.setattr(packing, "PRINTED_MAX", 2)

    page = cockpit().get(f"{PACKING}?all=1").content.decode()

    assert page.count('class="parcel__name"') == 2
    assert "These are the first 2." in page


def test_with_a_list_at_the_same_cost_for_many(cockpit, store, cups):
    client = cockpit()
    client.get(f"{PACKING}?all=1")
    counts = []
    for _time in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{PACKING}?all=1")
        counts.append(len(queries))
        for number in range(5):
            bought(store, coupons=(f"X-{number}",))

    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("rights", "may_pack", "may_deliver"),
    [
        pytest.param(("REWARD_CAMPAIGN:VIEW",), False, False, id="sees-rewards"),
        pytest.param(("REWARD_CAMPAIGN",), False, True, id="changes-rewards"),
        pytest.param(("REWARD_CAMPAIGN:VIEW", "CUSTOMER:VIEW"), True, False, id="sees-both"),
        pytest.param(("CUSTOMER:VIEW",), False, False, id="sees-customers"),
    ],
)
def test_by_who_may(cockpit, cups, rights, may_pack, may_deliver):
    client = cockpit(*rights)

    packed, delivered = (
        client.get(f"{PACKING}?{ids(*cups)}"),
        client.get(f"{DELIVERY}?{ids(*cups)}"),
    )

    assert (packed.status_code == 200, delivered.status_code == 200) == (may_pack, may_deliver)
    shown = client.get(LIST).content.decode()
    assert ('value="packing"' in shown, 'value="coupons-delivery"' in shown) == (
        may_pack,
        may_deliver,
    )


def test_of_this_store_only(cockpit, cups):
    far = bought(StoreFactory(), coupons=("FAR-1",), name="Far away")
    client = cockpit()

    assert client.get(f"{DELIVERY}?{ids(far)}").status_code == 404
    assert "Far away" not in client.get(f"{PACKING}?{ids(far)}").content.decode()


@pytest.mark.parametrize("query", ["", "ids=x"])
def test_by_an_address_that_names_rows(cockpit, cups, query):
    assert cockpit().get(f"{PACKING}?{query}").status_code == 404


def test_and_what_is_sent_has_a_place_of_its_own(cockpit, cups):
    Coupon.objects.filter(pk=cups[0].pk).update(delivery_status="shipped")

    page = cockpit().get(f"{LIST}?delivery_status__exact=shipped").content.decode()

    assert page.count('aria-current="page"') >= 1
    assert "CUP-0000" in page
    assert "CUP-0001" not in page
