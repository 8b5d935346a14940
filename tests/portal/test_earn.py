"""The page that tells how points come …"""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer
from earning.models import RuleType
from earning.services import occasions
from tests.factories.accounts import LevelFactory, PosFactory
from tests.factories.core import StoreFactory
from tests.factories.earning import EarningRuleFactory

NOW = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def rule(alice):
    """Return a function that stores a rule for Alice's level."""

    def rule(type: str = RuleType.POINTS, **fields):
        given = {"levels": [alice.level], "name": "Rule", "description": "Rule"}
        return EarningRuleFactory(store=alice.store, type=type, **given | fields)

    return rule


def read(client, language: str = "en") -> str:
    response = client.get("/portal/earn/", headers={"accept-language": language})
    assert response.status_code == 200
    text = html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode()))
    return re.sub(r"[\s\xa0]+", " ", text)


def test_is_for_customers_only(client, store):
    assert client.get("/portal/earn/")["Location"] == "/portal/sign-in/"


def test_tells_when_there_is_nothing(signed_in):
    assert "Nothing at the moment" in read(signed_in)


@pytest.mark.parametrize(
    ("type", "fields", "told"),
    [
        pytest.param(
            "points",
            {"point_value": Decimal("1.5")},
            "Rule 1.5 points for every €1 For what you spend.",
            id="spending",
        ),
        pytest.param(
            "points",
            {"min_order_value": Decimal(20), "excluded_skus": ["TEA"]},
            "For what you spend. For purchases of €20.00 or more. Some products do not count.",
            id="with conditions",
        ),
        pytest.param("multiply_for_product", {}, "Rule × 2 Chosen products", id="multiplier"),
        pytest.param(
            "multiply_by_product_labels",
            {
                "label_multipliers": [
                    {"key": "a", "value": "b", "multiplier": factor} for factor in ("3.00", "1.50")
                ]
            },
            "Rule × 1.5 – × 3 Chosen products",
            id="multipliers",
        ),
        pytest.param("product_purchase", {}, "Rule 10 points For each of the", id="product"),
        pytest.param("event", {}, "Rule 10 points For signing in", id="event"),
        pytest.param("custom_event", {}, "Rule 10 points For taking part", id="custom event"),
        pytest.param("qrcode", {}, "Rule QR code 10 points Scan the code", id="QR code"),
        pytest.param("geolocation", {}, "Rule On the spot 10 points Come near", id="place"),
    ],
)
def test_says_each_kind_in_words(signed_in, rule, type, fields, told):
    rule(type, **fields)

    page = read(signed_in)

    assert told in page
    assert "abccode" not in page


def test_says_until_when_where_and_how_often(signed_in, alice, rule):
    shop = PosFactory(alice.store, name="Old Town")
    rule(
        "qrcode",
        description="The code hangs at the door.",
        is_all_time_active=False,
        start_at=NOW - timedelta(days=1),
        end_at=NOW + timedelta(days=9),
        limit_is_active=True,
        limit_period="week",
        limit_uses=3,
    )
    rule("custom_event", name="There", pos=[shop])
    occasions.scan(customer=alice, code="abccode")

    page = read(signed_in)

    assert "The code hangs at the door. Until November 30 2 of 3 left this week" in page
    assert "Only in: Old Town" in page


@pytest.mark.parametrize("why", ["inactive", "over", "not yet", "another level", "another store"])
def test_is_silent_about_what_is_not_for_them(signed_in, alice, rule, why):
    if why == "another store":
        EarningRuleFactory(store=StoreFactory(), name="Secret")
    else:
        window = {"is_all_time_active": False, "start_at": NOW, "end_at": NOW}
        fields = {
            "inactive": {"is_active": False},
            "over": window | {"end_at": NOW - timedelta(days=1), "start_at": NOW - timedelta(9)},
            "not yet": window | {"start_at": NOW + timedelta(1), "end_at": NOW + timedelta(9)},
            "another level": {"levels": [LevelFactory(alice.store, condition_value=999)]},
        }
        rule(name="Secret", **fields[why])

    assert "Secret" not in read(signed_in)


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("oloy.transaction.customer_first_transaction", {"transactions_count": 1}),
        ("oloy.customer.newsletter_subscription", {"agreement2": True}),
    ],
)
def test_is_silent_about_what_pays_once_and_has_happened(signed_in, alice, rule, event, fields):
    rule("event", event_name=event, name="Once")
    before = read(signed_in)
    Customer.objects.filter(pk=alice.pk).update(**fields)

    assert "Once" in before
    assert "Once" not in read(signed_in)


def test_tells_what_friends_bring(signed_in, alice, rule):
    rule("referral", event_name="first_purchase", reward_type="referrer")
    rule("referral", event_name="register", reward_type="referred")

    page = read(signed_in)

    assert "When they buy for the first time 10 points" in page
    assert "friend whom you invited joins" not in page


def test_speaks_polish(signed_in, rule):
    rule()

    assert "1 punkt za każde 1 €" in read(signed_in, "pl")


def test_takes_as_many_queries_for_many_rules_as_for_few(signed_in, rule):
    rule("qrcode", limit_is_active=True, limit_period="day", limit_uses=1)
    few = count(signed_in)
    for number in range(6):
        rule(name=f"Rule {number}")
        rule("qrcode", limit_is_active=True, limit_period="day", limit_uses=1)

    assert count(signed_in) == few == 10


def count(client) -> int:
    client.get("/portal/earn/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/portal/earn/").status_code == 200
    return len(queries)
