"""The cockpit's simulation of a purchase …"""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.selectors import balances
from campaigns.models import Coupon
from earning.models import Evaluation, RuleType
from loyalty.core import clock
from loyalty.core.models import Event
from tests.factories import CustomerFactory, LevelFactory, PosFactory, StoreFactory
from tests.factories.campaigns import CampaignFactory
from tests.factories.earning import EarningRuleFactory

pytestmark = pytest.mark.django_db

LINES = {
    "sku": ["123", "000", "", ""],
    "value": ["12", "100", "", ""],
    "labels": ["color:red", "color:blue; size: L", "", ""],
}


@pytest.fixture
def customer(store):
    LevelFactory(store)
    return CustomerFactory(store, email="alice@example.com", first_name="Alice")


def asked(client, **fields):
    answer = client.get(reverse("admin:simulation"), LINES | {"ask": "1"} | fields)
    assert answer.status_code == 200
    return answer.content.decode()


def test_explain_what_a_basket_would_earn(cockpit, store, customer):
    EarningRuleFactory(store=store, name="Four each", point_value=Decimal(4))
    EarningRuleFactory(
        store=store,
        name="Red thrice",
        type=RuleType.MULTIPLY_BY_PRODUCT_LABELS,
        label_multipliers=[{"key": "color", "value": "red", "multiplier": "3.00"}],
    )
    EarningRuleFactory(store=store, name="Old one", is_active=False)
    EarningRuleFactory(store=store, name="Elsewhere", pos=[PosFactory(store)])

    page = asked(cockpit(), customer="Alice@example.com")

    assert '<p class="balance__figure">544</p>' in page
    assert "Four each" in page
    assert "48 points × 3 = 144, for color:red" in page
    assert "It was switched off." in page
    assert "the purchase names no point of sale" in page
    assert customer.name in page


def test_write_nothing(cockpit, store, customer):
    reward = CampaignFactory(store, level=customer.level)
    EarningRuleFactory(store=store, type=RuleType.INSTANT_REWARD, reward_campaign=reward)
    EarningRuleFactory(store=store)
    client = cockpit()
    before = Event.objects.count()

    with CaptureQueriesContext(connection) as queries:
        page = asked(client, customer=str(customer.uuid))

    assert "It hands a reward out." in page
    assert not [q for q in queries if q["sql"].lstrip().upper().startswith(("INSERT", "DELETE"))]
    assert not Coupon.objects.exists()
    assert not Evaluation.objects.exists()
    assert Event.objects.count() == before
    assert balances.get_active(customer.wallet_id, clock.now()) == 0


def test_ask_at_a_place_and_a_time(cockpit, store, customer):
    here = PosFactory(store)
    EarningRuleFactory(
        store=store,
        pos=[here],
        is_all_time_active=False,
        start_at="2026-01-01T00:00Z",
        end_at="2026-01-31T00:00Z",
    )

    then = asked(cockpit(), pos=here.pk, bought="2026-01-15T12:00")
    later = asked(cockpit(), pos=here.pk, bought="2026-02-15T12:00")

    assert '<p class="balance__figure">112</p>' in then
    assert '<p class="balance__figure">0</p>' in later


def test_take_somebody_new_where_nobody_is_named(cockpit, store):
    start = LevelFactory(store)
    EarningRuleFactory(store=store, levels=[start])

    page = asked(cockpit())

    assert "Somebody new" in page
    assert '<p class="balance__figure">112</p>' in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"customer": "nobody@example.com"}, "Nobody is known by this.", id="nobody"),
        pytest.param({"value": ["x"]}, "Enter a number.", id="no-amount"),
        pytest.param({"labels": ["red"]}, "Write labels as key:value", id="no-label"),
        pytest.param({"sku": [""], "value": ["1"], "labels": []}, "required", id="no-sku"),
        pytest.param({"sku": [], "value": [], "labels": []}, "Fill in a line", id="no-line"),
        pytest.param({"pos": "77"}, "not one of the available choices", id="pos-of-nobody"),
        pytest.param({"bought": "never"}, "Enter a valid date/time", id="no-date"),
    ],
)
def test_say_what_is_wrong(cockpit, store, fields, said):
    page = asked(cockpit(), **fields)

    assert said in page
    assert 'id="why"' not in page


def test_know_no_customer_of_another_store(cockpit, store):
    stranger = CustomerFactory(StoreFactory())

    assert "Nobody is known by this." in asked(cockpit(), customer=str(stranger.uuid))


def test_offer_more_lines(cockpit, store):
    page = cockpit().get(reverse("admin:simulation"), LINES | {"more": "1"}).content.decode()

    assert page.count('name="sku"') == 7
    assert 'value="color:red"' in page


def test_are_for_who_may_see_rules(cockpit, store, customer):
    url = reverse("admin:simulation")

    assert cockpit("CUSTOMER:VIEW").get(url).status_code == 403
    page = cockpit("EARNING_RULE:VIEW").get(url, LINES | {"ask": "1", "customer": customer.email})
    assert 'name="customer"' not in page.content.decode()
    assert "Somebody new" in page.content.decode()
