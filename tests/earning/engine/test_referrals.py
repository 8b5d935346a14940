"""What an invitation pays: worked figures. The rules are tested on the invited person."""

from datetime import timedelta
from decimal import Decimal

import pytest

from earning import engine
from earning.engine import Person, Reason, Rewarded
from tests.factories.earning import BOUGHT_AT, LEVEL_ID, referral_rule

CAROL = engine.CustomerFacts(level_id=LEVEL_ID)


def evaluate(*rules, recipient=CAROL, event="register", **context):
    asked = engine.ReferralContext(
        event=event, happened_at=BOUGHT_AT, recipient=recipient, **context
    )
    return engine.evaluate_referral(engine.compile_referrals(rules), asked)


def paid(*rules, **context):
    points = evaluate(*rules, **context).points
    return points[Person.RECIPIENT], points[Person.REFERRER]


@pytest.mark.parametrize(
    ("rules", "recipient", "referrer"),
    [
        pytest.param([], 0, 0, id="RF-8 no rule"),
        pytest.param([("both", 50)], 50, 50, id="RF-8 both"),
        pytest.param([("referred", 30)], 30, 0, id="RF-8 the invited alone"),
        pytest.param([("referrer", 30)], 0, 30, id="RF-8 the referrer alone"),
        pytest.param([("referrer", 100), ("referrer", 80)], 0, 100, id="RF-8 highest of a type"),
        pytest.param(
            [("both", 50), ("referrer", 100), ("referrer", 80)], 50, 150, id="RF-8 types add up"
        ),
        pytest.param(
            [("both", 5), ("both", 7), ("referred", 1), ("referrer", 2)], 8, 9, id="RF-8 all types"
        ),
        pytest.param([("referrer", 10), ("referrer", 10)], 0, 10, id="RF-8 equals pay once"),
    ],
)
def test_pays_the_best_of_each_type(rules, recipient, referrer):
    made = [referral_rule(Rewarded(kind), points) for kind, points in rules]

    assert paid(*made) == (recipient, referrer)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"level_ids": frozenset({LEVEL_ID + 1})}, id="RF-7 another level"),
        pytest.param({"pos_ids": frozenset({3})}, id="RF-7 another POS"),
        pytest.param({"is_active": False}, id="ER-3 switched off"),
        pytest.param({"ends_at": BOUGHT_AT - timedelta(1)}, id="ER-3 over"),
        pytest.param({"event": "first_purchase"}, id="RF-7 another event"),
    ],
)
def test_pays_nothing_where_the_rule_does_not_hold(fields):
    assert paid(referral_rule(Rewarded.BOTH, 50, **fields)) == (0, 0)


def test_a_segment_of_the_recipient_is_enough():
    """RF-7, ER-4."""
    rule = referral_rule(Rewarded.BOTH, 50, level_ids=frozenset(), segment_ids=frozenset({9}))
    friend = engine.CustomerFacts(level_id=None, segment_ids=frozenset({9}))

    assert paid(rule, recipient=friend) == (50, 50)


def test_who_may_not_earn_gets_nothing_and_the_other_does():
    """ER-6."""
    both = referral_rule(Rewarded.BOTH, 50)

    assert paid(both, earning=frozenset({Person.RECIPIENT})) == (50, 0)
    assert paid(both, earning=frozenset({Person.REFERRER})) == (0, 50)


def test_says_which_rules_paid_and_why_the_others_did_not():
    """RF-8."""
    high, low = referral_rule(Rewarded.REFERRER, 100), referral_rule(Rewarded.REFERRER, 80)
    absent = referral_rule(Rewarded.BOTH, 50, level_ids=frozenset({99}))

    found = evaluate(low, high, absent)

    reasons = {outcome.rule_id: outcome.reason for outcome in found.outcomes}
    assert reasons == {high.id: None, low.id: Reason.NOT_BEST, absent.id: Reason.TARGET}
    assert [outcome.rule_id for outcome in found.paying[Person.REFERRER]] == [high.id]


def test_rounds_to_the_decimals_of_the_points():
    """ER-16."""
    assert paid(referral_rule(Rewarded.BOTH, "0.5"), decimals=0) == (1, 1)
    assert paid(referral_rule(Rewarded.BOTH, "0.4"), decimals=0) == (Decimal(0), 0)
