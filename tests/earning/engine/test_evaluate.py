"""The worked figures of ER-8…17."""

from decimal import Decimal

import pytest

from earning import engine
from earning.engine import EarnByValue, EarnPerLine, LabelMode, Multiply, MultiplyByLabels
from tests.factories.earning import engine_context, engine_label, engine_line, engine_rule

CART = (
    engine_line("123", "12.00", "color:red"),
    engine_line("000", "100.00", "color:blue"),
    engine_line("0001", "40.00"),
)
DELIVERY = frozenset({"0001"})
RED, BLUE = engine_label("color:red"), engine_label("color:blue")


def rate(points, *, last=False, **fields):
    """Points per unit of money; delivery counts unless said otherwise."""
    effect = EarnByValue(Decimal(points), **{"excludes_delivery": False} | fields)
    return engine_rule(effect, is_last_executed=last)


def times(factor, *, sku=None, label=None, last=False):
    effect = Multiply(
        Decimal(factor),
        skus=frozenset({sku} if sku else ()),
        labels=frozenset({label} if label else ()),
    )
    return engine_rule(effect, is_last_executed=last)


def by_labels(*factors):
    return engine_rule(MultiplyByLabels(tuple((label, Decimal(by)) for label, by in factors)))


def product(sku, points, *, last=False):
    effect = EarnPerLine(Decimal(points), skus=frozenset({sku}))
    return engine_rule(effect, is_last_executed=last)


EXCLUDE_RED = {"label_mode": LabelMode.EXCLUDE, "excluded_labels": frozenset({RED})}
INCLUDE_RED = {"label_mode": LabelMode.INCLUDE, "included_labels": frozenset({RED})}
INCLUDE_NOTHING = {"label_mode": LabelMode.INCLUDE}
IGNORE_RED = {
    "label_mode": LabelMode.IGNORE,
    "excluded_labels": frozenset({RED}),
    "included_labels": frozenset({BLUE}),
}


@pytest.mark.parametrize(
    ("rules", "points"),
    [
        pytest.param([], "0", id="no rule"),
        pytest.param([rate(4)], "608", id="ER-9 ER-10 rate 4, delivery included"),
        pytest.param([rate(4, excludes_delivery=True)], "448", id="ER-9 rate 4, delivery excluded"),
        pytest.param([rate(4, **EXCLUDE_RED)], "560", id="ER-9 rate 4, red excluded"),
        pytest.param([rate(4, **INCLUDE_RED)], "48", id="rate 4, only red"),
        pytest.param([rate(4, **INCLUDE_NOTHING)], "0", id="rate 4, only labels of an empty list"),
        pytest.param([rate(4, **IGNORE_RED)], "608", id="rate 4, label lists ignored"),
        pytest.param(
            [rate(4, excluded_skus=frozenset({"000"}))], "208", id="rate 4, SKU 000 excluded"
        ),
        pytest.param([rate(10), rate(4)], "2128", id="ER-8 rates add"),
        pytest.param([rate(4, order_value_min=Decimal(100))], "608", id="minimum 100 reached"),
        pytest.param([rate(4, order_value_min=Decimal(152))], "608", id="minimum 152 just reached"),
        pytest.param([rate(4, order_value_min=Decimal(300))], "0", id="ER-9 minimum 300 missed"),
        pytest.param(
            [rate(4, order_value_min=Decimal(120), excludes_delivery=True)],
            "0",
            id="delivery does not count towards the minimum where it is excluded",
        ),
        pytest.param(
            [rate(4, order_value_min=Decimal(150), **EXCLUDE_RED)],
            "560",
            id="excluded labels count towards the minimum",
        ),
        pytest.param(
            [rate(4, order_value_min=Decimal(150), excluded_skus=frozenset({"000"}))],
            "208",
            id="excluded SKUs count towards the minimum",
        ),
        pytest.param([rate(4), times(3, sku="123")], "704", id="ER-11 times 3 on SKU 123"),
        pytest.param([rate(4), times(3, label=RED)], "704", id="ER-11 times 3 on red"),
        pytest.param(
            [rate(4), times(3, sku="123", label=RED)], "704", id="SKU and label match once"
        ),
        pytest.param([times(3, sku="123"), rate(4)], "704", id="rates run before multipliers"),
        pytest.param([times(3, sku="123")], "0", id="ER-11 nothing to multiply"),
        pytest.param(
            [rate(4), by_labels((RED, 3), (BLUE, 6))], "2704", id="ER-12 labels red 3 and blue 6"
        ),
        pytest.param(
            [rate(4), by_labels((RED, 0), (BLUE, 2))], "960", id="ER-12 labels red 0 and blue 2"
        ),
        pytest.param([rate(4), product("123", 100)], "708", id="ER-13 product 123 gives 100"),
        pytest.param(
            [rate(4), product("123", 100), times(3, sku="123")],
            "804",
            id="products come after multipliers",
        ),
        pytest.param(
            [rate(4), rate(10), times(3, label=RED), times(5, label=BLUE), product("000", 200)],
            "8264",
            id="ER-8 all of them together",
        ),
        pytest.param(
            [rate(1), rate(1, last=True), rate(10)], "304", id="ER-15 nothing after the last rule"
        ),
        pytest.param(
            [rate(1), rate(1, last=True, order_value_min=Decimal(1_000_000)), rate(2)],
            "456",
            id="ER-15 a last rule that missed its minimum stops nothing",
        ),
        pytest.param(
            [rate(1), times(2, sku="unknown", last=True), product("123", 100)],
            "152",
            id="ER-15 a last multiplier stops though no line matched",
        ),
        pytest.param(
            [rate(1), product("unknown", 100, last=True), product("123", 100)],
            "152",
            id="a last product rule stops though no line matched",
        ),
    ],
)
def test_worked_figures(rules, points):
    found = evaluate(rules, *CART, delivery_skus=DELIVERY)

    assert found.points == Decimal(points)


def test_a_factor_of_two_on_one_of_three_lines():
    lines = [engine_line("1", "3"), engine_line("2", "20"), engine_line("SKU123", "20")]

    found = evaluate([rate("2.3"), times(2, sku="SKU123")], *lines)

    assert found.points == Decimal("144.90")


def test_all_matching_labels_of_a_line_multiply():
    """ER-12."""
    line = engine_line("1", "10", "color:red", "size:xl")
    factors = by_labels((RED, 3), (engine_label("size:xl"), 2))

    found = evaluate([rate(1), factors], line)

    assert found.points == Decimal(60)


def test_two_lines_with_one_sku_collect_apart():
    """ER-17, C9: the original multiplied the shared sum once for each line and gave 120."""
    found = evaluate([rate(1), times(2, sku="A")], engine_line("A", "10"), engine_line("A", "20"))

    assert found.points == Decimal(60)


def test_a_product_pays_once_for_each_line():
    """ER-13."""
    found = evaluate([product("A", 50)], engine_line("A", "10"), engine_line("A", "20"))

    assert found.points == Decimal(100)


@pytest.mark.parametrize(
    ("decimals", "value", "points"),
    [
        pytest.param(2, "0.005", "0.01", id="half goes up"),
        pytest.param(2, "0.0049", "0.00", id="less goes down"),
        pytest.param(0, "2.5", "3", id="whole points"),
        pytest.param(4, "1.00005", "1.0001", id="four decimals"),
    ],
)
def test_the_sum_is_rounded_half_up_to_the_point_types_decimals(decimals, value, points):
    found = evaluate([rate(1)], engine_line("A", value), decimals=decimals)

    assert str(found.points) == points


def test_lines_are_not_rounded_each():
    """ER-16: three lines of 0.004 are 0.012, not three times nothing."""
    found = evaluate([rate(1)], *(engine_line(sku, "0.004") for sku in "ABC"))

    assert found.points == Decimal("0.01")


def test_the_most_recently_edited_of_one_priority_runs_first():
    """ER-8; of the factory's rules the first was edited last."""
    newer, older = rate(1), rate(2)

    found = evaluate([older, newer], *CART)

    assert [outcome.rule_id for outcome in found.outcomes] == [newer.id, older.id]


def test_the_comment_names_the_rules_that_gave_something_in_order():
    """ER-16, PA-21."""
    spend, twice, idle = rate(1), times(2, sku="123"), product("unknown", 5)

    found = evaluate([idle, twice, spend], *CART)

    assert found.comment == f"{spend.name}, {twice.name}"


def test_more_than_the_ledger_holds_is_refused():
    huge = [rate("999999999999"), times("999999999999", sku="123")]

    with pytest.raises(engine.TooManyPoints):
        evaluate(huge, *CART)


def test_a_hundred_huge_factors_are_refused_like_one():
    factors = [times("999999999999", sku="123") for _ in range(100)]

    with pytest.raises(engine.TooManyPoints):
        evaluate([rate(1), *factors], *CART)


def test_lines_of_negative_value_never_make_the_sum_negative():
    found = evaluate([rate(1)], engine_line("A", "5"), engine_line("discount", "-8"))

    assert (found.exact, found.points) == (Decimal("-3"), Decimal(0))


def evaluate(rules, *lines, **fields):
    return engine.evaluate(engine.compile_rules(rules), engine_context(*lines, **fields))
