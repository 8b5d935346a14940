"""What documents count for, in money and points. Source: TX-14…20."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactions.amounts import NOTHING, Amounts, Totals, count_sale, points_to_take_back

ZERO = Decimal(0)


def amounts(gross: str, without_delivery: str | None = None, excluded: str = "0") -> Amounts:
    return Amounts(Decimal(gross), Decimal(without_delivery or gross), Decimal(excluded))


@pytest.mark.parametrize(
    ("sales", "count", "amount"),
    [
        pytest.param([("9", [])], 1, "9", id="a-sale-counts"),
        pytest.param([("9", ["3"])], 1, "6", id="a-partial-return-leaves-the-count"),
        pytest.param([("9", ["9"])], 0, "0", id="a-full-return-takes-the-count"),
        pytest.param([("9", ["3", "6"])], 0, "0", id="parts-make-a-full-return"),
        pytest.param([("9", ["9"]), ("9", ["3"]), ("9", ["9"])], 1, "6", id="first-of-TX-16"),
        pytest.param([("9", ["3", "6", "6"])], 0, "0", id="second-of-TX-16"),
        pytest.param([("9", ["3", "6", "6"]), ("5", [])], 1, "5", id="floor-stays-in-its-sale"),
        pytest.param([("0", [])], 1, "0", id="a-gift-counts"),
        pytest.param([("0", ["0"])], 0, "0", id="a-gift-given-back-does-not"),
        pytest.param([("9", ["0"])], 1, "9", id="a-return-of-nothing"),
    ],
)
def test_totals_follow_the_worked_examples(sales, count, amount):
    totals = sum(
        (count_sale(amounts(gross), [amounts(r) for r in returns]) for gross, returns in sales),
        start=NOTHING,
    )

    assert (totals.count, totals.amount) == (count, Decimal(amount))


def test_a_return_takes_off_delivery_and_exclusions_as_far_as_the_sale_had_them():
    sale = amounts("100", "80", "30")

    left = count_sale(sale, [amounts("50", "50", "0"), amounts("20", "0", "10")])

    assert left == Totals(1, Decimal(30), Decimal(30), Decimal(20))


def test_what_does_not_count_for_the_level_is_never_more_than_what_is_left():
    left = count_sale(amounts("100", "100", "60"), [amounts("80", "80", "0")])

    assert left.excluded_for_level == Decimal(20)


money = st.decimals(min_value=0, max_value=10**6, places=2)
documents = st.builds(Amounts, money, money, money)


@given(documents, st.lists(documents, max_size=6), st.randoms())
def test_the_order_of_returns_does_not_matter(sale, returns, random):
    shuffled = random.sample(returns, len(returns))

    assert count_sale(sale, shuffled) == count_sale(sale, returns)


@given(documents, st.lists(documents, max_size=6))
def test_adding_each_change_gives_what_counting_at_once_gives(sale, returns):
    total = count_sale(sale)

    for number in range(len(returns)):
        total += count_sale(sale, returns[: number + 1]) - count_sale(sale, returns[:number])

    assert total == count_sale(sale, returns)


@given(documents, st.lists(documents, max_size=6))
def test_no_total_is_ever_negative(sale, returns):
    left = count_sale(sale, returns)

    assert left.count >= 0
    assert ZERO <= left.amount <= sale.gross
    assert ZERO <= left.without_delivery <= left.amount
    assert ZERO <= left.excluded_for_level <= left.amount


@pytest.mark.parametrize(
    ("earned", "taken_back", "sale", "returned", "cost"),
    [
        pytest.param("70", "0", "40.00", "20.00", "35.00", id="cart-of-TX-19-by-value"),
        pytest.param("1000", "0", "200", "100", "500.00", id="half-of-TX-19"),
        pytest.param("10", "0", "30.00", "10.00", "3.33", id="a-third-of-TX-19"),
        pytest.param("10", "3.33", "30.00", "10.00", "3.33", id="the-second-third"),
        pytest.param("10", "6.66", "30.00", "10.00", "3.33", id="the-last-third"),
        pytest.param("10", "0", "30.00", "30.00", "10.00", id="all"),
        pytest.param("10", "9", "30.00", "10.00", "1.00", id="clamped-to-what-is-left-TX-20"),
        pytest.param("10", "10", "30.00", "10.00", "0", id="all-taken-back-already-TX-20"),
        pytest.param("10", "12", "30.00", "10.00", "0", id="more-taken-back-than-counts-now"),
        pytest.param("0", "0", "30.00", "10.00", "0", id="earned-nothing"),
        pytest.param("5", "0", "0", "0", "5", id="a-gift-that-earned-is-given-back"),
        pytest.param("1", "0", "3", "0", "0", id="a-return-of-nothing"),
        pytest.param("0.25", "0", "2", "0.02", "0.00", id="rounds-down-below-half"),
        pytest.param("0.25", "0", "2", "0.04", "0.01", id="rounds-half-up"),
    ],
)
def test_points_to_take_back(earned, taken_back, sale, returned, cost):
    points = points_to_take_back(
        earned=Decimal(earned),
        taken_back=Decimal(taken_back),
        sale_gross=Decimal(sale),
        return_gross=Decimal(returned),
        decimals=2,
    )

    assert points == Decimal(cost)


def test_points_are_rounded_to_the_decimals_of_their_type():
    share = {
        "earned": Decimal(10),
        "taken_back": ZERO,
        "sale_gross": Decimal(30),
        "return_gross": Decimal(10),
    }

    assert points_to_take_back(**share, decimals=0) == Decimal(3)
    assert points_to_take_back(**share, decimals=4) == Decimal("3.3333")
