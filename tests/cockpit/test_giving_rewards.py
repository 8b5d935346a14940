"""Staff give a customer a reward …"""

from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.services import customers
from campaigns.models import Coupon, RewardType
from campaigns.services import rewards
from loyalty.core.models import AuditEntry
from tests.campaigns.conftest import STAFF, points_of
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.transactions import SaleFactory


@pytest.fixture
def alice(store):
    LevelFactory(store, name="Bronze")
    alice = CustomerFactory(store, first_name="Alice", last_name="Wonder")
    give_points(alice, 100)
    return alice


@pytest.fixture
def cup(alice):
    return CampaignFactory(alice.store, name="Cup", coupons=("CUP-0001", "CUP-0002"))


def url(customer, view="reward"):
    return reverse(f"admin:accounts_customer_{view}", args=[customer.pk])


def sent(campaign, **fields):
    key = "01a1fdfc-0000-7000-8000-000000000001"
    return {"reward": str(campaign.uuid), "quantity": "1", "key": key, "confirmed": "1"} | fields


def errors_of(page):
    return [error for errors in page.context["form"].errors.values() for error in errors]


def test_page_asks_before_it_gives(cockpit, alice, cup):
    asked = {name: value for name, value in sent(cup, quantity="2").items() if name != "confirmed"}
    page = cockpit().post(url(alice), asked).content.decode()

    assert "Give this reward?" in page
    assert "100 → <strong>80</strong>" in page
    assert not Coupon.objects.exists()


def test_page_does_not_ask_for_more_than_can_be_paid(cockpit, alice, cup):
    asked = {name: value for name, value in sent(cup, quantity="11").items() if name != "confirmed"}

    page = cockpit().post(url(alice), asked)

    assert errors_of(page) == ["This costs 110 points, and the customer has 100."]
    assert page.context["form"]["quantity"].value() == "11"


def test_gives_a_reward_for_points_and_says_the_code(cockpit, alice, cup):
    """BUY-4."""
    page = cockpit().post(url(alice), sent(cup), follow=True)

    coupon = Coupon.objects.get()
    assert page.redirect_chain[0][0] == reverse("admin:campaigns_coupon_change", args=[coupon.pk])
    assert "Alice Wonder has got Cup: CUP-0001" in page.content.decode()
    assert points_of(alice) == Decimal(90)
    assert AuditEntry.objects.filter(event_type="BuyCampaign").count() == 1


def test_gives_several(cockpit, alice, cup):
    """BUY-2."""
    page = cockpit().post(url(alice), sent(cup, quantity="2"), follow=True)

    assert "CUP-0001, CUP-0002" in page.content.decode()
    assert points_of(alice) == Decimal(80)


def test_gives_a_present(cockpit, alice, cup):
    """BUY-5."""
    cockpit().post(url(alice), sent(cup, without_points="on"))

    assert Coupon.objects.get().cost_in_points == 0
    assert points_of(alice) == Decimal(100)


def test_gives_once_what_is_sent_twice(cockpit, alice, cup):
    client = cockpit()

    client.post(url(alice), sent(cup))
    page = client.post(url(alice), sent(cup))

    assert errors_of(page) == ["This was done already: the form was sent twice."]
    assert Coupon.objects.count() == 1
    assert points_of(alice) == Decimal(90)


def test_a_refusal_does_not_use_the_form_up(cockpit, alice, cup):
    client = cockpit()

    client.post(url(alice), sent(cup, quantity="3"))
    client.post(url(alice), sent(cup))

    assert Coupon.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param({"quantity": "3"}, "No coupons left", id="no-codes"),
        pytest.param({"quantity": "0"}, "Ensure this value is greater than", id="none"),
        pytest.param({"reward": "x"}, "Select a valid choice", id="no-such-reward"),
    ],
)
def test_says_in_words_why_not(cockpit, alice, cup, fields, sentence):
    page = cockpit().post(url(alice), sent(cup, **fields))

    assert any(sentence in error for error in errors_of(page))
    assert not Coupon.objects.exists()
    assert points_of(alice) == Decimal(100)


def test_says_that_points_are_missing(cockpit, alice, store):
    dear = CampaignFactory(store, cost_in_points=Decimal(101))

    page = cockpit().post(url(alice), sent(dear), headers={"accept-language": "pl"})

    assert errors_of(page) == ["Za mało punktów"]
    assert not Coupon.objects.exists()


def test_says_that_a_limit_is_reached(cockpit, alice, store):
    limits = {"is_unlimited": False, "limit": 9, "limit_per_user": 1}
    once = CampaignFactory(store, **limits)
    rewards.buy(campaign=once, customer=alice, actor=STAFF)

    page = cockpit().post(url(alice), sent(once))

    assert errors_of(page) == ["Limit per customer exceeded"]
    assert Coupon.objects.count() == 1


def test_refuses_a_customer_who_may_not_spend(cockpit, alice, cup):
    """BUY-7."""
    customers.deactivate(customer=alice, actor=STAFF)

    page = cockpit().post(url(alice), sent(cup))

    assert errors_of(page) == ["Not allowed"]
    assert not Coupon.objects.exists()


def test_warns_of_a_reward_for_others_and_gives_it(cockpit, alice, store):
    """BUY-8."""
    gold = LevelFactory(store, name="Gold", condition_value=500)
    reward = CampaignFactory(store, level=gold)
    asked = {name: value for name, value in sent(reward).items() if name != "confirmed"}
    client = cockpit()

    page = client.post(url(alice), asked)
    client.post(url(alice), sent(reward))

    assert page.context["warnings"] == ["This reward is for other customers."]
    assert Coupon.objects.count() == 1


def test_gives_a_percentage_of_a_named_purchase(cockpit, alice, store):
    """BUY-6, PCT-1."""
    SaleFactory(alice, "47.00", number="FV/7")
    tenth = CampaignFactory(store, RewardType.PERCENTAGE_DISCOUNT_CODE, coupons=None)

    without = cockpit().post(url(alice), sent(tenth))
    cockpit().post(url(alice), sent(tenth, document="FV/7"))

    assert errors_of(without) == ["This customer has no purchase with this number."]
    assert Coupon.objects.get().code == "5"


def test_takes_no_purchase_of_somebody_else(cockpit, alice, store):
    """BUY-6."""
    SaleFactory(CustomerFactory(store), "47.00", number="FV/8")
    tenth = CampaignFactory(store, RewardType.PERCENTAGE_DISCOUNT_CODE, coupons=None)

    page = cockpit().post(url(alice), sent(tenth, document="FV/8"))

    assert errors_of(page) == ["This customer has no purchase with this number."]
    assert not Coupon.objects.exists()


def test_offers_only_what_can_be_given(cockpit, alice, store, cup):
    CampaignFactory(store, name="Off", is_active=False)
    CampaignFactory(store, RewardType.CASHBACK, name="Money", coupons=None)
    CampaignFactory(name="Elsewhere")

    form = cockpit().get(url(alice)).context["form"]

    assert [label for _, label in form.fields["reward"].choices] == ["Cup – 10 pts"]


@pytest.mark.parametrize(
    "rights",
    [
        pytest.param(("CUSTOMER", "REWARD_CAMPAIGN:VIEW"), id="may-not-change-rewards"),
        pytest.param(("REWARD_CAMPAIGN",), id="may-not-see-customers"),
    ],
)
def test_is_for_who_has_both_rights(cockpit, alice, cup, rights):
    answer = cockpit(*rights).post(url(alice), sent(cup))

    assert answer.status_code == 403
    assert not Coupon.objects.exists()


def test_knows_no_customer_of_another_store(cockpit, store):
    assert cockpit().get(url(CustomerFactory())).status_code == 404


def test_customer_page_lists_coupons_with_masked_codes_for_viewers(cockpit, alice, cup):
    rewards.buy(campaign=cup, customer=alice, actor=STAFF)

    whole = cockpit().get(url(alice, "change")).content.decode()
    masked = cockpit("CUSTOMER", "REWARD_CAMPAIGN:VIEW").get(url(alice, "change"))
    none = cockpit("CUSTOMER").get(url(alice, "change")).content.decode()

    assert "CUP-0001" in whole
    assert url(alice) in whole
    assert "CUP-0001" not in masked.content.decode()
    assert "••••001" in masked.content.decode()
    assert "••••001" not in none
