from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import CustomerStatus
from loyalty.core.models import Store
from tests.accounts.api.conftest import Clerk
from tests.factories import CustomerFactory, LevelFactory, PosFactory, SellerFactory
from tests.support.api import ApiClient


@pytest.fixture
def crowd(shop: Store) -> Store:
    """Ann, who buys a lot, Bob, who bought once long ago, and Cid, who is new."""
    now = timezone.now()
    CustomerFactory(
        shop,
        first_name="Ann",
        last_name="Archer",
        email="ann@example.com",
        phone="+48601234567",
        loyalty_card_number="0001",
        labels=[{"key": "vip", "value": "yes"}, {"key": "since", "value": "2019"}],
        created_at=now - timedelta(days=30),
        transactions_count=4,
        transactions_amount=Decimal(100),
        last_transaction_at=now - timedelta(days=1),
    )
    CustomerFactory(
        shop,
        first_name="Bob",
        last_name="Baker",
        email="bob@example.com",
        labels=[{"key": "vip", "value": "no"}],
        created_at=now - timedelta(days=20),
        transactions_count=1,
        transactions_amount=Decimal(10),
        last_transaction_at=now - timedelta(days=90),
        updated_at=now - timedelta(hours=50),
    )
    CustomerFactory(
        shop,
        first_name="Cid",
        last_name="Annandale",
        email="cid@shop.test",
        created_at=now - timedelta(days=10),
    )
    return shop


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.data
    return [row["firstName"] for row in answer.data["customers"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({}, "Cid Bob Ann", id="all-newest-first"),
        pytest.param({"firstName": "an"}, "Ann", id="first-name"),
        pytest.param({"lastName": "ann"}, "Cid", id="last-name"),
        pytest.param({"email": "example.com"}, "Bob Ann", id="email-contains"),
        pytest.param({"email": "example.com", "strict": 1}, "", id="email-strict-part"),
        pytest.param({"email": "ANN@example.com", "strict": 1}, "Ann", id="email-strict"),
        pytest.param({"phone": "601234"}, "Ann", id="phone"),
        pytest.param({"loyaltyCardNumber": "0001"}, "Ann", id="card"),
        pytest.param({"emailOrPhone": "bob@"}, "Bob", id="either-email"),
        pytest.param({"emailOrPhone": "601"}, "Ann", id="either-phone"),
        pytest.param({"transactionsAmountFrom": 10}, "Bob Ann", id="amount-from"),
        pytest.param({"transactionsAmountTo": "10.00"}, "Cid Bob", id="amount-to"),
        pytest.param({"transactionsAmount": 100}, "Ann", id="amount-exact"),
        pytest.param({"averageTransactionAmountFrom": 25}, "Ann", id="average-from"),
        pytest.param({"averageTransactionAmountTo": 10}, "Cid Bob", id="average-to"),
        pytest.param({"averageTransactionAmount": 0}, "Cid", id="average-none"),
        pytest.param({"transactionsCountFrom": 2}, "Ann", id="count-from"),
        pytest.param({"transactionsCountTo": 0}, "Cid", id="count-to"),
        pytest.param({"transactionsCount": 1}, "Bob", id="count-exact"),
        pytest.param({"daysFromLastTransactionTo": 2}, "Ann", id="days-to"),
        pytest.param({"daysFromLastTransaction": 100}, "Bob Ann", id="days-of-front-end"),
        pytest.param({"hoursFromLastUpdateTo": 49}, "Cid Ann", id="hours-to"),
        pytest.param({"labels[0][key]": "vip"}, "Bob Ann", id="label-key"),
        pytest.param({"labels[0][key]": "vip", "labels[0][value]": "yes"}, "Ann", id="label-pair"),
        pytest.param({"labels[0][value]": "no"}, "Bob", id="label-value"),
        pytest.param({"labels[0][key]": "vip", "labels[1][key]": "since"}, "Ann", id="two-labels"),
        pytest.param({"manuallyAssignedLevel": 1}, "", id="manual"),
        pytest.param({"manuallyAssignedLevel": 0}, "Cid Bob Ann", id="not-manual"),
        pytest.param({"firstName": ""}, "Cid Bob Ann", id="empty-filter"),
        pytest.param({"silenceQuery": "true"}, "Cid Bob Ann", id="unknown-parameter"),
    ],
)
def test_filters(sam: ApiClient, crowd: Store, query: dict[str, Any], expected: str) -> None:
    answer = sam.get(f"{crowd.code}/customer", query)

    assert names(answer) == expected.split()
    assert answer.data["total"] == len(expected.split())


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("firstName", "Ann Bob Cid"),
        ("createdAt", "Ann Bob Cid"),
        ("lastName", "Cid Ann Bob"),
        ("transactionsAmount", "Cid Bob Ann"),
        ("averageTransactionAmount", "Cid Bob Ann"),
        ("transactionsCount", "Cid Bob Ann"),
        ("daysFromLastTransaction", "Ann Bob Cid"),
    ],
)
def test_sorts(sam: ApiClient, crowd: Store, sort: str, expected: str) -> None:
    up = sam.get(f"{crowd.code}/customer", {"sort": sort, "direction": "asc"})
    down = sam.get(f"{crowd.code}/customer", {"sort": sort, "direction": "DESC"})

    assert names(up) == expected.split()
    assert names(down) == expected.split()[::-1]


def test_pages(sam: ApiClient, crowd: Store) -> None:
    answer = sam.get(f"{crowd.code}/admin/customer", {"page": 2, "perPage": 2})

    assert list(answer.data) == ["customers", "total"]
    assert names(answer) == ["Ann"]
    assert answer.data["total"] == 3


def test_scrolls_to_the_end_and_keeps_its_filters_cus60(sam: ApiClient, crowd: Store) -> None:
    first = sam.get(
        f"{crowd.code}/customer", {"scrollId": "", "perPage": 1, "email": "example.com"}
    )
    second = sam.get(f"{crowd.code}/customer", {"scrollId": first.data["scrollId"], "perPage": 1})
    third = sam.get(f"{crowd.code}/customer", {"scrollId": second.data["scrollId"], "perPage": 1})

    assert [names(first), names(second), names(third)] == [["Bob"], ["Ann"], []]
    assert [first.data["total"], third.data["total"]] == [2, 2]


@pytest.mark.parametrize("scroll", ["nonsense", "WyJhIl0:abc:def"])
def test_refuses_a_forged_scroll(sam: ApiClient, crowd: Store, scroll: str) -> None:
    assert sam.get(f"{crowd.code}/customer", {"scrollId": scroll}).status_code == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("transactionsAmountFrom", "NaN"),
        ("transactionsAmountTo", "1e400"),
        ("transactionsCountFrom", "many"),
        ("daysFromLastTransactionTo", "99999999999"),
        ("labels", "vip"),
    ],
)
def test_refuses_a_bound_that_is_none(sam: ApiClient, crowd: Store, name: str, value: str) -> None:
    answer = sam.get(f"{crowd.code}/customer", {name: value})

    assert answer.status_code == 400
    assert answer.data["form"]["children"][name]["errors"]


def test_leaves_the_deleted_and_other_stores_out(sam: ApiClient, crowd: Store) -> None:
    CustomerFactory(crowd, first_name="Gone", status=CustomerStatus.DELETED)
    CustomerFactory(first_name="Elsewhere")

    assert names(sam.get(f"{crowd.code}/customer")) == ["Cid", "Bob", "Ann"]


def test_is_for_staff_who_may_view_and_for_sellers(clerk: Clerk, crowd: Store) -> None:
    path = f"{crowd.code}/customer"

    assert clerk(CUSTOMER=["VIEW"]).get(path).status_code == 200
    assert ApiClient(SellerFactory(crowd)).get(path).status_code == 200
    assert ApiClient(CustomerFactory(crowd)).get(path).status_code == 403
    assert ApiClient().get(path).status_code == 401


def test_keeps_sellers_out_of_the_list_for_staff(crowd: Store) -> None:
    seller = ApiClient(SellerFactory(crowd))

    assert seller.get(f"{crowd.code}/admin/customer").status_code == 403


@pytest.mark.parametrize("count", [2, 20])
def test_asks_the_database_as_often_for_20_as_for_2(
    sam: ApiClient, shop: Store, count: int, django_assert_num_queries: Any
) -> None:
    LevelFactory(shop, condition_value=1)
    for _ in range(count):
        CustomerFactory(shop, pos=PosFactory(shop), seller=SellerFactory(shop))
    path = f"{shop.code}/customer?perPage={count}"
    sam.get(path)

    # The session with its principal, the store, the customers, what they bought, their number.
    with django_assert_num_queries(4):
        answer = sam.get(path)

    assert len(answer.data["customers"]) == count


def test_finds_who_stands_at_the_counter_cus62(crowd: Store) -> None:
    CustomerFactory(crowd, first_name="Dan", address={"city": "Wroclaw", "postal": "50-001"})
    client = ApiClient(SellerFactory(crowd))
    path = f"{crowd.code}/pos/search/customer"

    by_name = client.form("POST", path, {"search[firstName]": "ann", "search[lastName]": "arch"})
    by_place = client.form("POST", path, {"search[city]": "wroc", "search[postcode]": "50-"})

    assert names(by_name) == ["Ann"]
    assert names(by_place) == ["Dan"]
    assert list(by_name.data) == ["customers"]


@pytest.mark.parametrize("query", ["lastName=olci", "lastName=ÓŁCI", "firstName=%C5%81u"])
def test_finds_parts_with_or_without_marks_on_letters(sam: ApiClient, shop: Store, query) -> None:
    CustomerFactory(shop, first_name="Łukasz", last_name="Żółciński")
    CustomerFactory(shop, first_name="Bob")

    assert names(sam.get(f"{shop.code}/customer?{query}")) == ["Łukasz"]


def test_finds_a_city_with_or_without_marks_on_letters_at_the_counter(shop: Store) -> None:
    CustomerFactory(shop, first_name="Ola", address={"city": "Łódź"})
    CustomerFactory(shop, first_name="Bob", address={"city": "Wrocław"})
    client = ApiClient(SellerFactory(shop))

    answer = client.form("POST", f"{shop.code}/pos/search/customer", {"search[city]": "lodz"})

    assert names(answer) == ["Ola"]


def test_compares_letters_with_their_marks_where_strict(sam: ApiClient, shop: Store) -> None:
    CustomerFactory(shop, first_name="Łukasz")

    plain = sam.get(f"{shop.code}/customer?strict=1&firstName=lukasz")
    marked = sam.get(f"{shop.code}/customer?strict=1&firstName=łukasz")

    assert (names(plain), names(marked)) == ([], ["Łukasz"])


def test_asks_for_more_where_too_many_are_found_cus62(sam: ApiClient, shop: Store) -> None:
    for _ in range(21):
        CustomerFactory(shop)

    answer = sam.form("POST", f"{shop.code}/pos/search/customer", {"search[firstName]": "Alice"})

    assert answer.status_code == 400
    assert answer.data == {"error": "to many results"}


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        pytest.param("email", "LA-12@Ex", id="email"),
        pytest.param("phone", "1 234", id="phone"),
        pytest.param("loyaltyCardNumber", "d-7", id="card"),
        pytest.param("lastName", "ŻÓŁ", id="letters-beyond-ascii"),
        pytest.param("lastName", "ół", id="too-short-for-parts"),
        pytest.param("emailOrPhone", "123456", id="either"),
    ],
)
def test_finds_a_piece_out_of_the_middle(
    sam: ApiClient, shop: Store, name: str, piece: str
) -> None:
    """8.4: contains, whatever the case."""
    CustomerFactory(shop, last_name="Other", email="other@example.com")
    CustomerFactory(
        shop,
        last_name="Nieżółty",
        email="ela-12@example.com",
        phone="+48601234567",
        loyalty_card_number="Card-77",
    )

    found = sam.get(f"{shop.code}/customer", {name: piece}).data

    assert [row["lastName"] for row in found["customers"]] == ["Nieżółty"]
