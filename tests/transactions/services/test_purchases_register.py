"""purchases.register … Source: TX-1…9."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.ledger.models import Lot
from accounts.models import CustomerStatus
from earning.models import Evaluation, RuleType
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields
from loyalty.core.models import Event
from loyalty.core.services import stores
from tests.factories import CustomerFactory, LevelFactory, PosFactory, StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import (
    PURCHASED_AT,
    ReturnFactory,
    SaleFactory,
    UnmatchedSaleFactory,
    document,
    line,
    register,
)
from transactions.models import ItemLabel, Transaction
from transactions.services import documents, purchases
from transactions.services.documents import Buyer, Label

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 15, 8, tzinfo=UTC)


def test_stores_the_document_as_it_was_told():
    customer = CustomerFactory(phone="+48601234567")
    shop = PosFactory(customer.store)
    described = document(
        customer,
        lines=(
            line("19.99", sku="TEA", quantity=Decimal("1.5"), maker="Best", labels=[("hot", "1")]),
            line("0.01", sku="BAG"),
        ),
        purchase_place="Wroclaw",
        pos_uuid=shop.uuid,
        labels=(Label("scan_id", "123"),),
        buyer=Buyer(name="Jan", email=customer.email, nip="12", address={"city": "Opole"}),
    )

    sale = register(customer.store, described, now=NOW)

    sale = Transaction.objects.get(pk=sale.pk)
    assert sale.document_number == described.number
    assert sale.purchased_at == PURCHASED_AT
    assert sale.purchase_place == "Wroclaw"
    assert sale.pos == shop
    assert sale.customer == customer
    assert sale.assigned_at == sale.created_at == NOW
    assert sale.labels == [{"key": "scan_id", "value": "123"}]
    assert sale.customer_data == {
        "name": "Jan",
        "email": customer.email,
        "phone": "+48601234567",
        "nip": "12",
        "address": {"city": "Opole"},
    }
    tea, bag = sale.items.all()
    assert (tea.sku, tea.quantity, tea.gross_value, tea.maker) == (
        "TEA",
        Decimal("1.5"),
        Decimal("19.99"),
        "Best",
    )
    assert tea.labels == [{"key": "hot", "value": "1"}]
    assert (bag.position, bag.sku, bag.category) == (1, "BAG", "drinks")


def test_without_a_purchase_date_was_bought_now():
    sale = register(StoreFactory(), document(purchased_at=None), now=NOW)

    assert sale.purchased_at == NOW


def test_sums_its_lines_by_the_lists_of_that_moment():  # TX-2, TX-3, LV-5
    store = StoreFactory(
        setting_values={
            "excludedDeliverySKUs": ["POST"],
            "excludedLevelSKUs": ["CARD"],
            "excludedLevelCategories": ["gifts"],
        }
    )
    bought = (
        line("10.00", sku="TEA"),
        line("4.00", sku="POST"),
        line("3.00", sku="CARD", category="gifts"),  # in both lists: counts once
        line("2.00", sku="BOX", category="gifts"),
    )

    sale = register(store, document(lines=bought))

    assert sale.gross_value == Decimal("19.00")
    assert sale.gross_value_without_delivery == Decimal("15.00")
    assert sale.amount_excluded_for_level == Decimal("5.00")
    assert sale.excluded_delivery_skus == ["POST"]
    assert sale.excluded_level_skus == ["CARD"]
    assert sale.excluded_level_categories == ["gifts"]


def test_keeps_its_lists_when_the_settings_change():  # TX-3
    customer = CustomerFactory(StoreFactory(setting_values={"excludedLevelSKUs": ["SKU1"]}))
    sale = SaleFactory(customer, "30.00")
    customer.store.setting_values = {"excludedLevelSKUs": []}
    customer.store.save(update_fields=["setting_values"])

    back = ReturnFactory(sale, "10.00")

    assert back.excluded_level_skus == ["SKU1"]
    customer.refresh_from_db()
    assert customer.amount_excluded_for_level == Decimal("20.00")


def test_refuses_a_number_that_was_used():  # TX-1
    customer = CustomerFactory()
    sale = SaleFactory(customer, number="INV/7")

    with pytest.raises(purchases.DocumentNumberUsed):
        SaleFactory(customer, "99.00", number="INV/7")

    assert list(Transaction.objects.all()) == [sale]
    customer.refresh_from_db()
    assert customer.transactions_amount == Decimal("10.00")


def test_sales_and_returns_share_their_numbers():  # TX-1
    sale = SaleFactory(CustomerFactory(), number="INV/7")

    with pytest.raises(purchases.DocumentNumberUsed):
        ReturnFactory(sale, "1.00", number="INV/7")


def test_another_store_may_use_the_same_number():
    SaleFactory(CustomerFactory(), number="INV/7")

    SaleFactory(CustomerFactory(), number="INV/7")

    assert Transaction.objects.filter(document_number="INV/7").count() == 2


def test_keeps_a_document_of_nobody_without_effects():  # TX-7
    store = StoreFactory()

    sale = UnmatchedSaleFactory(store, "10.00")

    assert sale.customer is None
    assert sale.assigned_at is None
    assert sale.customer_data == {"name": "Nobody", "email": "nobody@example.com"}
    types = Event.objects.filter(subject=sale.uuid).values_list("type", flat=True)
    assert list(types) == ["transaction.registered"]
    assert not Evaluation.objects.exists()


def test_takes_the_first_identifier_that_names_an_active_customer():  # TX-6, TX-7
    store = StoreFactory()
    by_email = CustomerFactory(store, email="ann@example.com", status=CustomerStatus.BLOCKED)
    by_card = CustomerFactory(store, loyalty_card_number="C-77")
    CustomerFactory(store, phone="+48601234567")
    buyer = Buyer(
        name="Ann", email="Ann@Example.com", loyalty_card_number="c-77", phone="+48601234567"
    )

    sale = register(store, document(buyer=buyer))

    assert by_email.status == CustomerStatus.BLOCKED
    assert sale.customer == by_card


def test_tries_identifiers_in_the_order_of_the_settings():  # TX-6
    order = [{"priority": 1, "field": "phone"}, {"priority": 2, "field": "email"}]
    store = StoreFactory(setting_values={"customersIdentificationPriority": order})
    by_email = CustomerFactory(store, email="ann@example.com")
    by_phone = CustomerFactory(store, phone="+48601234567")
    buyer = Buyer(name="Ann", email="ann@example.com", phone="+48 601 234 567")

    sale = register(store, document(buyer=buyer))

    assert sale.customer == by_phone != by_email


def test_never_matches_with_an_empty_order():  # TX-6
    store = StoreFactory(setting_values={"customersIdentificationPriority": []})
    customer = CustomerFactory(store)

    sale = register(store, document(customer))

    assert sale.customer is None


def test_does_not_match_a_customer_of_another_store():
    stranger = CustomerFactory()

    sale = register(StoreFactory(), document(stranger))

    assert sale.customer is None


def test_counts_a_matched_sale():  # TX-14…16
    customer = CustomerFactory()

    SaleFactory(customer, "10.00", "5.50")
    SaleFactory(customer, "4.50", purchased_at=PURCHASED_AT - timedelta(days=9))

    customer.refresh_from_db()
    assert customer.transactions_count == 2
    assert customer.transactions_amount == Decimal("20.00")
    assert customer.average_transaction_amount == Decimal("10.00")
    assert customer.last_transaction_at == PURCHASED_AT


def test_pays_the_points_of_the_rules():
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store, point_value=Decimal("2.50"))

    sale = SaleFactory(customer, "10.00", "5.00", now=NOW)

    lot = Lot.objects.get(wallet=customer.wallet_id)
    assert lot.amount == Decimal("37.50")
    assert lot.transaction_uuid == sale.uuid
    assert Evaluation.objects.get(transaction_uuid=sale.uuid).points == Decimal("37.50")


def test_judges_rules_at_the_purchase_date():  # ER-3
    customer = CustomerFactory()
    EarningRuleFactory(
        store=customer.store,
        is_all_time_active=False,
        start_at=PURCHASED_AT - timedelta(days=1),
        end_at=PURCHASED_AT + timedelta(days=1),
    )

    SaleFactory(customer, "10.00", now=PURCHASED_AT + timedelta(days=100))
    SaleFactory(customer, "1.00", purchased_at=PURCHASED_AT - timedelta(days=2), now=PURCHASED_AT)

    assert list(Lot.objects.values_list("amount", flat=True)) == [Decimal(10)]


def test_asks_the_rules_of_the_point_of_sale():  # ER-5
    customer = CustomerFactory()
    shop, other = PosFactory(customer.store), PosFactory(customer.store)
    EarningRuleFactory(store=customer.store, pos=[shop])

    SaleFactory(customer, "10.00", pos_uuid=shop.uuid)
    SaleFactory(customer, "20.00", pos_uuid=other.uuid)
    SaleFactory(customer, "30.00")

    assert list(Lot.objects.values_list("amount", flat=True)) == [Decimal(10)]


def test_keeps_delivery_out_of_points_by_the_documents_own_list():  # ER-9, TX-3
    store = StoreFactory(setting_values={"excludedDeliverySKUs": ["POST"]})
    customer = CustomerFactory(store)
    EarningRuleFactory(store=store)

    SaleFactory(customer, lines=(line("10.00", sku="TEA"), line("4.00", sku="POST")))

    assert Lot.objects.get().amount == Decimal(10)


def test_moves_the_level_and_pays_by_the_level_before():  # ER-7, LV-6
    store = StoreFactory()
    base = LevelFactory(store, condition_value=0)
    gold = LevelFactory(store, condition_value=100)
    customer = CustomerFactory(store)
    EarningRuleFactory(store=store, levels=[base], point_value=Decimal(1))
    EarningRuleFactory(store=store, levels=[gold], type=RuleType.PRODUCT_PURCHASE, sku_ids=["SKU1"])

    SaleFactory(customer, "150.00")
    customer.refresh_from_db()
    after_first = customer.level
    SaleFactory(customer, "20.00")

    assert after_first == gold
    assert list(Lot.objects.order_by("pk").values_list("amount", flat=True)) == [150, 10]


def test_earns_nothing_in_a_status_that_does_not_earn():  # ER-6
    store = StoreFactory(setting_values={"customerStatusesEarning": ["new"]})
    customer = CustomerFactory(store)
    EarningRuleFactory(store=store)

    sale = SaleFactory(customer, "10.00")

    assert sale.customer == customer
    assert not Lot.objects.exists()
    customer.refresh_from_db()
    assert customer.transactions_amount == Decimal(10)


def test_appends_its_facts_without_personal_data():
    customer = CustomerFactory()

    sale = SaleFactory(customer, "10.00", now=NOW)

    registered, assigned = Event.objects.filter(subject=sale.uuid).order_by("pk")
    assert (registered.type, registered.customer_id) == ("transaction.registered", None)
    assert (assigned.type, assigned.customer_id) == ("transaction.assigned", customer.pk)
    assert assigned.payload == {
        "transactionId": str(sale.uuid),
        "documentNumber": sale.document_number,
        "documentType": "sell",
        "grossValue": "10.00",
        "purchaseDate": "2026-03-14T10:30:00+00:00",
        "customerId": str(customer.uuid),
    }


def test_refuses_a_point_of_sale_of_another_store():
    store = StoreFactory()

    with pytest.raises(purchases.UnknownPos):
        register(store, document(pos_uuid=PosFactory().uuid))

    assert not Transaction.objects.exists()


BAD = document(lines=(line(),))


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        pytest.param({"number": " "}, "number", id="no-number"),
        pytest.param({"number": "7" * 256}, "number", id="number-too-long"),
        pytest.param({"number": "7\x00"}, "number", id="zero-byte"),
        pytest.param({"purchase_place": "\ud800"}, "purchase_place", id="half-a-surrogate"),
        pytest.param({"lines": ()}, "lines", id="no-lines"),
        pytest.param({"lines": (line(),) * 1001}, "lines", id="too-many-lines"),
        pytest.param({"lines": (line(sku=""),)}, "lines.0.sku", id="line-without-sku"),
        pytest.param({"lines": (line(), line(name=" "))}, "lines.1.name", id="no-name"),
        pytest.param({"lines": (line("-0.01"),)}, "lines.0.gross_value", id="negative"),
        pytest.param({"lines": (line("1e11"),)}, "lines.0.gross_value", id="huge"),
        pytest.param({"lines": (line("6e10"), line("6e10"))}, "lines", id="huge-in-sum"),
        pytest.param({"lines": (line("NaN"),)}, "lines.0.gross_value", id="nan"),
        pytest.param({"lines": (line("Infinity"),)}, "lines.0.gross_value", id="infinity"),
        pytest.param({"lines": (line("1.005"),)}, "lines.0.gross_value", id="three-decimals"),
        pytest.param({"lines": (line(quantity=Decimal(0)),)}, "lines.0.quantity", id="no-quantity"),
        pytest.param(
            {"lines": (line(quantity=Decimal("0.00001")),)}, "lines.0.quantity", id="crumbs"
        ),
        pytest.param(
            {"lines": (line(labels=[("", "x")]),)}, "lines.0.labels.0.key", id="label-without-key"
        ),
        pytest.param({"labels": (Label("k", ""),)}, "labels.0.value", id="label-without-value"),
        pytest.param({"labels": (Label("k", "v"),) * 101}, "labels", id="too-many-labels"),
        pytest.param(
            {"purchased_at": datetime(1969, 12, 31, tzinfo=UTC)}, "purchased_at", id="too-early"
        ),
        pytest.param(
            {"purchased_at": NOW + timedelta(days=367)}, "purchased_at", id="too-far-ahead"
        ),
        pytest.param({"buyer": Buyer(email="x" * 256)}, "buyer.email", id="email-too-long"),
        pytest.param(
            {"buyer": Buyer(address={"city": "x" * 256})}, "buyer.address.city", id="city-too-long"
        ),
    ],
)
def test_refuses_what_cannot_be_stored_or_counted(changes, path):
    store = StoreFactory()

    with pytest.raises(InvalidFields) as refusal:
        register(store, replace(BAD, **changes), now=NOW)

    assert list(refusal.value.errors) == [path]
    assert not Transaction.objects.exists()
    assert not Event.objects.filter(type="transaction.registered").exists()


def test_tells_all_faults_at_once():
    bad = replace(BAD, number="", lines=(line("-1", sku=""), line("2")))

    with pytest.raises(InvalidFields) as refusal:
        documents.check(bad, now=NOW)

    assert list(refusal.value.errors) == ["number", "lines.0.sku", "lines.0.gross_value"]


@pytest.mark.parametrize(
    "value", ["0", "0.10", "10.5000", "99999999999.99"], ids=["gift", "coin", "zeros", "most"]
)
def test_takes_every_amount_in_between(value):
    sale = register(StoreFactory(), document(lines=(line(value),)))

    assert Transaction.objects.get(pk=sale.pk).gross_value == Decimal(value)


def test_sees_settings_that_changed_since_the_rules_were_compiled():
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store)
    SaleFactory(customer, "10.00")

    store = stores.change_settings(
        store=customer.store,
        form=customer.store.settings.as_wire() | {"excludedDeliverySKUs": ["SKU1"]},
        actor=SYSTEM,
    )
    register(store, document(customer, "10.00", "7.00"))

    assert list(Lot.objects.order_by("pk").values_list("amount", flat=True)) == [10, 7]


def test_labels_of_a_refused_document_are_not_listed(store):
    labelled = (line(labels=(("color", "red"),)),)
    register(store, document(number="A"))

    with pytest.raises(purchases.DocumentNumberUsed):
        register(store, document(number="A", lines=labelled))

    assert not ItemLabel.objects.exists()


def test_a_label_is_listed_once(store):
    labelled = (line(labels=(("color", "red"), ("size", "L"))), line(labels=(("color", "red"),)))

    for number in ("A", "B"):
        register(store, document(number=number, lines=labelled))

    assert set(ItemLabel.objects.values_list("key", "value")) == {("color", "red"), ("size", "L")}
