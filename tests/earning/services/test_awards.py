"""A matched purchase is priced, explained and paid."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.ledger.models import Lot, PointType
from accounts.models import Segment, SegmentMembership
from earning import engine
from earning.models import Evaluation, RuleExecution, RuleType
from earning.services import awards, rule_sets, rules
from loyalty.core.actors import SYSTEM
from tests.factories.accounts import CustomerFactory, LevelFactory, PosFactory
from tests.factories.core import StoreFactory
from tests.factories.earning import EarningRuleFactory, engine_line

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
BASKET = (engine_line("SKU123", "12.00", "color:red"), engine_line("delivery", "40.00"))


def award(customer, *lines, **fields):
    purchase = {"purchased_at": NOW, "delivery_skus": frozenset({"delivery"})}
    own = {name: fields.pop(name) for name in ("level_id",) if name in fields}
    return awards.award_purchase(
        customer=customer,
        purchase=engine.Purchase(lines=lines or BASKET, **purchase | fields),
        transaction_uuid=uuid4(),
        now=NOW,
        **own,
    )


def test_pays_what_the_rules_give():
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store, name="Spend", point_value=Decimal("4.00"))

    evaluation = award(customer)

    assert evaluation.points == Decimal("48.00")
    lot = Lot.objects.get(wallet=customer.wallet)
    assert lot.amount == Decimal(48)
    assert lot.posting.transaction_uuid == evaluation.transaction_uuid
    assert (lot.posting.issuer, lot.posting.comment) == ("system", "Spend")


def test_names_all_rules_that_gave_something_in_one_transfer():
    customer = CustomerFactory()
    EarningRuleFactory(
        store=customer.store, name="Bonus", type=RuleType.PRODUCT_PURCHASE, sku_ids=["SKU123"]
    )
    EarningRuleFactory(store=customer.store, name="Double", type=RuleType.MULTIPLY_FOR_PRODUCT)
    EarningRuleFactory(store=customer.store, name="Spend")

    award(customer)

    assert Lot.objects.get(wallet=customer.wallet).posting.comment == "Spend, Double, Bonus"


def test_keeps_an_execution_for_each_rule_that_gave_something():
    customer = CustomerFactory()
    spend = EarningRuleFactory(store=customer.store)
    double = EarningRuleFactory(store=customer.store, type=RuleType.MULTIPLY_FOR_PRODUCT)
    EarningRuleFactory(store=customer.store, type=RuleType.PRODUCT_PURCHASE, sku_ids=["other"])

    evaluation = award(customer)

    found = RuleExecution.objects.filter(evaluation=evaluation).values_list("rule_id", "points")
    assert dict(found) == {spend.pk: Decimal(12), double.pk: Decimal(12)}


def test_keeps_the_reasons_when_nothing_was_earned():
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store, levels=[LevelFactory(customer.store)])

    evaluation = award(customer)

    assert evaluation.points == 0
    [rule] = evaluation.explanation["rules"]
    assert rule["reason"] == "target"
    assert not Lot.objects.filter(wallet=customer.wallet).exists()


def test_counts_with_the_level_held_before_the_purchase():
    """ER-7."""
    customer = CustomerFactory()
    before, after = customer.level_id, LevelFactory(customer.store, condition_value=10)
    EarningRuleFactory(store=customer.store, levels=[after])
    customer.level = after

    assert award(customer, level_id=before).points == 0
    assert award(customer, level_id=None).points == 0
    assert award(customer).points == Decimal(12)


def test_a_customer_in_a_listed_segment_earns():
    """ER-4."""
    customer = CustomerFactory()
    segment = Segment.objects.create(store=customer.store, name="Regulars")
    SegmentMembership.objects.create(segment=segment, customer=customer, since=NOW)
    EarningRuleFactory(store=customer.store, segments=[segment])

    assert award(customer).points == Decimal(12)


def test_a_switched_off_segment_lets_nobody_earn():
    """SG-7."""
    customer = CustomerFactory()
    segment = Segment.objects.create(store=customer.store, name="Regulars", is_active=False)
    SegmentMembership.objects.create(segment=segment, customer=customer, since=NOW)
    EarningRuleFactory(store=customer.store, segments=[segment])

    assert award(customer).points == 0


def test_a_customer_whose_status_does_not_earn_gets_nothing():
    """ER-6."""
    customer = CustomerFactory(status="blocked")
    EarningRuleFactory(store=customer.store)

    evaluation = award(customer)

    assert evaluation.points == 0
    assert evaluation.explanation["refusal"] == "customer_status"


def test_the_store_says_which_statuses_earn():
    """STA-2."""
    store = StoreFactory(setting_values={"customerStatusesEarning": ["active", "blocked"]})
    customer = CustomerFactory(store, status="blocked")
    EarningRuleFactory(store=store)

    assert award(customer).points == Decimal(12)


def test_rules_of_a_pos_pay_only_there():
    """ER-5."""
    customer = CustomerFactory()
    here, there = PosFactory(customer.store), PosFactory(customer.store)
    EarningRuleFactory(store=customer.store, pos=[here])

    assert award(customer, pos_id=there.pk).points == 0
    assert award(customer, pos_id=here.pk).points == Decimal(12)


def test_rules_hold_on_the_day_of_the_purchase():
    """ER-3."""
    customer = CustomerFactory()
    EarningRuleFactory(
        store=customer.store,
        is_all_time_active=False,
        start_at=datetime(2026, 1, 1, tzinfo=UTC),
        end_at=datetime(2026, 1, 31, tzinfo=UTC),
    )

    assert award(customer).points == 0
    bought_at = datetime(2026, 1, 31, tzinfo=UTC)
    assert award(customer, purchased_at=bought_at).points == Decimal(12)


def test_rules_of_other_stores_do_not_pay():
    customer = CustomerFactory()
    EarningRuleFactory(levels=[customer.level])

    assert award(customer).points == 0


def test_delivery_is_what_the_settings_say_where_the_purchase_does_not():
    store = StoreFactory(setting_values={"excludedDeliverySKUs": ["delivery"]})
    customer = CustomerFactory(store)
    EarningRuleFactory(store=store)

    assert award(customer, delivery_skus=None).points == Decimal(12)


def test_the_sum_has_the_decimals_of_the_point_type():
    customer = CustomerFactory()
    PointType.objects.filter(store=customer.store).update(decimals=0)
    EarningRuleFactory(store=customer.store)

    assert award(customer, engine_line("A", "1.50")).points == Decimal(2)


def test_a_purchase_is_paid_once():
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store)
    first = award(customer)

    with pytest.raises(IntegrityError), transaction.atomic():
        awards.award_purchase(
            customer=customer,
            purchase=engine.Purchase(lines=BASKET, purchased_at=NOW),
            transaction_uuid=first.transaction_uuid,
            now=NOW,
        )

    assert Lot.objects.filter(wallet=customer.wallet).count() == 1


def test_more_points_than_the_ledger_holds_are_refused_and_nothing_is_written():
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store, point_value=Decimal("999999999999.99"))

    with pytest.raises(engine.TooManyPoints):
        award(customer, engine_line("A", "99999.00"))

    assert not Evaluation.objects.exists()


def test_a_warm_process_reads_and_compiles_no_rule(monkeypatch):
    customer = CustomerFactory()
    for _ in range(20):
        EarningRuleFactory(store=customer.store)
    award(customer)
    compiled = []
    monkeypatch.setattr(rule_sets.engine, "compile_rules", compiled.append)

    with CaptureQueriesContext(connection) as queries:
        award(customer)

    assert not compiled
    assert not [query for query in queries if "earning_earningrule" in query["sql"]]


def test_the_number_of_statements_does_not_grow_with_the_rules():
    counts = []
    for rule_count in (1, 20):
        customer = CustomerFactory()
        for _ in range(rule_count):
            EarningRuleFactory(store=customer.store)
        with CaptureQueriesContext(connection) as queries:
            award(customer)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_changed_rule_is_compiled_again():
    customer = CustomerFactory()
    rule = EarningRuleFactory(store=customer.store)
    award(customer)

    rules.set_active(rule=rule, is_active=False, actor=SYSTEM)
    customer.store.refresh_from_db(fields=["rules_version"])

    assert award(customer).points == 0


def test_a_change_that_is_rolled_back_leaves_no_trace_in_the_cache():
    customer = CustomerFactory()
    rule = EarningRuleFactory(store=customer.store)
    with transaction.atomic():
        rules.set_active(rule=rule, is_active=False, actor=SYSTEM)
        customer.store.refresh_from_db(fields=["rules_version"])
        award(customer)
        transaction.set_rollback(True)

    EarningRuleFactory(store=customer.store)
    customer.store.refresh_from_db(fields=["rules_version"])

    assert award(customer).points == Decimal(24)


def test_simulation_pays_what_a_purchase_would_and_writes_nothing():
    """ER-27."""
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store)
    purchase = engine.Purchase(lines=BASKET, purchased_at=NOW, delivery_skus=frozenset())

    found = awards.simulate(store=customer.store, customer=customer, purchase=purchase)

    assert found.points == Decimal(52)
    assert not Evaluation.objects.exists()
    assert not Lot.objects.exists()


def test_simulation_knows_no_pos():
    customer = CustomerFactory()
    here = PosFactory(customer.store)
    EarningRuleFactory(store=customer.store, pos=[here])
    purchase = engine.Purchase(lines=BASKET, purchased_at=NOW, pos_id=here.pk)

    found = awards.simulate(store=customer.store, customer=customer, purchase=purchase)

    assert found.points == 0


def test_simulation_without_a_customer_takes_a_newcomer():
    store = StoreFactory()
    start, better = LevelFactory(store), LevelFactory(store, condition_value=100)
    EarningRuleFactory(store=store, levels=[start])
    EarningRuleFactory(store=store, levels=[better])
    store.refresh_from_db()
    purchase = engine.Purchase(lines=BASKET, purchased_at=NOW)

    found = awards.simulate(store=store, customer=None, purchase=purchase)

    assert found.points == Decimal(52)
