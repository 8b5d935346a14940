"""Who may call what: every address of the people's chapters, and each kind of caller."""

import re
from uuid import UUID

import pytest

from accounts.api.open_loyalty import people_urls
from accounts.models import Resource
from loyalty.core.models import Store
from tests.accounts.api.conftest import Clerk
from tests.factories import CustomerFactory, LevelFactory, PosFactory, SellerFactory
from tests.support.api import ApiClient

# Method, address, who is let in (Staff, Mona the seller, the Customer themself, Everybody), and
# the resource that staff need.
TABLE = [
    ("GET", "customer", "SM", "CUSTOMER"),
    ("GET", "admin/customer", "S", "CUSTOMER"),
    ("POST", "pos/search/customer", "SM", "CUSTOMER"),
    ("POST", "customer/register", "SM", "CUSTOMER"),
    ("POST", "admin/customer/register", "S", "CUSTOMER"),
    ("POST", "seller/customer/register", "M", None),
    ("POST", "customer/self_register", "E", None),
    ("GET", "customer/check", "E", None),
    ("GET", "customer/registrations", "S", "CUSTOMER"),
    ("GET", "customer/registrations/daily", "S", "CUSTOMER"),
    ("POST", "customer/activate/<str:token>", "E", None),
    ("GET", "customer/<uuid:customer>", "SMC", "CUSTOMER"),
    ("PUT", "customer/<uuid:customer>", "SMC", "CUSTOMER"),
    ("GET", "customer/<uuid:customer>/status", "SMC", "CUSTOMER"),
    ("GET", "customer/customer/<uuid:customer>/status", "C", None),
    ("GET", "admin/customer/<uuid:customer>/status", "S", "CUSTOMER"),
    ("GET", "seller/customer/<uuid:customer>/status", "M", None),
    ("GET", "admin/customer/<uuid:customer>/history", "S", "CUSTOMER"),
    ("POST", "admin/customer/<uuid:customer>/activate", "S", "CUSTOMER"),
    ("POST", "admin/customer/<uuid:customer>/deactivate", "S", "CUSTOMER"),
    ("POST", "seller/customer/<uuid:customer>/activate", "M", None),
    ("POST", "seller/customer/<uuid:customer>/deactivate", "M", None),
    ("POST", "customer/<uuid:customer>/level", "SM", "CUSTOMER"),
    ("POST", "customer/<uuid:customer>/remove-manually-level", "SM", "CUSTOMER"),
    ("POST", "customer/<uuid:customer>/pos", "SM", "CUSTOMER"),
    ("POST", "seller/customer/<uuid:customer>/pos", "M", None),
    ("GET", "customer/<uuid:customer>/avatar", "SMC", "CUSTOMER"),
    ("POST", "customer/<uuid:customer>/avatar", "SMC", "CUSTOMER"),
    ("DELETE", "customer/<uuid:customer>/avatar", "SMC", "CUSTOMER"),
    ("GET", "admin/customer-statuses", "S", "SETTINGS"),
    ("GET", "level", "SM", "LEVEL"),
    ("POST", "level/create", "S", "LEVEL"),
    ("GET", "level/<uuid:level>", "SM", "LEVEL"),
    ("PUT", "level/<uuid:level>", "S", "LEVEL"),
    ("POST", "level/<uuid:level>/activate", "S", "LEVEL"),
    ("GET", "level/<uuid:level>/customers", "S", "LEVEL"),
    ("GET", "admin/level/<uuid:level>/customers", "S", "LEVEL"),
    ("GET", "level/<uuid:level>/photo", "E", None),
    ("POST", "level/<uuid:level>/photo", "S", "LEVEL"),
    ("DELETE", "level/<uuid:level>/photo", "S", "LEVEL"),
    ("GET", "admin/analytics/levels", "S", "ANALYTICS"),
    ("GET", "seller/level", "M", None),
    ("GET", "seller/level/<uuid:level>", "M", None),
    ("GET", "customer/level", "C", None),
    ("GET", "pos", "SM", "POS"),
    ("POST", "pos", "S", "POS"),
    ("GET", "pos/<uuid:pos>", "SM", "POS"),
    ("PUT", "pos/<uuid:pos>", "S", "POS"),
    ("GET", "pos/identifier/<str:identifier>", "SM", "POS"),
    ("GET", "seller/pos", "M", None),
    ("GET", "seller/pos/<uuid:pos>", "M", None),
    ("GET", "seller", "S", "SELLER"),
    ("POST", "seller/register", "S", "SELLER"),
    ("GET", "seller/<uuid:seller>", "SM", "SELLER"),
    ("PUT", "seller/<uuid:seller>", "S", "SELLER"),
    ("POST", "seller/<uuid:seller>/activate", "S", "SELLER"),
    ("POST", "seller/<uuid:seller>/deactivate", "S", "SELLER"),
    ("POST", "seller/<uuid:seller>/delete", "S", "SELLER"),
]
METHODS = ("get", "post", "put", "patch", "delete")


def test_the_table_lacks_no_address_and_no_method() -> None:
    served = {
        (method.upper(), str(url.pattern))
        for url in people_urls.store_urls
        for method in METHODS
        if method in url.callback.view_class.http_method_names  # type: ignore[attr-defined]
        and hasattr(url.callback.view_class, method)  # type: ignore[attr-defined]
    }

    assert served == {(method, path) for method, path, _, _ in TABLE}


@pytest.mark.parametrize(("method", "path", "who", "resource"), TABLE)
def test_lets_in_whom_the_table_names(
    method: str, path: str, who: str, resource: str | None, shop: Store, clerk: Clerk
) -> None:
    alice, mona = CustomerFactory(shop), SellerFactory(shop)
    everything = {name: ["VIEW", "MODIFY"] for name in Resource.values}
    address = _address(
        shop,
        path,
        customer=alice.uuid,
        seller=mona.uuid,
        pos=PosFactory(shop).uuid,
        level=LevelFactory(shop).uuid,
    )
    callers = {"S": clerk(**everything), "M": ApiClient(mona), "C": ApiClient(alice)}

    statuses = {kind: _call(client, method, address) for kind, client in callers.items()}
    nobody = _call(ApiClient(), method, address)

    everybody = who == "E"
    assert {kind for kind, status in statuses.items() if status not in {401, 403}} == (
        {"S", "M", "C"} if everybody else set(who)
    )
    assert (nobody not in {401, 403}) if everybody else (nobody == 401)


@pytest.mark.parametrize(
    ("method", "path", "resource"),
    [(method, path, resource) for method, path, _, resource in TABLE if resource],
)
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
