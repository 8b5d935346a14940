"""Segments that a coffee club would have, over all kinds of criteria."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.models import Segment
from accounts.segments.criteria import CriterionData
from accounts.services import segments
from accounts.services.segments import SegmentData
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from loyalty.demo.ids import next_id
from loyalty.demo.program import FAIR_TRADE, PLACES


def criterion(type: str, **values: Any) -> CriterionData:
    return CriterionData(type, values)


# The first id is the one that the reference prints as the target of reward campaigns.
SEGMENTS = (
    (
        "00000000-0000-0000-0000-000000000002",
        SegmentData(
            name="Regulars",
            description="Ten cups and more: the people behind the counter know their names.",
            is_active=True,
            parts=[[criterion("transaction_count", min=10)]],
        ),
    ),
    (
        "00000000-0000-0000-0000-000000000003",
        SegmentData(
            name="Birthday this week",
            description="For the birthday coffee.",
            is_active=True,
            parts=[[criterion("anniversary", anniversary_type="birthday", days=7)]],
        ),
    ),
    (
        "00000000-0000-0000-0000-000000000004",
        SegmentData(
            name="Good guests who were here lately",
            description="100 euros or more in all, or 15 and more at a time; here this quarter.",
            is_active=True,
            parts=[
                [
                    criterion("transaction_amount", from_amount=Decimal(100)),
                    criterion("average_transaction_amount", from_amount=Decimal(15)),
                ],
                [criterion("last_purchase_n_days_before", days=90)],
            ],
        ),
    ),
    (
        "00000000-0000-0000-0000-000000000005",
        SegmentData(
            name="Beans at home",
            description="Who grinds at home, for news about roasts.",
            is_active=True,
            parts=[
                [
                    criterion("bought_skus", sku_ids=["BEANS-250", "BEANS-1000", "GRINDER"]),
                    criterion("bought_makers", makers=["Hario"]),
                ]
            ],
        ),
    ),
    (
        "00000000-0000-0000-0000-000000000006",
        SegmentData(
            name="Fair trade in Kraków and Wrocław",
            description="For the evenings with our growers.",
            is_active=True,
            parts=[
                [
                    criterion(
                        "bought_labels", labels=[{"key": FAIR_TRADE[0], "value": FAIR_TRADE[1]}]
                    )
                ],
                [criterion("bought_in_pos", pos_ids=[PLACES[0][0], PLACES[2][0]])],
            ],
        ),
    ),
    (
        "00000000-0000-0000-0000-000000000007",
        SegmentData(
            name="Mostly online",
            description="At least four of five purchases in the web shop.",
            is_active=True,
            parts=[[criterion("transaction_percent_in_pos", pos_id=PLACES[3][0], percent=80)]],
        ),
    ),
    (
        "00000000-0000-0000-0000-000000000008",
        SegmentData(
            name="Tasters",
            description="Friends of the house who try new roasts first; switched on when asked.",
            is_active=False,
            parts=[
                [
                    criterion(
                        "customer_list", customers=["user@example.com", "helen.hill@example.com"]
                    ),
                    criterion("customer_has_labels", labels=[{"key": "test"}]),
                ]
            ],
        ),
    ),
)


def make_segments(store: Store, *, now: datetime) -> None:
    """Make the segments; the active ones get their members after the commit."""
    for uuid, data in SEGMENTS:
        with next_id(Segment, uuid):
            segments.create(store=store, data=data, actor=SYSTEM, now=now)
