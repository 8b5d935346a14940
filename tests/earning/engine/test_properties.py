"""What holds of every evaluation, whatever the rules and the basket."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from earning import engine
from earning.engine import EarnByValue, EarnPerLine, LabelMode, Multiply, MultiplyByLabels
from tests.factories.earning import LEVEL_ID, engine_context

SKUS = ["A", "B", "C", "delivery"]
LABELS = [("color", "red"), ("color", "blue"), ("size", "xl")]

amounts = st.decimals("0", "99999.99", places=2)
factors = st.decimals("0", "10", places=2)
skus = st.frozensets(st.sampled_from(SKUS))
labels = st.frozensets(st.sampled_from(LABELS))
effects = st.one_of(
    st.builds(
        EarnByValue,
        rate=factors,
        excluded_skus=skus,
        label_mode=st.sampled_from(LabelMode),
        included_labels=labels,
        excluded_labels=labels,
        excludes_delivery=st.booleans(),
        order_value_min=amounts,
    ),
    st.builds(Multiply, factor=factors, skus=skus, labels=labels),
    st.builds(
        MultiplyByLabels,
        factors=st.lists(st.tuples(st.sampled_from(LABELS), factors), max_size=3).map(tuple),
    ),
    st.builds(EarnPerLine, points=amounts, skus=skus),
)
lines = st.builds(engine.Line, sku=st.sampled_from(SKUS), gross_value=amounts, labels=labels)


@st.composite
def rule_lists(draw):
    return [
        engine.Rule(
            id=number,
            uuid=str(number),
            name=f"Rule {number}",
            type="any",
            effect=draw(effects),
            # Few instants, so that many rules tie.
            edited_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=draw(st.integers(0, 2))),
            level_ids=frozenset(draw(st.sampled_from([(LEVEL_ID,), (1,), ()]))),
            segment_ids=frozenset(draw(st.sampled_from([(), (5,)]))),
            pos_ids=frozenset(draw(st.sampled_from([(), (3,)]))),
            is_active=draw(st.booleans()),
            is_last_executed=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 8)))
    ]


contexts = st.builds(
    lambda lines, status, decimals: engine_context(
        *lines, status=status, decimals=decimals, pos_id=3, delivery_skus=frozenset({"delivery"})
    ),
    st.lists(lines, max_size=6),
    st.sampled_from(["active", "active", "blocked"]),
    st.integers(0, 4),
)


@given(rule_lists(), contexts)
def test_points_are_finite_never_negative_and_as_precise_as_the_point_type(rules, context):
    found = engine.evaluate(engine.compile_rules(rules), context)

    assert found.points.is_finite()
    assert found.points >= 0
    assert -found.points.as_tuple().exponent == context.decimals
    assert abs(found.points - found.exact) <= Decimal(1).scaleb(-context.decimals) / 2


@given(rule_lists(), contexts, st.randoms())
def test_the_order_in_which_rules_are_given_does_not_matter(rules, context, random):
    shuffled = random.sample(rules, len(rules))

    assert engine.evaluate(engine.compile_rules(shuffled), context) == engine.evaluate(
        engine.compile_rules(rules), context
    )


@given(rule_lists(), contexts)
def test_the_reasons_add_up(rules, context):
    """Line by line and rule by rule the explanation comes to the same sum; each rule is in it."""
    found = engine.evaluate(engine.compile_rules(rules), context)

    assert sum(line.points for line in found.lines) == found.exact
    assert sum(outcome.points for outcome in found.effective) == found.exact
    asked = {outcome.rule_id for outcome in found.outcomes}
    assert asked == (set() if found.refusal else {rule.id for rule in rules})


@given(rule_lists(), contexts)
def test_an_evaluation_survives_its_way_through_json(rules, context):
    found = engine.evaluate(engine.compile_rules(rules), context)

    assert engine.from_json(json.loads(json.dumps(engine.to_json(found)))) == found
