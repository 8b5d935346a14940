"""The earning rules that custom rewards point at; the room of rewards asks through its socket."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from campaigns.selectors.connected_rules import ConnectedRule
from earning.models import EarningRule, RuleType
from loyalty.core.models import Store


def list_connected(store: Store, uuids: Sequence[UUID]) -> dict[UUID, ConnectedRule]:
    """Return the store's QR code and geolocation rules among these. One query."""
    return {rule.uuid: rule for rule in _told(_connectable(store).filter(uuid__in=uuids))}


def list_connectable(store: Store) -> list[ConnectedRule]:
    """Return all QR code and geolocation rules of a store, by their names. One query."""
    return _told(_connectable(store).order_by("name", "pk"))


def _connectable(store: Store) -> "QuerySet[EarningRule]":
    rules: QuerySet[EarningRule] = EarningRule.objects.in_store(store)
    return rules.filter(type__in=(RuleType.QRCODE, RuleType.GEOLOCATION))


def _told(rules: "QuerySet[EarningRule]") -> list[ConnectedRule]:
    return [
        ConnectedRule(rule.uuid, rule.type, rule.name, rule.points_amount)
        for rule in rules
        if rule.points_amount is not None
    ]
