"""Each criterion of SG-3 …"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Customer, CustomerStatus
from accounts.segments.own import anniversaries
from loyalty.core.models import Store
from tests.factories import CustomerFactory, PosFactory, StoreFactory
from tests.factories.transactions import ReturnFactory, SaleFactory, UnmatchedSaleFactory, line
from tests.support.segments import criterion, who_fits

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)  # 13:00 in Warsaw

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Store:
    return StoreFactory()


def person(shop: Store, name: str, **fields: object) -> Customer:
    return CustomerFactory(shop, first_name=name, **{"created_at": NOW - timedelta(100)} | fields)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(1, {"Ten"}, id="one-day-is-today"),
        pytest.param(5, {"Ten", "Fourteen"}, id="10-to-14-march"),
        pytest.param(6, {"Ten", "Fourteen", "Fifteen"}, id="half-open"),
        pytest.param(366, {"Nine", "Ten", "Fourteen", "Fifteen"}, id="a-whole-year"),
    ],
)
def test_sg3_birthday_window(shop: Store, days: int, expected: set[str]) -> None:
    for day, name in [(9, "Nine"), (10, "Ten"), (14, "Fourteen"), (15, "Fifteen")]:
        person(shop, name, birth_date=date(1990, 3, day))
    person(shop, "Unknown")

    found = who_fits(
        shop, [criterion("anniversary", anniversary_type="birthday", days=days)], now=NOW
    )

    assert found == expected


def test_sg3_birthday_window_crosses_the_year(shop: Store) -> None:
    person(shop, "January", birth_date=date(1990, 1, 2))
    person(shop, "December", birth_date=date(1990, 12, 30))
    person(shop, "Later", birth_date=date(1990, 1, 4))
    now = datetime(2026, 12, 30, 12, tzinfo=UTC)

    found = who_fits(shop, [criterion("anniversary", anniversary_type="birthday", days=5)], now=now)

    assert found == {"January", "December"}


@pytest.mark.parametrize(
    ("today", "is_today"),
    [
        pytest.param(date(2026, 2, 28), True, id="common-year-on-the-28th"),
        pytest.param(date(2026, 3, 1), False, id="common-year-not-in-march"),
        pytest.param(date(2028, 2, 28), False, id="leap-year-not-on-the-28th"),
        pytest.param(date(2028, 2, 29), True, id="leap-year-on-the-29th"),
        pytest.param(date(2100, 2, 28), True, id="no-leap-year-in-2100"),
    ],
)
def test_sg3_born_on_29_february(today: date, is_today: bool) -> None:
    assert (229 in anniversaries(today, 1)) is is_today


def test_sg3_anniversary_is_a_day_of_the_stores_zone(shop: Store) -> None:
    person(shop, "Alice", birth_date=date(1990, 3, 11))
    late = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)  # half past midnight in Warsaw
    birthday = [criterion("anniversary", anniversary_type="birthday", days=1)]

    assert who_fits(shop, birthday, now=late) == {"Alice"}
    assert who_fits(shop, birthday, now=late - timedelta(hours=1)) == set()


def test_sg3_registration_today_counts(shop: Store) -> None:
    person(shop, "Today", created_at=datetime(2026, 3, 9, 23, 30, tzinfo=UTC))  # 10 March there
    person(shop, "Years", created_at=datetime(2020, 3, 10, 12, tzinfo=UTC))
    person(shop, "Yesterday", created_at=datetime(2026, 3, 9, 12, tzinfo=UTC))

    found = who_fits(
        shop, [criterion("anniversary", anniversary_type="registration", days=1)], now=NOW
    )

    assert found == {"Today", "Years"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"from_amount": "10", "to_amount": "20"}, {"Ten", "Twenty"}, id="inclusive"),
        pytest.param({"from_amount": "10.01"}, {"Twenty", "More"}, id="open-end"),
        pytest.param({"to_amount": "10"}, {"Nothing", "Ten"}, id="open-begin"),
        pytest.param({"from_amount": "0", "to_amount": "0"}, {"Nothing"}, id="nothing-spent"),
    ],
)
def test_sg3_transaction_amount(shop: Store, values: dict[str, str], expected: set[str]) -> None:
    for name, amount in [("Nothing", 0), ("Ten", 10), ("Twenty", 20), ("More", "20.01")]:
        person(shop, name, transactions_amount=Decimal(amount))

    assert who_fits(shop, [criterion("transaction_amount", **values)], now=NOW) == expected


def test_sg3_average_is_rounded_and_0_without_purchases(shop: Store) -> None:
    person(shop, "Third", transactions_amount=Decimal(10), transactions_count=3)
    person(shop, "Nothing")
    average = "average_transaction_amount"

    third = criterion(average, from_amount="3.33", to_amount="3.33")
    nothing = criterion(average, from_amount="0", to_amount="0")

    assert who_fits(shop, [third], now=NOW) == {"Third"}
    assert who_fits(shop, [nothing], now=NOW) == {"Nothing"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"min": 1, "max": 2}, {"One", "Two"}, id="inclusive"),
        pytest.param({"min": 3}, {"Three"}, id="at-least"),
        pytest.param({"max": 0}, {"Zero"}, id="none"),
    ],
)
def test_sg3_transaction_count(shop: Store, values: dict[str, int], expected: set[str]) -> None:
    for count, name in enumerate(["Zero", "One", "Two", "Three"]):
        person(shop, name, transactions_count=count)

    assert who_fits(shop, [criterion("transaction_count", **values)], now=NOW) == expected


def test_sg3_bought_in_any_of_the_points_of_sale(shop: Store) -> None:
    north, south, east = (PosFactory(shop) for _ in range(3))
    for name, pos in [("North", north), ("South", south), ("East", east)]:
        SaleFactory(person(shop, name), pos_uuid=pos.uuid)
    SaleFactory(person(shop, "Web"))

    either = criterion("bought_in_pos", pos_ids=[str(north.uuid), str(south.uuid).upper()])

    assert who_fits(shop, [either], now=NOW) == {"North", "South"}


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        pytest.param(20, {"Alice", "Half"}, id="below"),
        pytest.param(30, {"Alice", "Half"}, id="3-of-10-is-30"),
        pytest.param("30.01", {"Half"}, id="above"),
        pytest.param(100, set(), id="all"),
    ],
)
def test_sg3_percent_in_pos(shop: Store, percent: object, expected: set[str]) -> None:
    north, south = PosFactory(shop), PosFactory(shop)
    alice, half = person(shop, "Alice"), person(shop, "Half")
    person(shop, "Nothing")
    for number in range(10):
        SaleFactory(alice, pos_uuid=(north if number < 3 else south).uuid)
    SaleFactory(half, pos_uuid=north.uuid)
    SaleFactory(half)

    share = criterion("transaction_percent_in_pos", pos_id=str(north.uuid), percent=percent)

    assert who_fits(shop, [share], now=NOW) == expected


def test_sg3_texts_of_lines_compare_case_insensitively(shop: Store) -> None:
    SaleFactory(person(shop, "Tea"), lines=(line(sku="Tea-1", maker="Best"),))
    SaleFactory(person(shop, "Red"), lines=(line(sku="X", labels=[("Color", "Red")]),))
    SaleFactory(person(shop, "Blue"), lines=(line(sku="X", labels=[("color", "blue")]),))

    def found(type: str, **values: object) -> set[str]:
        return who_fits(shop, [criterion(type, **values)], now=NOW)

    assert found("bought_skus", sku_ids=["tEA-1", "none"]) == {"Tea"}
    assert found("bought_makers", makers=["BEST"]) == {"Tea"}
    assert found("bought_labels", labels=[{"key": "color", "value": "RED"}]) == {"Red"}
    assert found("bought_skus", sku_ids=["none"]) == set()


def test_sg3_a_label_needs_its_own_value(shop: Store) -> None:
    mixed = (line(labels=[("color", "blue"), ("size", "red")]),)
    SaleFactory(person(shop, "Mixed"), lines=mixed)
    wanted = [{"key": "color", "value": "red"}, {"key": "size", "value": "blue"}]

    assert who_fits(shop, [criterion("bought_labels", labels=wanted)], now=NOW) == set()


def test_sg3_purchase_period_includes_both_ends(shop: Store) -> None:
    for day, name in [(1, "First"), (2, "Second"), (3, "Third")]:
        SaleFactory(person(shop, name), purchased_at=datetime(2026, 3, day, tzinfo=UTC))
    begin, end = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)

    inside = criterion("purchase_period", from_date=begin, to_date=end)

    assert who_fits(shop, [inside], now=NOW) == {"First", "Second"}


@pytest.mark.parametrize(
    ("purchased_at", "is_in"),
    [
        pytest.param(datetime(2026, 3, 7, 23, tzinfo=UTC), True, id="midnight-two-days-ago"),
        pytest.param(datetime(2026, 3, 7, 22, 59, tzinfo=UTC), False, id="a-minute-before"),
        pytest.param(NOW, True, id="now"),
        pytest.param(NOW + timedelta(seconds=1), False, id="not-yet"),
    ],
)
def test_sg3_last_purchase_counts_from_a_local_midnight(
    shop: Store, purchased_at: datetime, is_in: bool
) -> None:
    SaleFactory(person(shop, "Alice"), purchased_at=purchased_at, now=NOW + timedelta(days=1))

    found = who_fits(shop, [criterion("last_purchase_n_days_before", days=2)], now=NOW)

    assert bool(found) is is_in


def test_sg4_returns_count_as_transactions(shop: Store) -> None:
    alice, pos = person(shop, "Alice"), PosFactory(shop)
    sale = SaleFactory(alice, "10.00")
    ReturnFactory(sale, "10.00", pos_uuid=pos.uuid)

    found = who_fits(shop, [criterion("bought_in_pos", pos_ids=[str(pos.uuid)])], now=NOW)

    assert found == {"Alice"}


def test_sg3_labels_of_customers(shop: Store) -> None:
    person(shop, "Vip", labels=[{"key": "VIP", "value": "Gold"}])
    person(
        shop, "Silver", labels=[{"key": "vip", "value": "silver"}, {"key": "x", "value": "gold"}]
    )
    person(shop, "Plain")
    gold = [{"key": "vip", "value": "gold"}]

    keys = criterion("customer_has_labels", labels=[{"key": "vip"}])
    pairs = criterion("customer_with_labels_values", labels=gold)
    alias = criterion("customer_has_labels_with_values", labels=gold)

    assert who_fits(shop, [keys], now=NOW) == {"Vip", "Silver"}
    assert who_fits(shop, [pairs], now=NOW) == {"Vip"}
    assert who_fits(shop, [alias], now=NOW) == {"Vip"}


def test_sg3_customer_list_by_id_email_phone_and_card(shop: Store) -> None:
    by_id = person(shop, "Id")
    person(shop, "Email", email="list@example.com")
    person(shop, "Phone", phone="+48601234567")
    person(shop, "Card", loyalty_card_number="Card-9")
    person(shop, "Unlisted")
    listed = [str(by_id.uuid), "LIST@example.com", "+48 601 234 567", "card-9"]

    found = who_fits(shop, [criterion("customer_list", customers=listed)], now=NOW)

    assert found == {"Id", "Email", "Phone", "Card"}


@pytest.mark.parametrize(
    "status", [CustomerStatus.NEW, CustomerStatus.BLOCKED, CustomerStatus.DELETED]
)
def test_sg3_only_active_customers_enter(shop: Store, status: CustomerStatus) -> None:
    person(shop, "Alice", status=status)

    assert who_fits(shop, [criterion("transaction_count", min=0)], now=NOW) == set()


def test_sg2_criteria_are_ored_and_parts_are_anded(shop: Store) -> None:
    pos = PosFactory(shop)
    rich_here = person(shop, "RichHere")
    SaleFactory(rich_here, "500.00", pos_uuid=pos.uuid)
    SaleFactory(person(shop, "Rich"), "500.00")
    SaleFactory(person(shop, "Here"), "5.00", pos_uuid=pos.uuid)
    person(shop, "VipHere", labels=[{"key": "vip", "value": "1"}])
    person(shop, "Nobody")
    rich = criterion("transaction_amount", from_amount="100")
    vip = criterion("customer_has_labels", labels=[{"key": "vip"}])
    here = criterion("bought_in_pos", pos_ids=[str(pos.uuid)])
    tea = criterion("bought_skus", sku_ids=["SKU1"])

    assert who_fits(shop, [rich, vip], now=NOW) == {"RichHere", "Rich", "VipHere"}
    assert who_fits(shop, [rich], [here], now=NOW) == {"RichHere"}
    assert who_fits(shop, [vip, here], now=NOW) == {"VipHere", "RichHere", "Here"}
    assert who_fits(shop, [here, tea], [rich, vip], now=NOW) == {"RichHere", "Rich"}


def test_purchases_without_a_customer_and_of_other_stores_count_for_nobody(shop: Store) -> None:
    person(shop, "Alice")
    UnmatchedSaleFactory(shop, "10.00")
    SaleFactory(CustomerFactory(StoreFactory(), first_name="Eve"), "10.00")

    assert who_fits(shop, [criterion("bought_skus", sku_ids=["SKU1"])], now=NOW) == set()
