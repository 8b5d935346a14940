"""
Who is let in where: address × role × answer. A new address fails here until the table names it.

P: everybody. Else some of A: staff with the right, a: all staff, S: sellers, C: customers.
"""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern

from accounts.models import Customer, Resource, Seller, StaffUser
from loyalty.api.open_loyalty import urls
from loyalty.core.models import Store
from loyalty.core.services.stores import RESERVED_CODES
from tests.api import access
from tests.factories import CustomerFactory, SellerFactory, StoreFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

Api = Callable[..., ApiClient]

TABLE = {
    "GET ": "P",
    "GET admin": "A",
    "GET admin/acl/accesses": "A",
    "GET admin/acl/resources": "A",
    "GET admin/acl/role": "A",
    "POST admin/acl/role": "A",
    "GET admin/acl/role/<int:role>": "A",
    "PUT admin/acl/role/<int:role>": "A",
    "DELETE admin/acl/role/<int:role>": "A",
    "GET admin/data": "a",
    "POST admin/data": "A",
    "GET admin/data/<uuid:admin>": "A",
    "PUT admin/data/<uuid:admin>": "A",
    "POST admin/login_check": "P",
    "GET audit/log": "A",
    "GET audit/log/archive": "A",
    "POST audit/log/archive": "A",
    "GET audit/log/archive/<str:filename>": "A",
    "GET audit/log/export": "A",
    "GET event": "A",
    "GET event/<int:event>": "A",
    "GET message/events": "A",
    "GET store": "A",
    "POST store": "A",
    "GET store/<uuid:store>": "A",
    "PUT store/<uuid:store>": "A",
    "POST password/reset": "P",
    "POST password/reset/request": "P",
    "POST token/refresh": "P",
    "GET token/revoke": "aSC",
    "GET token/sessions": "aSC",
    "GET token/sessions/<uuid:session>": "aSC",
    "GET admin/data/<uuid:admin>/sessions": "A",
    "GET admin/data/<uuid:admin>/sessions/<uuid:session>": "A",
    "GET {storeCode}/customer/<uuid:customer>/sessions": "A",
    "GET {storeCode}/customer/<uuid:customer>/sessions/<uuid:session>": "A",
    "GET {storeCode}/seller/<uuid:seller>/sessions": "A",
    "GET {storeCode}/seller/<uuid:seller>/sessions/<uuid:session>": "A",
    "DELETE token/sessions": "aSC",
    "DELETE token/sessions/<uuid:session>": "aSC",
    "DELETE admin/data/<uuid:admin>/sessions": "A",
    "DELETE admin/data/<uuid:admin>/sessions/<uuid:session>": "A",
    "DELETE {storeCode}/customer/<uuid:customer>/sessions": "A",
    "DELETE {storeCode}/customer/<uuid:customer>/sessions/<uuid:session>": "A",
    "DELETE {storeCode}/seller/<uuid:seller>/sessions": "A",
    "DELETE {storeCode}/seller/<uuid:seller>/sessions/<uuid:session>": "A",
    "GET {storeCode}/admin/analytics/customers": "A",
    "GET {storeCode}/admin/analytics/levels": "A",
    "GET {storeCode}/admin/analytics/points": "A",
    "GET {storeCode}/admin/analytics/transactions": "A",
    "GET {storeCode}/admin/analytics/referrals": "A",
    "GET {storeCode}/admin/customer": "A",
    "GET {storeCode}/admin/customer-statuses": "A",
    "POST {storeCode}/admin/customer/<uuid:customer>/activate": "A",
    "POST {storeCode}/admin/customer/<uuid:customer>/anonymize": "A",
    "POST {storeCode}/admin/customer/<uuid:customer>/deactivate": "A",
    "GET {storeCode}/admin/customer/<uuid:customer>/history": "A",
    "GET {storeCode}/admin/customer/<uuid:customer>/status": "A",
    "POST {storeCode}/admin/customer/<uuid:customer>/send-sms-code": "A",
    "POST {storeCode}/admin/customer/register": "A",
    "GET {storeCode}/admin/translations": "A",
    "POST {storeCode}/admin/translations": "A",
    "GET {storeCode}/admin/translations/<str:code>": "A",
    "PUT {storeCode}/admin/translations/<str:code>": "A",
    "DELETE {storeCode}/admin/translations/<str:code>": "A",
    "GET {storeCode}/translations": "P",
    "POST {storeCode}/admin/customer/import": "A",
    "GET {storeCode}/admin/export": "a",
    "POST {storeCode}/admin/export": "a",
    "GET {storeCode}/admin/export/kind": "a",
    "GET {storeCode}/admin/export/<uuid:job>": "a",
    "GET {storeCode}/admin/export/file/<str:token>": "P",
    "GET {storeCode}/admin/import": "a",
    "POST {storeCode}/admin/import": "a",
    "GET {storeCode}/admin/import/<uuid:job>": "a",
    "GET {storeCode}/admin/import/<uuid:job>/rows": "a",
    "GET {storeCode}/admin/import/<uuid:job>/refused": "a",
    "POST {storeCode}/admin/import/<uuid:job>/undo": "a",
    "GET {storeCode}/admin/level/<uuid:level>/customers": "A",
    "POST {storeCode}/admin/p2p-points-tranfer": "A",
    "POST {storeCode}/admin/p2p-points-transfer": "A",
    "POST {storeCode}/admin/transaction/customer/assign": "A",
    "POST {storeCode}/admin/transaction/customer/assign/import": "A",
    "POST {storeCode}/admin/transaction/import": "A",
    "POST {storeCode}/admin/transaction/labels": "A",
    "PATCH {storeCode}/admin/transaction/labels": "A",
    "POST {storeCode}/admin/password/change": "a",
    "POST {storeCode}/customer/password/change": "C",
    "POST {storeCode}/customer/password/reset/request": "P",
    "POST {storeCode}/seller/password/change": "S",
    "GET {storeCode}/customer": "AS",
    "GET {storeCode}/customer/<uuid:customer>": "ASC",
    "PUT {storeCode}/customer/<uuid:customer>": "ASC",
    "DELETE {storeCode}/customer/<uuid:customer>": "A",
    "GET {storeCode}/customer/<uuid:customer>/avatar": "ASC",
    "POST {storeCode}/customer/<uuid:customer>/avatar": "ASC",
    "DELETE {storeCode}/customer/<uuid:customer>/avatar": "ASC",
    "POST {storeCode}/customer/<uuid:customer>/level": "AS",
    "POST {storeCode}/customer/<uuid:customer>/pos": "AS",
    "POST {storeCode}/customer/<uuid:customer>/remove-manually-level": "AS",
    "GET {storeCode}/customer/<uuid:customer>/status": "ASC",
    "GET {storeCode}/customer/<uuid:customer>/data": "AC",
    "GET {storeCode}/customer/<uuid:customer>/pushy-token": "ASC",
    "POST {storeCode}/customer/<uuid:customer>/pushy-token": "ASC",
    "DELETE {storeCode}/customer/<uuid:customer>/pushy-token/<path:token>": "ASC",
    "POST {storeCode}/customer/activate-sms/<str:token>": "P",
    "POST {storeCode}/customer/activate/<str:token>": "P",
    "POST {storeCode}/customer/confirm-change/<str:token>": "C",
    "POST {storeCode}/customer/customer-phone/send-sms-code": "P",
    "GET {storeCode}/customer/check": "P",
    "GET {storeCode}/customer/customer/<uuid:customer>/status": "C",
    "GET {storeCode}/customer/earningRule": "C",
    "POST {storeCode}/customer/earningRule/<str:event>": "C",
    "POST {storeCode}/customer/earnRule/<str:event>": "C",
    "GET {storeCode}/customer/level": "C",
    "POST {storeCode}/customer/login_check": "P",
    "POST {storeCode}/customer/points/p2p-transfer": "C",
    "GET {storeCode}/customer/points/transfer": "C",
    "POST {storeCode}/customer/register": "AS",
    "GET {storeCode}/customer/registrations": "A",
    "GET {storeCode}/customer/registrations/daily": "A",
    "POST {storeCode}/customer/self_register": "P",
    "GET {storeCode}/customer/transaction": "C",
    "GET {storeCode}/customer/transaction/<str:transaction>": "C",
    "POST {storeCode}/customer/transaction/customer/assign": "C",
    "POST {storeCode}/customer/transaction/labels": "C",
    "PATCH {storeCode}/customer/transaction/labels": "C",
    "POST {storeCode}/customer/transaction/labels/append": "C",
    "PATCH {storeCode}/customer/transaction/labels/append": "C",
    "GET {storeCode}/campaign": "A",
    "POST {storeCode}/campaign": "A",
    "GET {storeCode}/campaign/<uuid:campaign>": "ASC",
    "PUT {storeCode}/campaign/<uuid:campaign>": "A",
    "POST {storeCode}/campaign/<uuid:campaign>/active": "A",
    "GET {storeCode}/campaign/<uuid:campaign>/brand_icon": "P",
    "POST {storeCode}/campaign/<uuid:campaign>/brand_icon": "A",
    "DELETE {storeCode}/campaign/<uuid:campaign>/brand_icon": "A",
    "POST {storeCode}/campaign/<uuid:campaign>/coupons": "A",
    "GET {storeCode}/campaign/<uuid:campaign>/customers/visible": "A",
    "POST {storeCode}/campaign/<uuid:campaign>/inactive": "A",
    "GET {storeCode}/campaign/<uuid:campaign>/photo": "P",
    "POST {storeCode}/campaign/<uuid:campaign>/photo": "A",
    "DELETE {storeCode}/campaign/<uuid:campaign>/photo": "A",
    "GET {storeCode}/campaign/<uuid:campaign>/photo/<uuid:photo>": "P",
    "DELETE {storeCode}/campaign/<uuid:campaign>/photo/<uuid:photo>": "A",
    "GET {storeCode}/campaign/active": "A",
    "GET {storeCode}/campaign/public/available": "P",
    "GET {storeCode}/campaignCategory": "P",
    "POST {storeCode}/campaignCategory": "A",
    "GET {storeCode}/campaignCategory/<uuid:category>": "P",
    "PUT {storeCode}/campaignCategory/<uuid:category>": "A",
    "POST {storeCode}/campaignCategory/<uuid:category>/active": "A",
    "GET {storeCode}/campaign/bought": "A",
    "GET {storeCode}/campaign/bought/export/csv": "A",
    "POST {storeCode}/admin/campaign/coupons/mark_as_used": "A",
    "PUT {storeCode}/admin/customer/<uuid:customer>/bought/coupon/<uuid:coupon>"
    "/changeDeliveryStatus": "A",
    "POST {storeCode}/admin/customer/<uuid:customer>/campaign/<uuid:campaign>/buy": "A",
    "POST {storeCode}/admin/customer/<uuid:customer>/campaign/<uuid:campaign>"
    "/coupon/<path:code>": "A",
    "GET {storeCode}/admin/customer/<uuid:customer>/campaign/available": "A",
    "GET {storeCode}/admin/customer/<uuid:customer>/campaign/bought": "A",
    "POST {storeCode}/admin/customer/<uuid:customer>/campaign/validate": "A",
    "POST {storeCode}/customer/campaign/<uuid:campaign>/buy": "C",
    "GET {storeCode}/customer/campaign/available": "C",
    "GET {storeCode}/customer/campaign/bought": "C",
    "POST {storeCode}/customer/campaign/coupons/mark_as_used": "C",
    "POST {storeCode}/customer/campaign/validate": "C",
    "POST {storeCode}/seller/campaign/coupons/mark_as_used": "S",
    "POST {storeCode}/seller/customer/<uuid:customer>/campaign/<uuid:campaign>/buy": "S",
    "GET {storeCode}/seller/customer/<uuid:customer>/campaign/available": "S",
    "GET {storeCode}/seller/customer/<uuid:customer>/campaign/bought": "S",
    "POST {storeCode}/admin/campaign/cashback/redeem": "A",
    "POST {storeCode}/admin/campaign/cashback/simulate": "A",
    "POST {storeCode}/campaign/<uuid:campaign>/coupons/file": "A",
    "POST {storeCode}/campaign/<uuid:campaign>/coupons/generate": "A",
    "GET {storeCode}/campaign/<uuid:campaign>/coupons/jobs": "A",
    "POST {storeCode}/campaign/cashback/callback/<str:provider>": "P",
    "POST {storeCode}/customer/campaign/cashback/redeem": "C",
    "GET {storeCode}/csv/level/<uuid:level>": "A",
    "GET {storeCode}/csv/segment/<uuid:segment>": "A",
    "GET {storeCode}/earningRule": "AS",
    "POST {storeCode}/earningRule": "A",
    "POST {storeCode}/earningRule/geolocation/customer/<uuid:customer>": "A",
    "POST {storeCode}/earningRule/qrcode/customer/<uuid:customer>": "A",
    "POST {storeCode}/v1/earnRule/<str:event>/customer/<uuid:customer>": "A",
    "GET {storeCode}/earningRule/<str:rule>": "AS",
    "PUT {storeCode}/earningRule/<str:rule>": "A",
    "POST {storeCode}/earningRule/<str:rule>/activate": "A",
    "POST {storeCode}/earningRule/<str:rule>/active": "A",
    "GET {storeCode}/earningRule/<str:rule>/photo": "P",
    "POST {storeCode}/earningRule/<str:rule>/photo": "A",
    "DELETE {storeCode}/earningRule/<str:rule>/photo": "A",
    "POST {storeCode}/invitation/invite": "C",
    "GET {storeCode}/invitations": "a",
    "POST {storeCode}/invitations/invite": "C",
    "GET {storeCode}/level": "AS",
    "GET {storeCode}/level/<uuid:level>": "AS",
    "PUT {storeCode}/level/<uuid:level>": "A",
    "POST {storeCode}/level/<uuid:level>/activate": "A",
    "GET {storeCode}/level/<uuid:level>/customers": "A",
    "GET {storeCode}/level/<uuid:level>/photo": "P",
    "POST {storeCode}/level/<uuid:level>/photo": "A",
    "DELETE {storeCode}/level/<uuid:level>/photo": "A",
    "POST {storeCode}/level/create": "A",
    "GET {storeCode}/points/transfer": "AS",
    "POST {storeCode}/points/transfer/<uuid:transfer>/activate": "A",
    "POST {storeCode}/points/transfer/<uuid:transfer>/cancel": "A",
    "POST {storeCode}/points/transfer/<uuid:transfer>/expire": "A",
    "POST {storeCode}/points/transfer/add": "AS",
    "POST {storeCode}/points/transfer/block": "A",
    "POST {storeCode}/points/transfer/import": "A",
    "POST {storeCode}/points/transfer/spend": "AS",
    "GET {storeCode}/points/transfers": "A",
    "GET {storeCode}/pos": "AS",
    "POST {storeCode}/pos": "A",
    "GET {storeCode}/pos/<uuid:pos>": "AS",
    "PUT {storeCode}/pos/<uuid:pos>": "A",
    "GET {storeCode}/pos/identifier/<str:identifier>": "AS",
    "POST {storeCode}/pos/points/transfer/add": "S",
    "POST {storeCode}/pos/points/transfer/spend": "S",
    "POST {storeCode}/pos/search/customer": "AS",
    "POST {storeCode}/pos/transaction/customer/assign": "S",
    "GET {storeCode}/seller": "A",
    "GET {storeCode}/seller/<uuid:seller>": "AS",
    "PUT {storeCode}/seller/<uuid:seller>": "A",
    "POST {storeCode}/seller/<uuid:seller>/activate": "A",
    "POST {storeCode}/seller/<uuid:seller>/deactivate": "A",
    "POST {storeCode}/seller/<uuid:seller>/delete": "A",
    "POST {storeCode}/seller/customer/<uuid:customer>/activate": "S",
    "POST {storeCode}/seller/customer/<uuid:customer>/deactivate": "S",
    "POST {storeCode}/seller/customer/<uuid:customer>/pos": "S",
    "POST {storeCode}/seller/customer/<uuid:customer>/send-sms-code": "S",
    "GET {storeCode}/seller/campaign": "AS",
    "GET {storeCode}/seller/campaign/<uuid:campaign>": "S",
    "GET {storeCode}/seller/customer/<uuid:customer>/status": "S",
    "POST {storeCode}/seller/customer/register": "S",
    "GET {storeCode}/seller/earningRule": "S",
    "GET {storeCode}/seller/earningRule/<str:rule>": "S",
    "GET {storeCode}/seller/level": "S",
    "GET {storeCode}/seller/level/<uuid:level>": "S",
    "POST {storeCode}/seller/login_check": "P",
    "GET {storeCode}/seller/points/transfer": "S",
    "GET {storeCode}/seller/pos": "S",
    "GET {storeCode}/seller/pos/<uuid:pos>": "S",
    "POST {storeCode}/seller/register": "A",
    "GET {storeCode}/seller/transaction": "S",
    "GET {storeCode}/seller/transaction/<path:document_number>": "S",
    "GET {storeCode}/seller/transaction/customer/<uuid:customer>": "S",
    "POST {storeCode}/seller/transaction/customer/assign": "S",
    "GET {storeCode}/segment": "A",
    "POST {storeCode}/segment": "A",
    "GET {storeCode}/segment/<uuid:segment>": "A",
    "PUT {storeCode}/segment/<uuid:segment>": "A",
    "DELETE {storeCode}/segment/<uuid:segment>": "A",
    "POST {storeCode}/segment/<uuid:segment>/activate": "A",
    "POST {storeCode}/segment/<uuid:segment>/deactivate": "A",
    "GET {storeCode}/segment/<uuid:segment>/customers": "A",
    "GET {storeCode}/settings": "A",
    "POST {storeCode}/settings": "A",
    "GET {storeCode}/settings/activation": "P",
    "GET {storeCode}/settings/activation-method": "P",
    "GET {storeCode}/settings/choices/<str:type>": "P",
    "GET {storeCode}/settings/conditions-file": "P",
    "POST {storeCode}/settings/conditions-file": "A",
    "DELETE {storeCode}/settings/conditions-file": "A",
    "GET {storeCode}/settings/hero-image": "P",
    "POST {storeCode}/settings/hero-image": "A",
    "DELETE {storeCode}/settings/hero-image": "A",
    "GET {storeCode}/settings/logo": "P",
    "POST {storeCode}/settings/logo": "A",
    "DELETE {storeCode}/settings/logo": "A",
    "GET {storeCode}/settings/photo/<str:name>": "P",
    "POST {storeCode}/settings/photo/<str:name>": "A",
    "DELETE {storeCode}/settings/photo/<str:name>": "A",
    "GET {storeCode}/settings/small-logo": "P",
    "POST {storeCode}/settings/small-logo": "A",
    "DELETE {storeCode}/settings/small-logo": "A",
    "GET {storeCode}/settings/conditions-url": "P",
    "GET {storeCode}/settings/terms-conditions": "P",
    "GET {storeCode}/settings/css": "P",
    "GET {storeCode}/settings/manifest": "P",
    "GET {storeCode}/settings/hero-image/<str:size>": "P",
    "GET {storeCode}/settings/logo/<str:size>": "P",
    "GET {storeCode}/settings/small-logo/<str:size>": "P",
    "GET {storeCode}/settings/photo/<str:name>/<str:size>": "P",
    "GET {storeCode}/settings/emails": "A",
    "GET {storeCode}/settings/emails/<uuid:email>": "A",
    "PUT {storeCode}/settings/emails/<uuid:email>": "A",
    "GET {storeCode}/message": "A",
    "POST {storeCode}/message": "A",
    "GET {storeCode}/message/<uuid:message>": "A",
    "PUT {storeCode}/message/<uuid:message>": "A",
    "POST {storeCode}/message/<uuid:message>/activate": "A",
    "POST {storeCode}/message/<uuid:message>/deactivate": "A",
    "GET {storeCode}/settings/public": "aSC",
    "GET {storeCode}/transaction": "A",
    "POST {storeCode}/transaction": "A",
    "GET {storeCode}/transaction/<str:transaction>": "ASC",
    "PUT {storeCode}/transaction/<str:transaction>/label": "A",
    "DELETE {storeCode}/transaction/<str:transaction>/label": "A",
    "GET {storeCode}/transaction/item/labels": "ASC",
    "POST {storeCode}/transaction/simulate": "A",
}

METHODS = ["get", "post", "put", "patch", "delete"]
# What ends where the checks of caller, store and right are passed.
LET_IN = {200, 201, 204, 400, 404, 415, 422}


def MonaFactory(store: Store) -> Seller:
    """Make a seller who may also move points; the chapter's own tests have one who may not."""
    return SellerFactory(store, may_transfer_points=True)


def patterns() -> Iterator[tuple[str, URLPattern]]:
    for pattern in urls.store_patterns:
        yield f"{{storeCode}}/{pattern.pattern}", pattern
    for pattern in urls.global_urls:
        yield str(pattern.pattern), pattern


def routes() -> set[str]:
    found = set()
    for route, pattern in patterns():
        view = pattern.callback.view_class  # type: ignore[attr-defined]  # a class's view
        for method in METHODS:
            if hasattr(view, method) and method in view.http_method_names:
                found.add(f"{method.upper()} {route}")
    return found


def path_of(route: str) -> str:
    """Fill a route's placeholders with ids that name nothing."""
    parts = []
    for part in route.split("/"):
        if part.startswith("<int:"):
            part = "987654321"
        elif part.startswith("<"):
            part = str(uuid4())
        parts.append(part)
    return "/".join(parts).replace("{storeCode}", "DEFAULT")


def answers(
    client_of: Callable[[], ApiClient], of: Callable[[str], str] = path_of, only: str = ""
) -> dict[str, int]:
    """Ask every address; `of` fills in its placeholders, `only`: those with this in them."""
    statuses = {}
    for route in TABLE:
        if only not in route:
            continue
        method, _, path = route.partition(" ")
        # A new client each time: one of the addresses ends its session.
        statuses[route] = client_of().send(method, of(path), None).status_code
    return statuses


def wrong(statuses: dict[str, int], expected: Callable[[str, str], set[int]]) -> dict[str, Any]:
    """Return the routes whose answer is not as the table says."""
    return {
        route: status
        for route, status in statuses.items()
        if status not in expected(route, TABLE[route])
    }


def test_names_every_address():
    assert routes() == set(TABLE)


def test_nobody(store: Store, api: Api):
    def expected(route: str, who: str) -> set[int]:
        # A sign-in without credentials is refused by its own words.
        is_sign_in = "login_check" in route or "token/refresh" in route
        return LET_IN | ({401} if is_sign_in else set()) if who == "P" else {401}

    assert wrong(answers(api), expected) == {}


@pytest.mark.parametrize(("letter", "factory"), [("S", MonaFactory), ("C", CustomerFactory)])
def test_sellers_and_customers(store: Store, api: Api, letter: str, factory: Any):
    person = factory(store)

    def expected(route: str, who: str) -> set[int]:
        if who == "P":
            return LET_IN | {401}
        return LET_IN if letter in who else {403}

    assert wrong(answers(lambda: api(person)), expected) == {}


@pytest.mark.parametrize(("letter", "factory"), [("S", MonaFactory), ("C", CustomerFactory)])
def test_people_of_another_store(store: Store, api: Api, letter: str, factory: Any):
    """For them this store does not exist."""
    eve = factory(StoreFactory())

    def expected(route: str, who: str) -> set[int]:
        if who == "P":
            return LET_IN | {401}
        if letter not in who:
            return {403}
        return {404} if "{storeCode}" in route else LET_IN

    assert wrong(answers(lambda: api(eve)), expected) == {}


def test_super_admins(store: Store, api: Api):
    sam = StaffFactory()

    def expected(route: str, who: str) -> set[int]:
        if who == "P":
            return LET_IN | {401}
        return LET_IN if "A" in who.upper() else {403}

    assert wrong(answers(lambda: api(sam)), expected) == {}


def test_staff_without_rights(store: Store, api: Api):
    nemo = StaffFactory(is_super=False)

    def expected(route: str, who: str) -> set[int]:
        if who == "P":
            return LET_IN | {401}
        return LET_IN if "a" in who else {403}

    assert wrong(answers(lambda: api(nemo)), expected) == {}


def test_staff_who_may_view_cannot_write(store: Store, api: Api):
    resources = {
        pattern.callback.view_class.resource  # type: ignore[attr-defined]
        for _, pattern in patterns()
    } - {None}
    viewer = StaffFactory(*[f"{resource}:VIEW" for resource in resources])

    def expected(route: str, who: str) -> set[int]:
        if who == "P":
            return LET_IN | {401}
        if "A" not in who.upper():
            return {403}
        # Everybody's own password is theirs.
        may = route.startswith("GET") or route in WRITES_NOTHING or "a" in who
        return LET_IN if may else {403}

    assert wrong(answers(lambda: api(viewer)), expected) == {}


def test_staff_who_may_only_modify_may_nothing(store: Store, api: Api):
    """ACL-2."""
    resources = {pattern.callback.view_class.resource for _, pattern in patterns()} - {None}  # type: ignore[attr-defined]
    blind = StaffFactory(*[f"{resource}:MODIFY" for resource in resources])

    def expected(route: str, who: str) -> set[int]:
        if who == "P":
            return LET_IN | {401}
        return LET_IN if "a" in who else {403}

    assert wrong(answers(lambda: api(blind)), expected) == {}


# What all stores share is changed by staff of all stores; other calls of these check forms first.
OF_ALL_STORES = {"POST audit/log/archive", "DELETE {storeCode}/admin/translations/<str:code>"}


def staff_of(store: Store, **fields: Any) -> StaffUser:
    """Make somebody who may see and change everything, without being a super admin."""
    return StaffFactory(*Resource.values, stores=[store], **fields)


def test_staff_who_may_view_and_modify(store: Store, api: Api):
    """ACL-2."""
    sam = staff_of(store)

    def expected(route: str, who: str) -> set[int]:
        if who == "P":
            return LET_IN | {401}
        return LET_IN if "A" in who.upper() and route not in OF_ALL_STORES else {403}

    assert wrong(answers(lambda: api(sam)), expected) == {}


def test_staff_of_another_store(store: Store, api: Api):
    """For them this store does not exist."""
    eve = staff_of(StoreFactory())

    def expected(route: str, who: str) -> set[int]:
        if who == "P":
            return LET_IN | {401}
        if "A" not in who.upper():
            return {403}
        if "{storeCode}" in route:
            return {404}
        return {403} if route in OF_ALL_STORES else LET_IN

    assert wrong(answers(lambda: api(eve)), expected) == {}


def test_permanent_tokens(store: Store, api: Api):
    """ADM-4."""
    staff_of(store, api_key="customPermanentToken")

    def token() -> ApiClient:
        client = api()
        client.headers["HTTP_X_AUTH_TOKEN"] = "customPermanentToken"
        return client

    def expected(route: str, who: str) -> set[int]:
        if who == "P":
            return LET_IN | {401}
        return LET_IN if "A" in who.upper() and route not in OF_ALL_STORES else {403}

    assert wrong(answers(token), expected) == {}


def test_another_customer_does_not_exist(store: Store, api: Api):
    """CUS-23: what is Alice's is there for Alice alone; Bob finds nothing, and changes nothing."""
    alice, bob = CustomerFactory(store), CustomerFactory(store)

    def of_alice(path: str) -> str:
        return path_of(path.replace("<uuid:customer>", str(alice.uuid)))

    def expected(route: str, who: str) -> set[int]:
        return LET_IN | {401} if who == "P" else {404} if "C" in who else {403}

    before = Customer.objects.get(pk=alice.pk)
    assert wrong(answers(lambda: api(bob), of_alice, only="<uuid:customer>"), expected) == {}
    after = Customer.objects.get(pk=alice.pk)
    assert (after.version, after.status) == (before.version, before.status)
    assert api(alice).get(f"DEFAULT/customer/{alice.uuid}").status_code == 200


def test_serves_every_endpoint_of_the_catalogue():
    served = {access.plain(route) for route in TABLE}

    asked = {access.SERVED_AS.get(endpoint, endpoint) for endpoint in access.endpoints()}

    assert asked - served == set()
    assert set(access.SERVED_AS) <= set(access.endpoints())


# Questions that are asked by POST.
WRITES_NOTHING = {
    "POST {storeCode}/admin/campaign/cashback/simulate",
    "POST {storeCode}/admin/customer/<uuid:customer>/campaign/validate",
    "POST {storeCode}/transaction/simulate",
    "POST {storeCode}/pos/search/customer",
}


@pytest.mark.parametrize("end", ["", "/", "//"])
@pytest.mark.parametrize("path", ["settings", "DEFAULT/settings", "store", "DEFAULT/pos"])
def test_a_trailing_slash_makes_no_difference(store: Store, api: Api, path: str, end: str):
    assert api(StaffFactory()).get(f"{path}{end}").status_code == 200


def test_no_store_can_take_the_first_word_of_an_address():
    first_words = {route.split("/")[0] for route, _ in patterns() if "{" not in route}
    first_words |= {route.split("/")[1] for route, _ in patterns() if "{" in route}

    assert {word.lower() for word in first_words - {""}} <= RESERVED_CODES


def test_a_reserved_word_is_never_taken_for_a_store(store: Store, api: Api):
    # As from before the word was reserved.
    Store.objects.create(code="seller", name="Seller", currency="EUR")

    assert api(StaffFactory()).get("seller/settings").status_code == 404


def test_an_unknown_address_answers_in_the_apis_format(db: None, api: Api):
    answer = api().get("DEFAULT/shoes/43")

    assert answer.status_code == 404
    assert answer.data == {"error": {"code": 404, "message": "Not Found"}}


def test_another_method_is_refused(store: Store, api: Api):
    answer = api(StaffFactory()).delete("store")

    assert answer.status_code == 405
    assert answer.data["error"]["code"] == 405


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        pytest.param("DELETE", "DEFAULT/customer", "GET, HEAD, OPTIONS", id="of-a-closed-list"),
        pytest.param("GET", "admin/login_check", "POST, OPTIONS", id="of-the-sign-in"),
        pytest.param("PUT", "settings/public", "GET, HEAD, OPTIONS", id="of-a-public-page"),
    ],
)
def test_another_method_is_refused_whoever_calls(
    store: Store, api: Api, method: str, path: str, allowed: str
):
    answer = api().call(method, path)

    assert answer.status_code == 405
    assert answer["Allow"] == allowed


@pytest.mark.parametrize("path", ["healthcheck", "doc.json", "redoc.js", "doc", "redoc"])
def test_another_method_is_refused_where_no_store_is_read(db: None, path: str):
    client = Client(enforce_csrf_checks=True)

    answer = client.post(f"/api/{path}", {})

    assert answer.status_code == 405
    assert answer.json() == {"error": {"code": 405, "message": 'Method "POST" not allowed.'}}
    assert "GET" in answer["Allow"]
