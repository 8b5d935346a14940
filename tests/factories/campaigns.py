"""Rewards, made by the same services as in earnest."""

import itertools
from decimal import Decimal
from typing import Any

from accounts.ledger.models import PointType
from accounts.models import Customer, Level
from accounts.services import points
from campaigns.models import RewardCampaign, RewardType
from campaigns.services import campaigns
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from tests.factories.accounts import LevelFactory
from tests.factories.core import StoreFactory

_numbers = itertools.count(1)

_OWN: dict[str, dict[str, Any]] = {
    RewardType.CASHBACK: {"point_value": Decimal("1.00")},
    RewardType.PERCENTAGE_DISCOUNT_CODE: {"transaction_percentage_value": 10},
    RewardType.CUSTOM_CAMPAIGN_CODE: {"connect_type": "none"},
}


def campaign_data(
    type: str = RewardType.DISCOUNT_CODE, *, level: Level, name: str = "", **fields: Any
) -> campaigns.CampaignData:
    """Return the data of an unlimited reward that is always open to those on `level`."""
    number = next(_numbers)
    data: dict[str, Any] = {
        "translations": {"en": campaigns.CampaignText(name=name or f"Reward {number}")},
        "is_active": True,
        "levels": (str(level.uuid),),
        "cost_in_points": Decimal(10),
        "is_unlimited": True,
        "coupons": tuple(f"CODE-{number}-{place}" for place in range(1, 4)),
        "days_inactive": 0,
        "days_valid": 0,
        "is_all_time_visible": True,
        "is_all_time_active": True,
    }
    return campaigns.CampaignData(type=type, **data | _OWN.get(type, {}) | fields)


def CampaignFactory(
    store: Store | None = None,
    type: str = RewardType.DISCOUNT_CODE,
    *,
    level: Level | None = None,
    **fields: Any,
) -> RewardCampaign:
    """
    Create a reward of three codes for 10 points, for all on `level`: by default the lowest one.
    """
    store = store or (level.store if level else StoreFactory())
    level = level or Level.objects.in_store(store).first() or LevelFactory(store)
    return campaigns.create(
        store=store, data=campaign_data(type, level=level, **fields), actor=SYSTEM
    )


def whole_points(store: Store) -> None:
    """Let a store's points be whole ones from now on."""
    PointType.objects.in_store(store).filter(is_default=True).update(decimals=0)


def give_points(customer: Customer, amount: Any) -> None:
    points.add(customer=customer, amount=Decimal(amount), issuer="system", expires_at=None)
