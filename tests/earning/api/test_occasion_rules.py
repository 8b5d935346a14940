"""The chapter Earning rule: rules about events, codes and places, and their use."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.ledger.models import Lot
from earning.models import EarningRule, RuleType, RuleUse
from earning.services import occasions
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory
from tests.factories.core import StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.staff import StaffFactory

pytestmark = pytest.mark.django_db

LIMIT = {"limit][active": "1", "limit][period": "month", "limit][limit": "5"}
OWN = {
    "event": {"eventName": "oloy.customer.logged_in", "pointsAmount": "5"},
    "custom_event": {"eventName": "facebook_like", "pointsAmount": "5.5", **LIMIT},
    "qrcode": {"code": "abccode", "pointsAmount": "5", **LIMIT},
    "geolocation": {
        "latitude": "52.052240",
        "longitude": "-21.04658",
        "radius": "5",
        "pointsAmount": "5",
        **LIMIT,
    },
    "referral": {"eventName": "every_purchase", "rewardType": "referrer", "pointsAmount": "5"},
}


@pytest.fixture
def admin(api):
    return api(StaffFactory())


def form(type, level=None, **fields):
    values = {"type": type, "name": "Rule", "description": "What for."} | OWN[type] | fields
    if level is not None:
        values["levels][0"] = str(level.uuid)
    return {f"earningRule[{name}]": value for name, value in values.items() if value is not None}


def refused(answer):
    """Return the paths of the faulty fields of a refused form."""
    assert answer.status_code == 400, answer.data
    return set(_faulty(answer.data["form"]["children"]))


def _faulty(children, prefix=""):
    for name, node in children.items():
        if node and node.get("errors"):
            yield prefix + name
        if node and isinstance(node.get("children"), dict):
            yield from _faulty(node["children"], f"{prefix}{name}.")


@pytest.mark.parametrize("type", OWN)
def test_a_rule_of_each_type_is_created_and_printed_as_sent(admin, store, type):
    created = admin.form("POST", "DEFAULT/earningRule", form(type, LevelFactory(store)))
    assert created.status_code == 200, created.data

    details = admin.get(f"DEFAULT/earningRule/{created.data['earningRuleId']}").data

    assert details["type"] == type
    sent = {
        "event": {"eventName": "oloy.customer.logged_in", "pointsAmount": 5, "limit": {}},
        "custom_event": {"eventName": "facebook_like", "pointsAmount": 5.5},
        "qrcode": {"code": "abccode", "pointsAmount": 5, "usageUrl": None},
        "geolocation": {"latitude": 52.05224, "longitude": -21.04658, "radius": 5},
        "referral": {"eventName": "every_purchase", "rewardType": "referrer", "pointsAmount": 5},
    }[type]
    assert {key: details[key] for key in sent} == sent
    if type in {"custom_event", "qrcode", "geolocation"}:
        assert details["limit"] == {"active": True, "period": "month", "limit": 5}


def test_a_custom_event_says_where_it_is_reported(admin, store):
    EarningRuleFactory(store=store, type=RuleType.CUSTOM_EVENT, event_name="a like")
    other = EarningRuleFactory(type=RuleType.CUSTOM_EVENT)

    [row] = admin.get("DEFAULT/earningRule").data["earningRules"]
    details = admin.get(f"{other.store.code}/earningRule/{other.uuid}").data

    root = "http://testserver/api/"
    assert row["usageUrl"] == f"{root}v1/earnRule/a%20like/customer/:customerId"
    assert row["limit"] == {"active": False}
    code = other.store.code
    assert details["usageUrl"] == f"{root}{code}/v1/earnRule/facebook_like/customer/:customerId"


@pytest.mark.parametrize(
    ("type", "fields", "faulty"),
    [
        ("event", {"eventName": "facebook_like"}, {"eventName"}),
        ("event", {"eventName": None, "pointsAmount": None}, {"eventName", "pointsAmount"}),
        ("event", {"pointsAmount": "-1"}, {"pointsAmount"}),
        ("custom_event", {"eventName": "a/b"}, {"eventName"}),
        ("custom_event", {"limit][period": "fortnight"}, {"limit.period"}),
        ("custom_event", {"limit][limit": None}, {"limit.limit"}),
        ("custom_event", {"limit][limit": "-1"}, {"limit.limit"}),
        ("custom_event", {"limit][limit": "9999999999"}, {"limit.limit"}),
        ("custom_event", {"limit][period": None}, {"limit.period"}),
        ("qrcode", {"code": None}, {"code"}),
        ("qrcode", {"code": "x" * 256}, {"code"}),
        ("geolocation", {"latitude": "90.1"}, {"latitude"}),
        ("geolocation", {"longitude": "-180.1"}, {"longitude"}),
        ("geolocation", {"latitude": "1.234567"}, {"latitude"}),
        ("geolocation", {"latitude": "NaN"}, {"latitude"}),
        ("geolocation", {"longitude": "1e308"}, {"longitude"}),
        ("geolocation", {"radius": "0.5", "pointsAmount": "0"}, {"radius", "pointsAmount"}),
        ("geolocation", {"latitude": "-1e308"}, {"latitude"}),
        ("geolocation", {"radius": "1e308"}, {"radius"}),
        ("geolocation", {"radius": "Infinity"}, {"radius"}),
        ("custom_event", {"pointsAmount": "1e308"}, {"pointsAmount"}),
        ("custom_event", {"limit][limit": "1e308"}, {"limit.limit"}),
        ("referral", {"eventName": "login"}, {"eventName"}),
        ("referral", {"rewardType": "nobody"}, {"rewardType"}),
    ],
)
def test_a_fault_is_told_at_its_field(admin, store, type, fields, faulty):
    answer = admin.form("POST", "DEFAULT/earningRule", form(type, LevelFactory(store), **fields))

    assert refused(answer) == faulty
    assert not EarningRule.objects.exists()


def test_an_event_has_one_custom_rule_only(admin, store):
    EarningRuleFactory(store=store, type=RuleType.CUSTOM_EVENT)
    EarningRuleFactory(store=StoreFactory(), type=RuleType.CUSTOM_EVENT)

    answer = admin.form("POST", "DEFAULT/earningRule", form("custom_event", LevelFactory(store)))

    assert refused(answer) == {"eventName"}


def test_the_rule_for_new_accounts_has_neither_level_nor_segment_er1(admin, store):
    welcome = {"eventName": "oloy.account.created"}

    with_level = admin.form(
        "POST", "DEFAULT/earningRule", form("event", LevelFactory(store), **welcome)
    )
    without = admin.form("POST", "DEFAULT/earningRule", form("event", **welcome))

    assert refused(with_level) == {"levels"}
    assert without.status_code == 200
    assert not EarningRule.objects.get().levels.exists()


@pytest.mark.parametrize(
    ("sent", "kept"), [("3 months", "3months"), ("1 year", "year"), ("day", "day")]
)
def test_periods_of_release_3_are_understood_er24(admin, store, sent, kept):
    fields = form("qrcode", LevelFactory(store), **{"limit][period": sent})

    admin.form("POST", "DEFAULT/earningRule", fields)

    assert EarningRule.objects.get().limit_period == kept


def test_an_instant_reward_names_a_reward_of_the_store_ins1(admin, store):
    """INS-1."""
    level = LevelFactory(store)

    def sent(campaign_uuid):
        fields = form("qrcode", level, rewardCampaignId=str(campaign_uuid))
        fields |= {"earningRule[type]": "instant_reward"}
        return admin.form("POST", "DEFAULT/earningRule", fields)

    for wrong in ("x", CampaignFactory().uuid, CampaignFactory(store, "cashback").uuid):
        assert refused(sent(wrong)) == {"rewardCampaignId"}
    assert not EarningRule.objects.exists()
    campaign = CampaignFactory(store)
    answer = sent(campaign.uuid)
    row = admin.get(f"DEFAULT/earningRule/{answer.data['earningRuleId']}").data
    assert row["rewardCampaignId"] == str(campaign.uuid)


def test_an_edit_may_call_a_custom_event_an_event(admin, store):
    """As the reference's example does."""
    rule = EarningRuleFactory(store=store, type=RuleType.CUSTOM_EVENT)
    fields = form("custom_event", LevelFactory(store)) | {"earningRule[type]": "event"}

    answer = admin.form("PUT", f"DEFAULT/earningRule/{rule.uuid}", fields)

    assert answer.status_code == 200, answer.data
    rule.refresh_from_db()
    assert (rule.type, rule.points_amount) == (RuleType.CUSTOM_EVENT, Decimal("5.50"))


@pytest.mark.parametrize(
    "path", ["v1/earnRule/{}/customer/{}", "DEFAULT/v1/earnRule/{}/customer/{}"]
)
def test_staff_report_an_event_er20(admin, store, path):
    customer = CustomerFactory(store)
    EarningRuleFactory(store=store, type=RuleType.CUSTOM_EVENT)

    paid = admin.post(path.format("facebook_like", customer.uuid))
    unknown = admin.post(path.format("nonsense", customer.uuid))

    assert (paid.status_code, paid.data) == (200, {"points": 10})
    assert (unknown.status_code, unknown.data) == (400, {"error": "event does not exist"})
    assert Lot.objects.get(wallet=customer.wallet).amount == 10


@pytest.mark.parametrize("path", ["DEFAULT/customer/earningRule", "customer/earnRule"])
def test_a_customer_reports_an_event_within_its_limit_er20_er24(api, store, path):
    customer = CustomerFactory(store)
    EarningRuleFactory(
        store=store,
        type=RuleType.CUSTOM_EVENT,
        limit_is_active=True,
        limit_period="forever",
        limit_uses=1,
    )
    alice = api(customer)

    first, second = alice.post(f"{path}/facebook_like"), alice.post(f"{path}/facebook_like")

    assert (first.status_code, first.data) == (200, {"points": 10})
    assert (second.status_code, second.data) == (400, {"error": "limit exceeded"})


def test_staff_report_a_scan_er21(admin, store):
    customer = CustomerFactory(store)
    rule = EarningRuleFactory(store=store, type=RuleType.QRCODE)
    EarningRuleFactory(store=store, type=RuleType.QRCODE)
    path = f"DEFAULT/earningRule/qrcode/customer/{customer.uuid}"

    both = admin.form("POST", path, {"earningRule[code]": "abccode"})
    one = admin.form(
        "POST",
        path,
        {"earningRule[code]": "abccode", "earningRule[earningRuleId]": str(rule.uuid)},
    )
    other = admin.form("POST", path, {"earningRule[code]": "ABCCODE"})

    assert [both.data, one.data] == [{"points": 20}, {"points": 10}]
    assert (other.status_code, other.data) == (400, {"error": "event does not exist"})
    assert refused(admin.form("POST", path, {})) == {"code"}


def test_staff_report_a_place_er22(admin, store):
    customer = CustomerFactory(store)
    EarningRuleFactory(store=store, type=RuleType.GEOLOCATION)
    path = f"DEFAULT/earningRule/geolocation/customer/{customer.uuid}"

    def at(latitude, longitude):
        place = {"earningRule[latitude]": latitude, "earningRule[longitude]": longitude}
        return admin.form("POST", path, place)

    assert at("52.26", "21.01").data == {"points": 10}
    assert at("52.28", "21.01").data == {"error": "event does not exist"}
    assert refused(at("91", "x")) == {"latitude", "longitude"}


def test_a_customer_of_another_store_is_not_found(admin, store):
    other = CustomerFactory(StoreFactory())

    answer = admin.post(f"DEFAULT/v1/earnRule/facebook_like/customer/{other.uuid}")

    assert answer.status_code == 404


def test_a_rule_that_is_used_up_vanishes_from_the_customers_list_er26(api, store):
    customer, other = CustomerFactory(store), CustomerFactory(store)
    limit = {"limit_is_active": True, "limit_period": "day", "limit_uses": 2}
    rule = EarningRuleFactory(store=store, type=RuleType.CUSTOM_EVENT, **limit)
    EarningRuleFactory(store=store, type=RuleType.QRCODE, **limit | {"limit_uses": 0})
    alice = api(customer)

    def listed(client):
        return client.get("DEFAULT/customer/earningRule").data["earningRules"]

    alice.post("DEFAULT/customer/earningRule/facebook_like")
    [row] = listed(alice)
    assert (row["earningRuleId"], row["type"]) == (str(rule.uuid), "custom_event")
    assert row["limit"] == {"active": True, "period": "day", "limit": 2}
    assert [use["points"] for use in row["usages"]] == [10]

    alice.post("DEFAULT/customer/earningRule/facebook_like")
    assert listed(alice) == []
    assert [row["usages"] for row in listed(api(other))] == [[]]


def test_uses_of_an_earlier_period_do_not_hide_a_rule_er25(api, store):
    customer = CustomerFactory(store)
    EarningRuleFactory(
        store=store,
        type=RuleType.CUSTOM_EVENT,
        limit_is_active=True,
        limit_period="day",
        limit_uses=1,
    )
    long_ago = datetime.now(UTC) - timedelta(days=2)

    occasions.report_event(customer=customer, name="facebook_like", now=long_ago)

    assert len(api(customer).get("DEFAULT/customer/earningRule").data["earningRules"]) == 1
    assert RuleUse.objects.count() == 1
