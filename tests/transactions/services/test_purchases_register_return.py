"""purchases.register, of a return, … Source: TX-14…20, TX-24."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.ledger.models import Lot, LotState, Posting, PostingKind, WalletBalance
from accounts.services import points
from earning.models import RuleType
from tests.factories import CustomerFactory, LevelFactory, StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import (
    ReturnFactory,
    SaleFactory,
    UnmatchedSaleFactory,
    document,
    line,
    register,
    return_of,
)
from transactions.models import DocumentType, Transaction
from transactions.services import purchases

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_books")]

NOW = datetime(2026, 3, 15, 8, tzinfo=UTC)


def earner(rate: str = "1.00", store=None, **settings):
    """Make a customer in a store with one rule that pays `rate` points per unit."""
    customer = CustomerFactory(store or StoreFactory(setting_values=settings))
    EarningRuleFactory(store=customer.store, point_value=Decimal(rate))
    return customer


def active_points(customer) -> Decimal:
    return WalletBalance.objects.get(wallet=customer.wallet_id).active


def taken() -> list[Decimal]:
    """Return what the returns took back, in their order, by the full values."""
    take_backs = Posting.objects.filter(kind=PostingKind.TAKE_BACK).order_by("pk")
    return list(take_backs.values_list("requested_amount", flat=True))


def test_keeps_what_it_revises():
    sale = SaleFactory(CustomerFactory(), "40.00")

    back = ReturnFactory(sale, "15.00")

    back.refresh_from_db()
    assert back.document_type == DocumentType.RETURN
    assert back.revised == sale
    assert back.customer == sale.customer
    assert back.gross_value == Decimal(15)


@pytest.mark.parametrize(
    ("sells", "returns", "amount", "count"),
    [
        pytest.param(["9", "9", "9"], [(0, "9"), (1, "3"), (2, "9")], 6, 1, id="TX-16-first"),
        pytest.param(["9"], [(0, "3"), (0, "6")], 0, 0, id="TX-16-second"),
        pytest.param(["9", "5"], [(0, "3")], 11, 2, id="in-part"),
    ],
)
def test_lowers_the_totals(sells, returns, amount, count):
    customer = CustomerFactory()
    sales = [SaleFactory(customer, gross) for gross in sells]

    for number, gross in returns:
        ReturnFactory(sales[number], gross)

    customer.refresh_from_db()
    assert (customer.transactions_amount, customer.transactions_count) == (amount, count)


def test_counts_absolute_values():  # TX-18
    sale = SaleFactory(CustomerFactory(), "40.00")

    back = ReturnFactory(sale, "-15.00", "5.00")

    assert back.gross_value == Decimal(20)
    assert [item.gross_value for item in back.items.all()] == [15, 5]


def test_takes_points_back_by_value_and_not_by_line():  # TX-19
    customer = earner()
    for sku, amount in (("A", 10), ("B", 20)):
        EarningRuleFactory(
            store=customer.store,
            type=RuleType.PRODUCT_PURCHASE,
            sku_ids=[sku],
            points_amount=amount,
        )
    bought = (line("10.00", sku="A"), line("10.00", sku="B"), line("20.00", sku="C"))
    sale = SaleFactory(customer, lines=bought, now=NOW)
    earned = active_points(customer)

    ReturnFactory(sale, lines=(line("20.00", sku="C"),), now=NOW)

    assert earned == Decimal(70)
    assert taken() == [Decimal(35)]
    assert active_points(customer) == Decimal(35)


@pytest.mark.parametrize(
    ("rate", "gross", "returned", "costs"),
    [
        pytest.param("5.00", "200.00", ["100.00"], ["500.00"], id="half"),
        pytest.param("0.33", "30.00", ["10.00"], ["3.30"], id="a-third"),
        pytest.param("1.00", "30.00", ["30.00"], ["30.00"], id="all"),
        pytest.param("1.00", "30.00", ["10.00", "20.00"], ["10.00", "20.00"], id="in-two-parts"),
    ],
)
def test_takes_points_back_in_proportion(rate, gross, returned, costs):  # TX-19
    customer = earner(rate)
    sale = SaleFactory(customer, gross)

    for part in returned:
        ReturnFactory(sale, part)

    assert taken() == [Decimal(cost) for cost in costs]


def test_three_thirds_of_ten_points_cost_333_each():  # TX-19
    customer = CustomerFactory()
    EarningRuleFactory(
        store=customer.store,
        type=RuleType.PRODUCT_PURCHASE,
        sku_ids=["SKU1"],
        points_amount=Decimal(10),
    )
    sale = SaleFactory(customer, "30.00", now=NOW)

    for _ in range(3):
        ReturnFactory(sale, "10.00", now=NOW)

    assert taken() == [Decimal("3.33")] * 3
    assert active_points(customer) == Decimal("0.01")


def test_takes_only_what_is_there_but_records_it_all():  # PA-12, TX-20
    customer = earner()
    sale = SaleFactory(customer, "35.00", now=NOW)
    points.spend(customer=customer, amount=Decimal(15), issuer="admin", now=NOW)

    back = ReturnFactory(sale, "35.00", now=NOW)

    posting = Posting.objects.get(kind=PostingKind.TAKE_BACK)
    assert (posting.amount, posting.requested_amount) == (20, 35)
    assert posting.transaction_uuid == back.uuid
    assert posting.revised_transaction_uuid == sale.uuid
    assert active_points(customer) == 0


def test_takes_points_of_other_lots_where_the_sales_own_are_spent():  # TX-20
    customer = earner()
    points.add(customer=customer, amount=Decimal(50), issuer="admin", now=NOW)
    sale = SaleFactory(customer, "20.00", now=NOW + timedelta(hours=1))
    points.spend(customer=customer, amount=Decimal(60), issuer="admin", now=NOW + timedelta(days=1))

    ReturnFactory(sale, "20.00", now=NOW + timedelta(days=2))

    assert active_points(customer) == 0
    assert taken() == [Decimal(20)]


def test_takes_from_the_pending_lot_of_the_sale():  # TX-20
    customer = earner(allTimeNotLocked=False, pointsDaysLocked=10)
    sale = SaleFactory(customer, "30.00", now=NOW)

    ReturnFactory(sale, "10.00", now=NOW)

    lot = Lot.objects.get()
    assert lot.state_at(NOW) == LotState.PENDING
    assert lot.remaining == Decimal(20)


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_takes_nothing_back_for_a_lot_that_is_gone(how):  # TX-20
    customer = earner()
    sale = SaleFactory(customer, "30.00", now=NOW)
    lot = Lot.objects.get()
    command = points.cancel if how == "cancelled" else points.expire
    command(store=customer.store, transfer_uuid=lot.uuid, now=NOW)

    ReturnFactory(sale, "30.00", now=NOW + timedelta(hours=1))

    assert taken() == []


def test_takes_nothing_back_for_a_lot_whose_date_has_passed():  # TX-20
    customer = earner(pointsDaysExpiryAfter="after_x_days", pointsDaysActiveCount=5)
    sale = SaleFactory(customer, "30.00", now=NOW)

    ReturnFactory(sale, "30.00", now=NOW + timedelta(days=60))

    assert taken() == []


def test_lowers_the_level():  # TX-24, LV-6
    store = StoreFactory()
    LevelFactory(store, condition_value=0)
    gold = LevelFactory(store, condition_value=100)
    customer = CustomerFactory(store)
    sale = SaleFactory(customer, "150.00")
    customer.refresh_from_db()
    before = customer.level

    ReturnFactory(sale, "60.00")

    customer.refresh_from_db()
    assert before == gold
    assert customer.level != gold


def test_is_refused_where_returns_are_off():  # TX-18
    customer = CustomerFactory(StoreFactory(setting_values={"returns": False}))
    sale = SaleFactory(customer)

    with pytest.raises(purchases.ReturnsNotEnabled, match="Returns are not enabled"):
        ReturnFactory(sale)


def test_is_refused_of_a_sale_that_nobody_knows():  # TX-18
    customer = CustomerFactory()
    described = document(customer, type=DocumentType.RETURN, revised_number="no-such")

    with pytest.raises(purchases.SaleNotFound, match="Transaction not exist"):
        register(customer.store, described)

    assert not Transaction.objects.exists()


def test_is_refused_of_a_sale_of_another_store():
    sale = SaleFactory(CustomerFactory())
    customer = CustomerFactory()
    described = document(customer, type=DocumentType.RETURN, revised_number=sale.document_number)

    with pytest.raises(purchases.SaleNotFound):
        register(customer.store, described)


def test_is_refused_of_a_return():  # TX-18
    back = ReturnFactory(SaleFactory(CustomerFactory(), "30.00"), "10.00")

    with pytest.raises(purchases.NotASale, match="Transaction wrong type"):
        ReturnFactory(back, "5.00")


@pytest.mark.parametrize("is_matched", [True, False])
def test_is_refused_by_anybody_but_the_buyer(is_matched):  # TX-18
    buyer, other = CustomerFactory(store := StoreFactory()), CustomerFactory(store)
    sale = SaleFactory(buyer) if is_matched else UnmatchedSaleFactory(store)
    described = document(other, type=DocumentType.RETURN, revised_number=sale.document_number)

    with pytest.raises(purchases.IncorrectOwner, match="Incorrect owner of the transaction"):
        register(store, described)

    assert list(Transaction.objects.all()) == [sale]


def test_waits_unmatched_where_nobody_is_named():  # TX-7
    customer = earner()
    sale = SaleFactory(customer, "30.00")

    back = register(customer.store, return_of(sale, "10.00", buyer=document(None).buyer))

    assert back.customer is None
    assert taken() == []
    customer.refresh_from_db()
    assert customer.transactions_amount == Decimal(30)


def test_of_more_than_was_bought_is_refused():
    customer = earner()
    sale = SaleFactory(customer, "30.00", now=NOW)
    ReturnFactory(sale, "20.00", now=NOW)

    with pytest.raises(purchases.ReturnExceedsSale) as refusal:
        ReturnFactory(sale, "10.01", now=NOW)

    assert refusal.value.message == (
        "The return is worth 10.01, more than was bought: "
        "of 30.00 only 10.00 can still be returned."
    )
    assert sale.returns.count() == 1
    assert taken() == [Decimal(20)]
    customer.refresh_from_db()
    assert customer.transactions_amount == Decimal(10)


def test_counts_returns_of_nobody_against_what_was_bought():
    sale = UnmatchedSaleFactory(StoreFactory(), "30.00")
    ReturnFactory(sale, "30.00")

    with pytest.raises(purchases.ReturnExceedsSale):
        ReturnFactory(sale, "0.01")
