"""What the rows of the other server refer to."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from accounts.ledger.models import PointType
from accounts.models import Customer, Level, Pos, Segment, Seller
from campaigns.models import CampaignCategory, RewardCampaign
from loyalty.core.errors import DomainError
from loyalty.core.models import Store
from loyalty.moving_in.values import Values, known_uuid, rows, uuid

Row = Mapping[str, Any]


class Unfit(DomainError):
    """A row that cannot be here as it is there."""

    code = "unfit"


class Known:
    """
    What is here of one store, by the other server's ids; each kind is looked up once.

    `account_of`: finds the id of a customer's account.
    """

    def __init__(self, store: Store, *, account_of: Callable[[UUID], str | None]) -> None:
        self.store = store
        self.account_of = account_of
        self.values = Values(store)

    @cached_property
    def levels(self) -> dict[UUID, int]:
        return self._ids(Level)

    @cached_property
    def segments(self) -> dict[UUID, int]:
        return self._ids(Segment)

    @cached_property
    def pos(self) -> dict[UUID, int]:
        return self._ids(Pos)

    @cached_property
    def sellers(self) -> dict[UUID, int]:
        return self._ids(Seller)

    @cached_property
    def categories(self) -> dict[UUID, int]:
        return self._ids(CampaignCategory)

    @cached_property
    def campaigns(self) -> dict[UUID, int]:
        return self._ids(RewardCampaign)

    @cached_property
    def point_type(self) -> PointType:
        return PointType.objects.get(store=self.store, is_default=True)

    def _ids(self, model: Any) -> dict[UUID, int]:
        found = model.objects.in_store(self.store).order_by().values_list("uuid", "pk")
        return dict(found)

    def customer_of(self, row: Row) -> Customer | None:
        owner = uuid(row.get("customerId"))
        if owner is None:
            return None
        return Customer.objects.in_store(self.store).filter(uuid=owner).first()


def translations(row: Row) -> list[Row]:
    """Return the texts by language; of releases without languages, what they have is English."""
    return rows(row.get("translations")) or [{**row, "locale": "en"}]


def ids_of(ids: Mapping[UUID, int], named: Any) -> list[int]:
    """Return our ids of what a list names by the other server's; who is not here is left out."""
    found: Iterable[UUID] = (known_uuid(each) for each in rows(named))
    return [ids[each] for each in found if each in ids]
