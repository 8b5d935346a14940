"""Stores."""

import itertools
from typing import Any

from loyalty.core.models import DEFAULT_STORE_CODE, Store
from loyalty.core.services import stores

_numbers = itertools.count(1)


def StoreFactory(**fields: Any) -> Store:
    """Open a store that is ready to use. `setting_values`: under wire keys."""
    number = next(_numbers)
    return stores.create(
        **{"code": f"store-{number}", "name": f"Store {number}", "currency": "EUR"} | fields
    )


def default_store() -> Store:
    """Return the DEFAULT store; a test that empties the tables may have taken it away."""
    store = Store.objects.filter(code=DEFAULT_STORE_CODE).first()
    return store or stores.create(code=DEFAULT_STORE_CODE, name="Default", currency="EUR")
