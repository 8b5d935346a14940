"""How Open Loyalty writes a customer, and where they stand. Source: CUS-25, LV 4.6."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from accounts.api.open_loyalty import customer_purchases
from accounts.api.open_loyalty.customer_purchases import Purchases
from accounts.models import CardState, Customer, CustomerStatus
from accounts.selectors.ladder import Ladder, Step, get_ladder
from accounts.selectors.standing import Standing
from accounts.services.customer_data import ADDRESS_KEYS, COMPANY_KEYS
from loyalty.core.actors import Actor
from loyalty.core.api.formats import date_time, number
from loyalty.core.models import Store
from loyalty.core.store_settings import TierBasis

TYPES = [status.value for status in CustomerStatus]
STATES = [state.value for state in CardState]
NO_LEVEL = "0.00%"


class CustomerWriter:
    """Writes customers of one store; reads its levels once, and `pos` where it is loaded."""

    def __init__(self, store: Store, locale: str) -> None:
        self.zone: ZoneInfo = store.zone
        self.currency = store.currency.lower()
        self.ladder: Ladder = get_ladder(store)
        self.locale = locale
        self.store = store
        self.purchases: Purchases = {}

    def read_purchases(self, customers: Sequence[Customer], actor: Actor) -> None:
        """Read at once what the documents of these customers list of bought rewards."""
        self.purchases = customer_purchases.read(self.store, customers, actor)

    def row(self, customer: Customer) -> dict[str, Any]:
        """Return a customer as lists and searches show them; `pos` and `seller` must be loaded."""
        level = self.ladder.by_id.get(customer.level_id) if customer.level_id else None
        level_id = str(level.uuid) if level else None
        manual = self.ladder.by_id.get(customer.manually_assigned_level_id or 0)
        return {
            "customerId": str(customer.uuid),
            "active": customer.is_active,
            "firstName": customer.first_name,
            "lastName": customer.last_name,
            "gender": customer.gender,
            "email": customer.email,
            "phone": customer.phone,
            "birthDate": self._day(customer),
            "lastLevelRecalculation": self._time(customer.last_level_recalculation_at),
            "address": _compound(customer.address, ADDRESS_KEYS),
            "company": _compound(customer.company, COMPANY_KEYS),
            "loyaltyCardNumber": customer.loyalty_card_number,
            "createdAt": self._time(customer.created_at),
            "id": level_id,
            "levelId": level_id,
            "manuallyAssignedLevelId": {"levelId": str(manual.uuid)} if manual else None,
            "posId": str(customer.pos.uuid) if customer.pos else None,
            "posIdentifier": customer.pos.identifier if customer.pos else None,
            "sellerId": str(customer.seller.uuid) if customer.seller else None,
            "agreement1": customer.agreement1,
            "agreement2": customer.agreement2,
            "agreement3": customer.agreement3,
            "status": {
                "availableTypes": TYPES,
                "availableStates": STATES,
                "type": customer.status,
                "state": customer.card_state,
            },
            "updatedAt": self._time(customer.updated_at),
            "campaignPurchases": self.purchases.get(customer.pk, []),
            "transactionsCount": customer.transactions_count,
            "transactionsAmount": number(customer.transactions_amount),
            "transactionsAmountWithoutDeliveryCosts": number(
                customer.transactions_amount_without_delivery
            ),
            "amountExcludedForLevel": number(customer.amount_excluded_for_level),
            "averageTransactionAmount": number(customer.average_transaction_amount),
            "lastTransactionDate": self._time(customer.last_transaction_at),
            "labels": customer.labels,
            "level": self._level(level) if level else None,
            "version": customer.version,
            "currency": self.currency,
            "levelPercent": level.percent if level else NO_LEVEL,
        }

    def detail(self, customer: Customer, segments: list[dict[str, str]]) -> dict[str, Any]:
        """Return a customer as their own page shows them."""
        return self.row(customer) | {"segments": segments}

    def _level(self, level: Step) -> dict[str, Any]:
        level_id = str(level.uuid)
        return {
            "levelId": {"id": level_id, "levelId": level_id},
            "name": level.name(self.locale),
            "translations": {locale: {"name": name} for locale, name in level.names.items()},
        }

    def _time(self, instant: datetime | None) -> str | None:
        return date_time(instant, self.zone)

    def _day(self, customer: Customer) -> str | None:
        """A day is written as its midnight in the store's zone."""
        if customer.birth_date is None:
            return None
        return date_time(datetime.combine(customer.birth_date, time(), self.zone), self.zone)


def write_status(customer: Customer, standing: Standing, locale: str) -> dict[str, Any]:
    """
    Return the status document: a few figures, asked for at every till and start of an app.

    Keys that the program's settings give no meaning to are left out (4.6).
    """
    figures, progress = standing.figures, standing.progress
    settings = customer.store.settings
    document: dict[str, Any] = {
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "customerId": str(customer.uuid),
        "points": number(figures.points),
        "p2pPoints": number(figures.p2p),
        "totalEarnedPoints": number(figures.total_earned),
        "usedPoints": number(figures.used),
        "expiredPoints": number(figures.expired),
        "lockedPoints": number(figures.locked),
        "blockedPoints": number(figures.blocked),
    }
    if current := progress.current:
        document["level"] = current.percent
        document["levelName"] = current.name(locale)
        document["levelConditionValue"] = number(current.condition_value)
    if following := progress.next:
        document["nextLevel"] = following.percent
        document["nextLevelName"] = following.name(locale)
        document["nextLevelConditionValue"] = number(following.condition_value)
    document["transactionsAmountWithoutDeliveryCosts"] = number(
        customer.transactions_amount_without_delivery
    )
    if progress.missing is not None and settings.tier_assign_type == TierBasis.POINTS:
        document["pointsToNextLevel"] = number(progress.missing)
    elif progress.missing is not None:
        without_delivery = settings.exclude_delivery_costs_from_tier_assignment
        suffix = "WithoutDeliveryCosts" if without_delivery else ""
        document[f"transactionsAmountToNextLevel{suffix}"] = number(progress.missing)
    document |= {
        "averageTransactionsAmount": str(customer.average_transaction_amount),
        "transactionsCount": customer.transactions_count,
        "transactionsAmount": number(customer.transactions_amount),
        "currency": customer.store.currency.lower(),
        "pointsExpiringNextMonth": number(figures.expiring_next_month),
    }
    if retention := progress.retention:
        document["levelWillExpireInDays"] = retention.days
        document["pointsSinceLastLevelRecalculation"] = number(retention.earned)
        document["pointsRequiredToRetainLevel"] = number(retention.required)
    if figures.expiring_breakdown:
        document["pointsExpiringBreakdown"] = {
            str(day): number(amount) for day, amount in figures.expiring_breakdown.items()
        }
    return document


def _compound(values: dict[str, str], keys: tuple[str, ...]) -> dict[str, str | None]:
    """An empty compound is {}; another has all its keys."""
    return {key: values.get(key) for key in keys} if values else {}
