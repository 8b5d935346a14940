"""Where the dashboard's figures lead: to lists of the same period."""

from datetime import timedelta

from django.urls import reverse

from accounts.cockpit import rights
from accounts.models import Level, Resource
from accounts.selectors.member_statistics import Period
from loyalty.core.actors import Actor
from loyalty.core.models import Store


class Links:
    """Where figures lead: to lists of the same period, for whom they are open."""

    def __init__(self, actor: Actor, period: Period, store: Store) -> None:
        self.actor = actor
        first = period.start.astimezone(store.zone).date()
        last = (period.end - timedelta(seconds=1)).astimezone(store.zone).date()
        self.dates = (first.isoformat(), last.isoformat())

    def customers(self, query: str = "") -> str:
        return self._to(Resource.CUSTOMER, "accounts_customer", query)

    def joined(self) -> str:
        return self.customers(self._between("created_at"))

    def buyers(self) -> str:
        return self.customers(self._between("last_transaction_at"))

    def sales(self, query: str = "") -> str:
        period = f"document_type__exact=sell&{self._between('purchased_at')}"
        return self._to(Resource.TRANSACTION, "transactions_transaction", f"{period}{query}")

    def unmatched(self) -> str:
        query = "matched=0&document_type__exact=sell"
        return self._to(Resource.TRANSACTION, "transactions_transaction", query)

    def transfers(self, type: str = "") -> str:
        query = f"{self._between('created_at')}{f'&type__exact={type}' if type else ''}"
        return self._to(Resource.POINT_TRANSFER, "accounts_pointstransfer", query)

    def lots(self, query: str = "") -> str:
        return self._to(Resource.POINT_TRANSFER, "ledger_lot", query)

    def rules(self, query: str = "") -> str:
        return self._to(Resource.EARNING_RULE, "earning_earningrule", query)

    def level(self, level: Level) -> str:
        return self.customers(f"level__id__exact={level.pk}")

    def levels(self) -> str:
        return self._to(Resource.LEVEL, "accounts_level", "")

    def _between(self, field: str) -> str:
        return f"{field}_from={self.dates[0]}&{field}_to={self.dates[1]}"

    def _to(self, resource: Resource, name: str, query: str) -> str:
        if not rights.may(self.actor, resource):
            return ""
        url = reverse(f"admin:{name}_changelist")
        return f"{url}?{query}" if query else url
