"""Which resource of the documented ones opens each address of the people's chapters to staff."""

import re
from uuid import UUID

import pytest

from accounts.models import Resource
from loyalty.core.models import Store
from tests.accounts.api.conftest import Clerk
from tests.factories import CustomerFactory, LevelFactory, PosFactory, SellerFactory
from tests.support.api import ApiClient

# Method, address, and the resource that staff need.
TABLE = [
    ("GET", "customer", "CUSTOMER"),
    ("GET", "admin/customer", "CUSTOMER"),
    ("POST", "pos/search/customer", "CUSTOMER"),
    ("POST", "customer/register", "CUSTOMER"),
    ("POST", "admin/customer/register", "CUSTOMER"),
    ("GET", "customer/registrations", "CUSTOMER"),
    ("GET", "customer/registrations/daily", "CUSTOMER"),
    ("GET", "customer/<uuid:customer>", "CUSTOMER"),
    ("PUT", "customer/<uuid:customer>", "CUSTOMER"),
    ("GET", "customer/<uuid:customer>/status", "CUSTOMER"),
    ("GET", "admin/customer/<uuid:customer>/status", "CUSTOMER"),
    ("GET", "admin/customer/<uuid:customer>/history", "CUSTOMER"),
    ("POST", "admin/customer/<uuid:customer>/activate", "CUSTOMER"),
    ("POST", "admin/customer/<uuid:customer>/deactivate", "CUSTOMER"),
    ("POST", "customer/<uuid:customer>/level", "CUSTOMER"),
    ("POST", "customer/<uuid:customer>/remove-manually-level", "CUSTOMER"),
    ("POST", "customer/<uuid:customer>/pos", "CUSTOMER"),
    ("GET", "customer/<uuid:customer>/avatar", "CUSTOMER"),
    ("POST", "customer/<uuid:customer>/avatar", "CUSTOMER"),
    ("DELETE", "customer/<uuid:customer>/avatar", "CUSTOMER"),
    ("GET", "admin/customer-statuses", "SETTINGS"),
    ("GET", "level", "LEVEL"),
    ("POST", "level/create", "LEVEL"),
    ("GET", "level/<uuid:level>", "LEVEL"),
    ("PUT", "level/<uuid:level>", "LEVEL"),
    ("POST", "level/<uuid:level>/activate", "LEVEL"),
    ("GET", "level/<uuid:level>/customers", "LEVEL"),
    ("GET", "admin/level/<uuid:level>/customers", "LEVEL"),
    ("POST", "level/<uuid:level>/photo", "LEVEL"),
    ("DELETE", "level/<uuid:level>/photo", "LEVEL"),
    ("GET", "admin/analytics/levels", "ANALYTICS"),
    ("GET", "pos", "POS"),
    ("POST", "pos", "POS"),
    ("GET", "pos/<uuid:pos>", "POS"),
    ("PUT", "pos/<uuid:pos>", "POS"),
    ("GET", "pos/identifier/<str:identifier>", "POS"),
    ("GET", "seller", "SELLER"),
    ("POST", "seller/register", "SELLER"),
    ("GET", "seller/<uuid:seller>", "SELLER"),
    ("PUT", "seller/<uuid:seller>", "SELLER"),
    ("POST", "seller/<uuid:seller>/activate", "SELLER"),
    ("POST", "seller/<uuid:seller>/deactivate", "SELLER"),
    ("POST", "seller/<uuid:seller>/delete", "SELLER"),
    ("POST", "admin/customer/<uuid:customer>/anonymize", "CUSTOMER"),
    ("POST", "admin/customer/import", "CUSTOMER"),
    ("DELETE", "customer/<uuid:customer>", "CUSTOMER"),
    ("GET", "customer/<uuid:customer>/data", "CUSTOMER"),
    ("GET", "admin/analytics/customers", "ANALYTICS"),
    ("GET", "admin/analytics/points", "ANALYTICS"),
]


@pytest.mark.parametrize(("method", "path", "resource"), TABLE)
def test_keeps_staff_out_without_the_resource(
    method: str, path: str, resource: str, shop: Store, clerk: Clerk
) -> None:
    others = {name: ["VIEW", "MODIFY"] for name in Resource.values if name != resource}
    address = _address(
        shop,
        path,
        customer=CustomerFactory(shop).uuid,
        seller=SellerFactory(shop).uuid,
        pos=PosFactory(shop).uuid,
        level=LevelFactory(shop).uuid,
    )

    assert _call(clerk(**others), method, address) == 403


def _address(shop: Store, path: str, **ids: UUID) -> str:
    filled = re.sub(r"<uuid:(\w+)>", lambda match: str(ids[match[1]]), path)
    return f"{shop.code}/{re.sub(r'<str:[a-z]+>', 'abc', filled)}"


def _call(client: ApiClient, method: str, address: str) -> int:
    body = None if method in {"GET", "DELETE"} else {}
    return int(client.send(method, address, body).status_code)
