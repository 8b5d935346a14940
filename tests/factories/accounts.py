"""People and places, made by the same services as in earnest."""

import itertools
from decimal import Decimal
from typing import Any

from accounts.models import Customer, Level, Pos, Seller
from accounts.selectors.ladder import get_ladder
from accounts.services import customers, levels, pos, sellers
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from tests.factories.core import StoreFactory

_numbers = itertools.count(1)

PASSWORD = "Open-Sesame-1"
REGISTRATION_FIELDS = set(customers.Registration.__dataclass_fields__)
LOCATION = {
    "street": "Bagno",
    "address1": "1",
    "postal": "00-000",
    "city": "Warszawa",
    "province": "Mazowieckie",
    "country": "PL",
}


def LevelFactory(
    store: Store | None = None,
    *,
    name: str = "",
    condition_value: Any = 0,
    reward_value: Any = 0,
    **fields: Any,
) -> Level:
    """Create an active level. `reward_value`: a fraction."""
    number = next(_numbers)
    data = {
        "translations": {"en": levels.LevelText(name or f"Level {number}")},
        "condition_value": Decimal(condition_value),
        "reward_value": Decimal(reward_value),
        "reward_name": "Discount",
        "reward_code": f"reward-{number}",
    }
    return levels.create(
        store=store or StoreFactory(), data=levels.LevelData(**data | fields), actor=SYSTEM
    )


def CustomerFactory(store: Store | None = None, **fields: Any) -> Customer:
    """
    Register an active customer, in a store that gets an entry level if it has none.

    Fields that no registration takes, such as `status` or `transactions_amount`, are set after it.
    """
    store = store or StoreFactory()
    if get_ladder(store).target(Decimal(0)) is None:
        LevelFactory(store)
    number = next(_numbers)
    data = {
        "first_name": "Alice",
        "last_name": f"Member {number}",
        "email": f"alice-{number}@example.com",
        "agreement1": True,
    }
    data |= {name: value for name, value in fields.items() if name in REGISTRATION_FIELDS}
    customer = customers.register(store=store, data=customers.Registration(**data), actor=SYSTEM)
    if rest := {k: v for k, v in fields.items() if k not in REGISTRATION_FIELDS}:
        for name, value in rest.items():
            setattr(customer, name, value)
        customer.save(update_fields=list(rest))
    return customer


def PosFactory(store: Store | None = None, **fields: Any) -> Pos:
    number = next(_numbers)
    data = {"name": f"Shop {number}", "identifier": f"shop-{number}", "location": LOCATION}
    return pos.create(
        store=store or StoreFactory(), data=pos.PosData(**data | fields), actor=SYSTEM
    )


def SellerFactory(store: Store | None = None, **fields: Any) -> Seller:
    """Register a seller; without `password` nobody can sign in as them, which is quicker."""
    number = next(_numbers)
    shop = fields.pop("pos", None) or PosFactory(store)
    password = fields.pop("password", None)
    data = {
        "first_name": "Mona",
        "last_name": f"Merchant {number}",
        "email": f"mona-{number}@example.com",
        "pos": shop,
    }
    if password is not None:
        data = sellers.SellerData(**data | fields, password=password)
        return sellers.register(store=shop.store, data=data, actor=SYSTEM)
    return Seller.objects.create(store=shop.store, **data | fields)
