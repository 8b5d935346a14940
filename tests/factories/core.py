"""Stores."""

import itertools
from typing import Any

from loyalty.core.models import Store

_numbers = itertools.count(1)


def StoreFactory(**fields: Any) -> Store:
    number = next(_numbers)
    return Store.objects.create(
        **{"code": f"store-{number}", "name": f"Store {number}", "currency": "EUR"} | fields
    )
