"""How many baskets of ten lines a core prices per second against a hundred active rules.

Counted in seconds of the processor, so that what else the machine does stays out of it.
"""

import time
from datetime import UTC, datetime
from decimal import Decimal

from earning import engine

LEVEL_ID, POS_ID = 7, 3
FLOOR_PER_SECOND = 500
SECONDS = 3.0
EDITED_AT = datetime(2026, 1, 1, tzinfo=UTC)
COLORS = ("red", "blue", "green")


def run(seconds: float = SECONDS) -> tuple[str, float, float, float]:
    """Return the name, evaluations per second with all reasons, the floor, and their ratio."""
    rules, context = engine.compile_rules(make_rules(100)), make_context(10)
    found = engine.evaluate(rules, context)
    # What is measured must be the real thing: every rule touches lines and has its reasons.
    assert len(found.outcomes) == 100
    assert sum(len(outcome.changes) for outcome in found.outcomes) > 500

    count, begun = 0, time.process_time()
    while time.process_time() - begun < seconds:
        for _ in range(50):
            engine.evaluate(rules, context)
        count += 50
    rate = count / (time.process_time() - begun)
    return "earning: 10 lines, 100 rules", rate, FLOOR_PER_SECOND, rate / FLOOR_PER_SECOND


def make_rules(count: int) -> list[engine.Rule]:
    """Return rules of all four types in turn, with every sort of condition, all fitting."""
    return [
        engine.Rule(
            id=number,
            uuid=str(number),
            name=f"Rule {number}",
            type="any",
            effect=_effect(number),
            edited_at=EDITED_AT,
            level_ids=frozenset({LEVEL_ID, 8}),
            segment_ids=frozenset({5}),
            pos_ids=frozenset({POS_ID, 4}),
            starts_at=EDITED_AT,
            ends_at=datetime(2027, 1, 1, tzinfo=UTC),
        )
        for number in range(count)
    ]


def _effect(number: int) -> engine.Effect:
    match number % 4:
        case 0:
            return engine.EarnByValue(
                Decimal("1.50"),
                excluded_skus=frozenset({"SKU3"}),
                excluded_labels=frozenset({("material", "wool")}),
                order_value_min=Decimal(10),
            )
        case 1:
            return engine.Multiply(
                Decimal("1.10"),
                skus=frozenset({"SKU1", "SKU2", "SKU7"}),
                labels=frozenset({("color", "red")}),
            )
        case 2:
            return engine.MultiplyByLabels(
                ((("color", "red"), Decimal("1.10")), (("color", "blue"), Decimal("1.20")))
            )
        case _:
            return engine.EarnPerLine(Decimal(10), skus=frozenset({"SKU5", "SKU6"}))


def make_context(line_count: int) -> engine.Context:
    lines = tuple(
        engine.Line(
            sku=f"SKU{number}",
            gross_value=Decimal("12.34"),
            labels=frozenset({("color", COLORS[number % 3]), ("season", "summer")}),
        )
        for number in range(line_count)
    )
    purchase = engine.Purchase(
        lines=lines,
        purchased_at=datetime(2026, 3, 14, 12, tzinfo=UTC),
        pos_id=POS_ID,
        delivery_skus=frozenset({"SKU9"}),
    )
    return engine.Context(
        purchase=purchase, customer=engine.CustomerFacts(LEVEL_ID, frozenset({5, 6}))
    )


if __name__ == "__main__":
    print("{}: {:.0f}/s, floor {}/s, ratio {:.2f}".format(*run()))  # noqa: T201
