"""What staff read on the page that says why a purchase earned what it earned."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Segment
from earning import engine
from earning.models import EarningRule, InclusionType, RuleType
from earning.selectors import explanations
from earning.services import awards
from tests.factories.accounts import CustomerFactory, LevelFactory, PosFactory
from tests.factories.earning import EarningRuleFactory, engine_line

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
BASKET = (
    engine_line("123", "12.00", "color:red"),
    engine_line("000", "100.00", "color:blue"),
    engine_line("0001", "40.00"),
)


def explained(customer, **purchase):
    stored = awards.award_purchase(
        customer=customer,
        purchase=engine.Purchase(
            lines=BASKET, purchased_at=NOW, delivery_skus=frozenset({"0001"}), **purchase
        ),
        transaction_uuid=uuid4(),
        now=NOW,
    )
    found = explanations.get_for_transaction(stored.transaction_uuid)
    return explanations.explain(found)


def test_tells_the_sum_and_each_line():
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store, point_value=Decimal(4))

    found = explained(customer)

    assert found.sentence == "448 points, from 1 rule."
    assert found.level_name == customer.level.name
    assert [(line.number, line.sku, line.points) for line in found.lines] == [
        (1, "123", Decimal(48)),
        (2, "000", Decimal(400)),
        (3, "0001", Decimal(0)),
    ]
    assert found.lines[0].labels == ("color:red",)
    assert found.lines[2].is_delivery


def test_tells_what_a_rule_made_of_each_line_and_what_it_passed_over():
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store, point_value=Decimal(4))

    [rule] = explained(customer).effective

    assert rule.sentence == "Gave 448 points on 2 lines."
    assert [change.sentence for change in rule.changes] == [
        "12 EUR × 4 = 48 points",
        "100 EUR × 4 = 400 points",
    ]
    assert [(line.number, line.sentence) for line in rule.excluded] == [
        (3, "Delivery costs do not count.")
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param(
            {"excluded_skus": ["123", "000", "0001"]}, "Its SKU is excluded.", id="by SKU"
        ),
        pytest.param(
            {
                "excludes_delivery_cost": False,
                "excluded_labels": [{"key": "color", "value": "red"}],
            },
            "Its label color:red is excluded.",
            id="by label",
        ),
        pytest.param(
            {"inclusion_type": InclusionType.INCLUDE},
            "It has none of the labels that the rule asks for.",
            id="by a missing label",
        ),
    ],
)
def test_tells_why_a_line_was_passed_over(fields, sentence):
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store, **fields)

    [rule] = explained(customer).rules

    assert rule.excluded[0].sentence == sentence


@pytest.mark.parametrize(
    ("type", "fields", "sentence"),
    [
        pytest.param(
            RuleType.MULTIPLY_FOR_PRODUCT,
            {"sku_ids": ["123"], "multiplier": Decimal("2.50")},
            "12 points × 2.5 = 30",
            id="by SKU",
        ),
        pytest.param(
            RuleType.MULTIPLY_BY_PRODUCT_LABELS,
            {},
            "12 points × 2 = 24, for color:red",
            id="by label",
        ),
        pytest.param(
            RuleType.PRODUCT_PURCHASE, {"sku_ids": ["123"]}, "10 points for the line", id="product"
        ),
    ],
)
def test_tells_what_each_type_of_rule_did(type, fields, sentence):
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store)
    EarningRuleFactory(store=customer.store, type=type, **fields)

    rule = explained(customer).effective[1]

    assert rule.changes[0].sentence == sentence
    assert rule.type_name == type.label


def test_tells_why_a_rule_gave_nothing():
    customer = CustomerFactory()
    store = customer.store
    gold = LevelFactory(store, name="Gold", condition_value=1000)
    shop = PosFactory(store, name="Downtown")
    segment = Segment.objects.create(store=store, name="Regulars")
    new_year = datetime(2026, 1, 1, 10, tzinfo=UTC)
    wants = {
        f"It is for Gold, Regulars; the customer was on level {customer.level.name}.": {
            "levels": [gold],
            "segments": [segment],
        },
        "It is for Downtown; the purchase names no point of sale.": {"pos": [shop]},
        "Below its minimum of 500 EUR without delivery.": {"min_order_value": Decimal(500)},
        "Bought on 2026-03-14 13:00, outside of its time: 2026-01-01 11:00 to 2026-01-01 11:00.": {
            "is_all_time_active": False,
            "start_at": new_year,
            "end_at": new_year,
        },
        "Its lines, or what it pays for them, are worth nothing.": {"point_value": Decimal(0)},
        "It passed over every line.": {"inclusion_type": InclusionType.INCLUDE},
        "It was switched off.": {"is_active": False},
        "Its lines had not collected any points to multiply.": {
            "type": RuleType.MULTIPLY_BY_PRODUCT_LABELS
        },
        "No line is one of its products.": {"type": RuleType.PRODUCT_PURCHASE},
    }
    by_name = {
        EarningRuleFactory(store=store, **fields).name: sentence
        for sentence, fields in wants.items()
    }
    EarningRule.objects.update(created_at=NOW)
    EarningRuleFactory(store=store, is_active=False, name="Made after the purchase")

    found = {rule.name: rule.sentence for rule in explained(customer).idle}

    assert found == by_name


def test_tells_which_rule_was_the_last():
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store)
    EarningRuleFactory(store=customer.store, name="Final", is_last_executed=True)

    [rule] = explained(customer).idle

    assert rule.sentence == "“Final” was the last rule to be executed."


def test_tells_that_the_status_does_not_earn():
    customer = CustomerFactory(status="blocked")
    EarningRuleFactory(store=customer.store)

    found = explained(customer)

    assert found.sentence == (
        "No rule was asked: customers with the status “blocked” earn no points."
    )
    assert found.rules == ()


def test_reads_the_same_number_of_times_for_any_number_of_rules():
    counts = []
    for rule_count in (2, 20):
        customer = CustomerFactory()
        for _ in range(rule_count):
            EarningRuleFactory(store=customer.store, pos=[PosFactory(customer.store)])
        stored = awards.award_purchase(
            customer=customer,
            purchase=engine.Purchase(lines=BASKET, purchased_at=NOW),
            transaction_uuid=uuid4(),
            now=NOW,
        )
        with CaptureQueriesContext(connection) as queries:
            found = explanations.get_for_transaction(stored.transaction_uuid)
            explanations.explain(found)
        counts.append(len(queries))

    assert counts == [5, 5]


def test_an_unknown_purchase_has_no_evaluation():
    assert explanations.get_for_transaction(uuid4()) is None
