"""What the engine says of rules that gave nothing, and of lines that were passed over."""

from datetime import timedelta
from decimal import Decimal

import pytest

from earning import engine
from earning.engine import (
    EarnByValue,
    EarnPerLine,
    Exclusion,
    LabelMode,
    LineChange,
    LineExclusion,
    Multiply,
    Reason,
)
from tests.factories.earning import (
    BOUGHT_AT,
    LEVEL_ID,
    engine_context,
    engine_label,
    engine_line,
    engine_rule,
)

LINE = engine_line("123", "12.00", "color:red")
SPEND = EarnByValue(Decimal(4))
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("rule", "reason", "detail"),
    [
        pytest.param(engine_rule(SPEND, is_active=False), Reason.INACTIVE, None, id="switched off"),
        pytest.param(
            engine_rule(SPEND, starts_at=BOUGHT_AT + SECOND, ends_at=BOUGHT_AT + 2 * SECOND),
            Reason.WINDOW,
            {"from": "2026-03-14T12:00:01+00:00", "until": "2026-03-14T12:00:02+00:00"},
            id="not begun",
        ),
        pytest.param(
            engine_rule(SPEND, ends_at=BOUGHT_AT - SECOND),
            Reason.WINDOW,
            {"from": None, "until": "2026-03-14T11:59:59+00:00"},
            id="over",
        ),
        pytest.param(
            engine_rule(SPEND, level_ids=frozenset({8}), segment_ids=frozenset({2, 1})),
            Reason.TARGET,
            {"levels": [8], "segments": [1, 2]},
            id="for others",
        ),
        pytest.param(
            engine_rule(SPEND, level_ids=frozenset()),
            Reason.TARGET,
            {"levels": [], "segments": []},
            id="for nobody",
        ),
        pytest.param(
            engine_rule(SPEND, pos_ids=frozenset({3})), Reason.POS, {"pos": [3]}, id="elsewhere"
        ),
        pytest.param(
            engine_rule(EarnByValue(Decimal(4), order_value_min=Decimal("12.01"))),
            Reason.MINIMUM,
            {"minimum": "12.01", "without_delivery": True},
            id="too small",
        ),
        pytest.param(
            engine_rule(EarnPerLine(Decimal(5), frozenset({"other"}))),
            Reason.NO_LINE,
            None,
            id="no such product",
        ),
        pytest.param(
            engine_rule(EarnByValue(Decimal(4), excluded_skus=frozenset({"123"}))),
            Reason.NO_LINE,
            None,
            id="every line excluded",
        ),
        pytest.param(
            engine_rule(Multiply(Decimal(3), skus=frozenset({"123"}))),
            Reason.NOTHING_COLLECTED,
            None,
            id="nothing to multiply",
        ),
        pytest.param(engine_rule(EarnByValue(Decimal(0))), Reason.WORTH_NOTHING, None, id="rate 0"),
    ],
)
def test_a_rule_that_gave_nothing_says_why(rule, reason, detail):
    [outcome] = evaluate([rule], LINE).outcomes

    assert (outcome.reason, outcome.detail, outcome.points) == (reason, detail, 0)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"starts_at": BOUGHT_AT}, id="on its first second"),
        pytest.param({"ends_at": BOUGHT_AT}, id="on its last second"),
        pytest.param({"level_ids": frozenset({LEVEL_ID})}, id="by level"),
        pytest.param(
            {"level_ids": frozenset({8}), "segment_ids": frozenset({5})}, id="by segment alone"
        ),
        pytest.param({"pos_ids": frozenset({3, 4})}, id="at one of its POS"),
        pytest.param({"pos_ids": frozenset()}, id="anywhere"),
    ],
)
def test_a_rule_applies(fields):
    """ER-3…5."""
    context = engine_context(LINE, segment_ids=frozenset({5, 6}), pos_id=3)

    found = engine.evaluate(engine.compile_rules([engine_rule(SPEND, **fields)]), context)

    assert found.points == Decimal(48)


def test_rules_after_the_last_name_the_rule_that_stopped_them():
    last = engine_rule(SPEND, is_last_executed=True)
    later = engine_rule(EarnPerLine(Decimal(5), frozenset({"123"})))

    outcome = evaluate([last, later], LINE).outcomes[1]

    assert (outcome.reason, outcome.detail) == (Reason.STOPPED, {"by": last.id})


def test_a_rule_that_does_not_apply_says_so_rather_than_that_it_was_stopped():
    last = engine_rule(SPEND, is_last_executed=True)
    elsewhere = engine_rule(SPEND, pos_ids=frozenset({3}))

    outcome = evaluate([last, elsewhere], LINE).outcomes[1]

    assert outcome.reason is Reason.POS


def test_a_status_that_does_not_earn_asks_no_rule():
    """ER-6."""
    found = evaluate([engine_rule(SPEND)], LINE, status="blocked")

    assert (found.refusal, found.points) == (engine.Refusal.CUSTOMER_STATUS, 0)
    assert found.outcomes == ()


def test_a_status_that_the_store_lets_earn_earns():
    found = evaluate(
        [engine_rule(SPEND)], LINE, status="blocked", earning_statuses=frozenset({"blocked"})
    )

    assert found.points == Decimal(48)


@pytest.mark.parametrize(
    ("effect", "exclusion"),
    [
        pytest.param(
            EarnByValue(Decimal(4)), LineExclusion(0, Exclusion.DELIVERY), id="delivery costs"
        ),
        pytest.param(
            EarnByValue(Decimal(4), excludes_delivery=False, excluded_skus=frozenset({"123"})),
            LineExclusion(0, Exclusion.SKU),
            id="SKU",
        ),
        pytest.param(
            EarnByValue(
                Decimal(4),
                excludes_delivery=False,
                excluded_labels=frozenset({engine_label("color:red")}),
            ),
            LineExclusion(0, Exclusion.LABEL, "color:red"),
            id="label",
        ),
        pytest.param(
            EarnByValue(
                Decimal(4),
                excludes_delivery=False,
                label_mode=LabelMode.INCLUDE,
                included_labels=frozenset({engine_label("color:blue")}),
            ),
            LineExclusion(0, Exclusion.NO_LABEL),
            id="none of the labels",
        ),
    ],
)
def test_a_line_that_is_passed_over_says_why(effect, exclusion):
    [outcome] = evaluate([engine_rule(effect)], LINE, delivery_skus=frozenset({"123"})).outcomes

    assert outcome.excluded == (exclusion,)


def test_each_rule_tells_what_it_made_of_each_line():
    red = engine_label("color:red")
    lines = [LINE, engine_line("000", "100.00")]
    rules = [engine_rule(SPEND), engine_rule(Multiply(Decimal(3), labels=frozenset({red})))]

    spend, thrice = evaluate(rules, *lines).outcomes

    assert spend.changes == (
        LineChange(0, Decimal(0), Decimal(48), Decimal(4)),
        LineChange(1, Decimal(0), Decimal(400), Decimal(4)),
    )
    assert thrice.changes == (LineChange(0, Decimal(48), Decimal(144), Decimal(3), (red,)),)
    assert (spend.points, thrice.points) == (Decimal(448), Decimal(96))


def test_a_factor_below_one_takes():
    half = engine_rule(Multiply(Decimal("0.5"), skus=frozenset({"123"})))

    outcome = evaluate([engine_rule(SPEND), half], LINE).outcomes[1]

    assert outcome.points == Decimal(-24)


def evaluate(rules, *lines, **fields):
    return engine.evaluate(engine.compile_rules(rules), engine_context(*lines, **fields))
