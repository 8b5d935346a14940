"""Events, codes and places pay a customer, within the limits of their rules."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connections

from accounts.ledger.models import Lot, Posting
from accounts.models import Segment, SegmentMembership
from accounts.services import customers, signin
from earning.models import RuleType, RuleUse, StoreEvent
from earning.services import occasions
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry, Store
from tests.factories.accounts import PASSWORD, CustomerFactory, LevelFactory, PosFactory
from tests.factories.core import StoreFactory
from tests.factories.earning import EarningRuleFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_books")]

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
ACCOUNT_CREATED = StoreEvent.ACCOUNT_CREATED.value
NEWSLETTER = StoreEvent.NEWSLETTER.value


def rule_of(store, type, **fields):
    return EarningRuleFactory(store=store, type=type, **fields)


def like_rule(customer, uses=None, period="day", **fields):
    """A custom event's rule; `uses`: its limit."""
    limit = {"limit_is_active": True, "limit_period": period, "limit_uses": uses}
    own = limit if uses is not None else {}
    return rule_of(customer.store, RuleType.CUSTOM_EVENT, **own | fields)


def like(customer, now=NOW):
    return occasions.report_event(customer=customer, name="facebook_like", now=now)


def balance(customer):
    return sum(lot.amount for lot in Lot.objects.filter(wallet=customer.wallet))


def test_pays_a_custom_event_er20():
    customer = CustomerFactory()
    rule = like_rule(customer, name="Like")

    assert like(customer) == Decimal(10)

    lot = Lot.objects.get(wallet=customer.wallet)
    assert (lot.amount, lot.posting.issuer, lot.posting.comment) == (10, "system", "Like")
    use = RuleUse.objects.get()
    assert (use.rule, use.customer, use.occasion) == (rule, customer, "facebook_like")
    assert (use.points, use.lot_uuid, use.used_at) == (10, lot.uuid, NOW)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"event_name": "other"}, id="another event"),
        pytest.param({"is_active": False}, id="switched off"),
        pytest.param(
            {
                "is_all_time_active": False,
                "start_at": NOW - timedelta(2),
                "end_at": NOW - timedelta(1),
            },
            id="over",
        ),
    ],
)
def test_knows_no_event_without_a_rule_er20(fields):
    customer = CustomerFactory()
    like_rule(customer, **fields)

    with pytest.raises(occasions.UnknownEvent, match="event does not exist"):
        like(customer)

    assert not RuleUse.objects.exists()


def test_knows_no_event_of_another_store_or_level_er4():
    customer = CustomerFactory()
    like_rule(CustomerFactory(StoreFactory()))
    like_rule(customer, levels=[LevelFactory(customer.store)])

    with pytest.raises(occasions.UnknownEvent):
        like(customer)


def test_takes_a_customer_of_a_listed_segment_er4():
    customer = CustomerFactory()
    segment = Segment.objects.create(store=customer.store, name="Fans")
    SegmentMembership.objects.create(segment=segment, customer=customer, since=NOW)
    like_rule(customer, segments=[segment], levels=[])

    assert like(customer) == 10


def test_asks_the_pos_of_the_customer_er5():
    customer = CustomerFactory()
    shop = PosFactory(customer.store)
    like_rule(customer, pos=[shop])

    with pytest.raises(occasions.UnknownEvent):
        like(customer)
    customers.assign_pos(customer=customer, pos=shop, actor=SYSTEM)

    assert like(customer) == 10


@pytest.mark.parametrize("type", [RuleType.CUSTOM_EVENT, RuleType.QRCODE])
def test_gives_nothing_to_a_status_that_does_not_earn_er6(type):
    customer = CustomerFactory(status="blocked")
    rule_of(customer.store, type)

    if type == RuleType.CUSTOM_EVENT:
        assert like(customer) == 0
    else:
        assert occasions.scan(customer=customer, code="abccode") == 0

    assert not RuleUse.objects.exists()


def test_refuses_above_the_limit_of_a_customer_er24():
    customer = CustomerFactory()
    like_rule(customer, uses=2)
    other = CustomerFactory(customer.store)

    assert [like(customer), like(customer), like(other)] == [10, 10, 10]
    with pytest.raises(occasions.LimitExceeded, match="limit exceeded"):
        like(customer)

    assert balance(customer) == 20
    assert RuleUse.objects.filter(customer=customer).count() == 2


def test_a_limit_of_0_blocks_always_er26():
    customer = CustomerFactory()
    like_rule(customer, uses=0)

    with pytest.raises(occasions.LimitExceeded):
        like(customer)


def test_counts_anew_when_the_stores_day_begins_er25():
    store = StoreFactory(setting_values={"timezone": "Europe/Warsaw"})
    customer = CustomerFactory(store)
    like_rule(customer, uses=1)
    late = datetime(2026, 3, 14, 22, 59, 59, tzinfo=UTC)

    like(customer, late)
    with pytest.raises(occasions.LimitExceeded):
        like(customer, late)

    assert like(customer, late + timedelta(seconds=1)) == 10


def test_a_limit_that_is_switched_off_does_not_count_er24():
    customer = CustomerFactory()
    rule = like_rule(customer, uses=0)
    rule.limit_is_active = False
    rule.save()

    assert like(customer) == 10


def test_pays_every_rule_of_a_code_and_counts_each_er21_er23():
    customer = CustomerFactory()
    once = {"limit_is_active": True, "limit_period": "forever", "limit_uses": 1}
    first = rule_of(customer.store, RuleType.QRCODE, **once)
    rule_of(customer.store, RuleType.QRCODE, points_amount=Decimal("5.50"))
    rule_of(customer.store, RuleType.QRCODE, code="ABCCODE")

    assert occasions.scan(customer=customer, code="abccode") == Decimal("15.50")
    assert occasions.scan(customer=customer, code="abccode") == Decimal("5.50")
    with pytest.raises(occasions.LimitExceeded):
        occasions.scan(customer=customer, code="abccode", rule_uuid=first.uuid)
    with pytest.raises(occasions.UnknownEvent):
        occasions.scan(customer=customer, code="abccode", rule_uuid=uuid4())

    assert balance(customer) == Decimal("21.00")


def test_pays_within_the_radius_only_er22():
    customer = CustomerFactory()
    rule_of(customer.store, RuleType.GEOLOCATION)
    east = Decimal("21.01")

    near = occasions.visit(customer=customer, latitude=Decimal("52.26"), longitude=east)
    with pytest.raises(occasions.UnknownEvent):
        occasions.visit(customer=customer, latitude=Decimal("52.28"), longitude=east)

    assert near == 10


def test_pays_a_new_account_before_it_is_activated_er18_er6():
    store = StoreFactory(setting_values={"accountActivationRequired": True})
    LevelFactory(store)
    for amount in ("50.00", "80.00"):
        rule_of(store, RuleType.EVENT, event_name=ACCOUNT_CREATED, points_amount=Decimal(amount))

    data = customers.Registration(
        first_name="A", last_name="B", email="a@example.com", agreement1=True, password=PASSWORD
    )
    customer = customers.self_register(store=store, data=data)

    assert customer.status == "new"
    assert balance(customer) == 80
    assert RuleUse.objects.get().occasion == ACCOUNT_CREATED


def test_pays_each_sign_in_of_a_customer_er18():
    customer = CustomerFactory(password=PASSWORD)
    rule_of(customer.store, RuleType.EVENT)

    def sign_in(password):
        return signin.sign_in_customer(
            store=Store.objects.get(pk=customer.store_id),
            username=customer.email,
            password=password,
        )

    sign_in(PASSWORD)
    signin.admit_customer(store=customer.store, login=customer.email, password=PASSWORD)
    with pytest.raises(signin.BadCredentials):
        sign_in("wrong")

    assert balance(customer) == 20


def test_pays_the_newsletter_once_for_life():
    customer = CustomerFactory()
    rule_of(customer.store, RuleType.EVENT, event_name=NEWSLETTER)

    for agrees in (True, False, True):
        customers.update(customer=customer, changes={"agreement2": agrees}, actor=SYSTEM)

    assert balance(customer) == 10


def test_pays_the_newsletter_at_registration():
    store = StoreFactory()
    LevelFactory(store)
    rule_of(store, RuleType.EVENT, event_name=NEWSLETTER)

    assert balance(CustomerFactory(store, agreement2=True)) == 10


def test_pays_the_newsletter_of_a_new_customer_when_they_are_activated():
    store = StoreFactory(setting_values={"accountActivationRequired": True})
    LevelFactory(store)
    rule_of(store, RuleType.EVENT, event_name=NEWSLETTER)
    data = customers.Registration(
        first_name="A",
        last_name="B",
        email="a@example.com",
        agreement1=True,
        agreement2=True,
        password=PASSWORD,
    )
    customer = customers.self_register(store=store, data=data)
    assert balance(customer) == 0

    customers.activate(customer=customer, actor=SYSTEM)
    customers.deactivate(customer=customer, actor=SYSTEM)
    customers.activate(customer=customer, actor=SYSTEM)

    assert balance(customer) == 10


def test_does_not_pay_an_old_subscription_when_a_blocked_customer_is_let_in():
    customer = CustomerFactory(agreement2=True)
    rule_of(customer.store, RuleType.EVENT, event_name=NEWSLETTER)

    customers.deactivate(customer=customer, actor=SYSTEM)
    customers.activate(customer=customer, actor=SYSTEM)

    assert balance(customer) == 0


def test_asks_the_database_nothing_where_no_rule_waits(django_assert_num_queries):
    customer = CustomerFactory()
    like_rule(customer)
    store = customer.store
    occasions.rule_sets.get_rules(store)

    with django_assert_num_queries(0):
        paid = occasions.happened(
            store=store, customer_id=customer.pk, event=StoreEvent.LOGGED_IN, now=NOW
        )

    assert paid == 0


def in_threads(count, work):
    barrier, answers = Barrier(count), []

    def run():
        try:
            barrier.wait()
            answers.append(work())
        except occasions.LimitExceeded:
            answers.append("refused")
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_of_eight_uses_at_once_the_limit_passes_er26():
    customer = CustomerFactory()
    like_rule(customer, uses=3)

    answers = in_threads(8, lambda: like(customer))

    assert sorted(map(str, answers)) == ["10.00"] * 3 + ["refused"] * 5
    assert balance(customer) == 30
    assert RuleUse.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_sign_ins_at_once_are_all_paid_without_deadlock():
    levels = {"tierAssignType": "points", "levelDowngradeMode": "none"}
    customer = CustomerFactory(StoreFactory(setting_values=levels), password=PASSWORD)
    for points in (10, 30, 50):
        LevelFactory(customer.store, condition_value=points, reward_value=points / 100)
    rule_of(customer.store, RuleType.EVENT)
    store = Store.objects.get(pk=customer.store_id)

    in_threads(
        6,
        lambda: signin.sign_in_customer(store=store, username=customer.email, password=PASSWORD),
    )

    assert balance(customer) == 60
    assert Posting.objects.count() == 6


def test_what_staff_report_for_a_customer_stands_in_the_trail():
    """AUD-3: what customers report themselves does not."""
    customer = CustomerFactory()
    like_rule(customer)
    like(customer)

    occasions.report_event(customer=customer, name="facebook_like", actor=SYSTEM, now=NOW)

    entry = AuditEntry.objects.get(event_type="ReportOccasion")
    assert (entry.entity_type, entry.entity_id) == ("Customer", str(customer.uuid))
    assert entry.data == {"occasion": "facebook_like", "points": "10"}
