"""The program's earning rules: of each type at least one."""

from datetime import datetime, timedelta
from decimal import Decimal

from accounts.audience import Target
from accounts.models import Level
from earning.models import (
    EarningRule,
    LimitPeriod,
    ReferralEvent,
    RewardedPerson,
    RuleType,
    StoreEvent,
)
from earning.services import rules
from earning.services.rule_data import LabelMultiplier, Limit, RuleData
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from loyalty.demo.ids import next_id
from loyalty.demo.program import FAIR_TRADE, PLACES

# Id, type and terms.
Rule = tuple[str, RuleType, RuleData]


def make_rules(store: Store, steps: list[Level], *, now: datetime) -> None:
    """Make the rules; the year of purchases begins at `now`."""
    everybody = tuple(str(level.uuid) for level in steps)
    for uuid, kind, data in (
        *_spending_rules(everybody, now),
        *_product_rules(everybody, now),
        *_occasion_rules(everybody),
        *_presence_rules(everybody),
        *_referral_rules(everybody),
    ):
        with next_id(EarningRule, uuid):
            rules.create(store=store, type=kind, data=data, actor=SYSTEM, now=now)


def _spending_rules(everybody: tuple[str, ...], now: datetime) -> list[Rule]:
    return [
        (
            "00000000-0000-474c-b092-b0dd880c0120",
            RuleType.POINTS,
            RuleData(
                name="General spending rule - 2.3",
                description="2.3 beans for every euro, delivery aside.",
                target=Target.LEVEL,
                levels=everybody,
                point_value=Decimal("2.3"),
            ),
        ),
        (
            "00000000-0000-474c-b092-b0dd880c0122",
            RuleType.POINTS,
            RuleData(
                name="Opening week in Kraków",
                description="One more bean for every euro in the first two weeks.",
                target=Target.LEVEL,
                levels=everybody,
                pos=(PLACES[2][0],),
                is_all_time_active=False,
                start_at=now + timedelta(days=30),
                end_at=now + timedelta(days=44),
                point_value=Decimal(1),
            ),
        ),
    ]


def _product_rules(everybody: tuple[str, ...], now: datetime) -> list[Rule]:
    year = now.year if now.month < 6 else now.year + 1
    summer = now.replace(year=year, month=6, day=1)
    return [
        (
            "000096cf-32a3-43bd-9034-4df343e5fd93",
            RuleType.MULTIPLY_FOR_PRODUCT,
            RuleData(
                name="Cold brew summer",
                description="Triple beans on cold brew from June to August.",
                target=Target.LEVEL,
                levels=everybody,
                is_all_time_active=False,
                start_at=summer,
                end_at=summer + timedelta(days=92),
                sku_ids=("COLDBREW",),
                multiplier=Decimal(3),
            ),
        ),
        (
            "00000000-0000-474c-b092-b0dd880c0726",
            RuleType.PRODUCT_PURCHASE,
            RuleData(
                name="A kilo for home",
                description="50 beans for every kilo of our house blend.",
                target=Target.LEVEL,
                levels=everybody,
                sku_ids=("BEANS-1000",),
                points_amount=Decimal(50),
            ),
        ),
        (
            "7d482776-318a-48dd-90cd-6b3f06a3f4e8",
            RuleType.MULTIPLY_BY_PRODUCT_LABELS,
            RuleData(
                name="Fair trade counts double",
                description="Double beans on everything traded fairly, from Bronze up.",
                target=Target.LEVEL,
                levels=everybody[1:],
                label_multipliers=(
                    LabelMultiplier(key=FAIR_TRADE[0], value=FAIR_TRADE[1], multiplier=Decimal(2)),
                ),
            ),
        ),
    ]


def _occasion_rules(everybody: tuple[str, ...]) -> list[Rule]:
    """Return the rules that the reference reports events to."""
    return [
        (
            "00000000-0000-474c-b092-b0dd880c0121",
            RuleType.CUSTOM_EVENT,
            RuleData(
                name="A like on Facebook",
                description="100 beans, once, for liking our page.",
                target=Target.LEVEL,
                levels=everybody,
                event_name="facebook_like",
                points_amount=Decimal(100),
                limit=Limit(is_active=True, period=LimitPeriod.FOREVER.value, uses=1),
            ),
        ),
        (
            "7664138c-b5a4-4dcd-80ba-0049a92166db",
            RuleType.CUSTOM_EVENT,
            RuleData(
                name="Cupping evening",
                description="12 beans for every evening that you taste with us.",
                target=Target.LEVEL,
                levels=everybody,
                event_name="customerAttendedEvent",
                points_amount=Decimal(12),
                limit=Limit(is_active=True, period=LimitPeriod.DAY.value, uses=1),
            ),
        ),
        (
            "00000000-0000-474c-b092-b0dd880c0725",
            RuleType.EVENT,
            RuleData(
                name="Newsletter",
                description="85 beans for subscribing to our newsletter.",
                is_active=False,
                target=Target.LEVEL,
                levels=everybody,
                event_name=StoreEvent.NEWSLETTER.value,
                points_amount=Decimal(85),
            ),
        ),
    ]


def _presence_rules(everybody: tuple[str, ...]) -> list[Rule]:
    """Return the rules that the reference reports a code and a place to."""
    return [
        (
            "e378c813-2116-448a-b125-564cef15f932",
            RuleType.QRCODE,
            RuleData(
                name="The code on the cup",
                description="10 beans for scanning it, once a day.",
                target=Target.LEVEL,
                levels=everybody,
                code="abccode",
                points_amount=Decimal(10),
                limit=Limit(is_active=True, period=LimitPeriod.DAY.value, uses=1),
            ),
        ),
        (
            "51283523-0760-474b-8c08-4ccd2b3a0f41",
            RuleType.GEOLOCATION,
            RuleData(
                name="Coffee at sea",
                description="1 bean for coming near our ship.",
                target=Target.LEVEL,
                levels=everybody,
                latitude=Decimal("52.05"),
                longitude=Decimal("-21.05"),
                radius=Decimal(5),
                points_amount=Decimal(1),
            ),
        ),
    ]


def _referral_rules(everybody: tuple[str, ...]) -> list[Rule]:
    return [
        (
            "00000000-0000-474c-b092-b0dd880c0731",
            RuleType.REFERRAL,
            RuleData(
                name="Bring a friend",
                description="20 beans for you and for the friend whom you bring to the club.",
                target=Target.LEVEL,
                levels=everybody,
                event_name=ReferralEvent.REGISTER.value,
                reward_type=RewardedPerson.BOTH.value,
                points_amount=Decimal(20),
            ),
        ),
        (
            "00000000-0000-474c-b092-b0dd880c0732",
            RuleType.REFERRAL,
            RuleData(
                name="A friend's first cup",
                description="50 more beans for you when your friend buys for the first time.",
                target=Target.LEVEL,
                levels=everybody,
                event_name=ReferralEvent.FIRST_PURCHASE.value,
                reward_type=RewardedPerson.REFERRER.value,
                points_amount=Decimal(50),
            ),
        ),
    ]
