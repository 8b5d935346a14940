"""Where somebody is signed in, by the API …"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import TokenSession
from accounts.services import tokens
from loyalty.core.models import AuditEntry, Store
from tests.factories import CustomerFactory, SellerFactory, StoreFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

Api = Callable[..., ApiClient]

PEOPLE = [
    pytest.param(CustomerFactory, "DEFAULT/customer/{}/sessions", "CUSTOMER", id="customer"),
    pytest.param(SellerFactory, "DEFAULT/seller/{}/sessions", "SELLER", id="seller"),
    pytest.param(lambda store: StaffFactory(), "admin/data/{}/sessions", "ADMIN", id="staff"),
]


def refresh_of(api: Api, pair: tokens.Pair) -> Any:
    return api().post("token/refresh", {"refresh_token": pair.refresh_token})


def test_lists_ones_own(store: Store, api: Api):
    alice = CustomerFactory(store)
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    tokens.open_session(alice, ip_address="192.0.2.7", agent=agent, now=timezone.now())
    here = api(alice)

    answer = here.get("token/sessions").data

    assert answer["total"] == 2
    mine, other = answer["sessions"]
    assert (mine["sessionId"], mine["current"]) == (str(here.session.uuid), True)
    assert list(other) == [
        "sessionId",
        "door",
        "device",
        "ip",
        "createdAt",
        "lastSeenAt",
        "expiresAt",
        "current",
    ]
    assert (other["device"], other["ip"], other["door"]) == ("Firefox, Linux", "192.0.2.7", "API")
    assert here.get(f"token/sessions/{other['sessionId']}").data == other


def test_ends_one_and_its_tokens_at_once(store: Store, api: Api):
    alice = CustomerFactory(store)
    here = api(alice)
    lost = tokens.open_session(alice, ip_address=None, now=timezone.now())
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {lost.token}"}
    assert api().get("DEFAULT/customer/level", **bearer).status_code == 200

    answer = here.delete(f"token/sessions/{lost.session.uuid}")

    assert answer.status_code == 204
    assert api().get("DEFAULT/customer/level", **bearer).status_code == 401
    assert refresh_of(api, lost).status_code == 401
    assert here.get("token/sessions").data["total"] == 1
    assert here.delete(f"token/sessions/{lost.session.uuid}").status_code == 404


def test_ends_all_others(store: Store, api: Api):
    mona = SellerFactory(store)
    here, elsewhere = api(mona), api(mona)

    assert here.delete("token/sessions").status_code == 204

    assert here.get("token/sessions").data["total"] == 1
    assert elsewhere.get("token/sessions").status_code == 401


def test_nobody_elses_by_their_own_address(store: Store, api: Api):
    here, eve = api(CustomerFactory(store)), api(CustomerFactory(store))

    path = f"token/sessions/{eve.session.uuid}"

    assert [here.get(path).status_code, here.delete(path).status_code] == [404, 404]
    assert eve.get("token/sessions").status_code == 200


def test_a_permanent_token_has_none(store: Store, api: Api, settings):
    settings.MASTER_API_KEY = "the-master-key"
    StaffFactory(api_key="a-permanent-token")

    for token in ("the-master-key", "a-permanent-token"):
        answer = api().get("token/sessions", HTTP_X_AUTH_TOKEN=token)
        assert answer.data == {"sessions": [], "total": 0}
        assert api().delete("token/sessions", HTTP_X_AUTH_TOKEN=token).status_code == 204


@pytest.mark.parametrize(("factory", "path", "resource"), PEOPLE)
def test_of_somebody_else_for_staff_with_the_right(
    store: Store, api: Api, factory: Any, path: str, resource: str
):
    """ACL-2."""
    person = factory(store)
    session = api(person).session
    other = api(person).session
    viewer, sam = api(StaffFactory(f"{resource}:VIEW")), api(StaffFactory(resource))
    path = path.format(person.uuid)

    assert [each.get(path).data["total"] for each in (viewer, sam)] == [2, 2]
    assert viewer.delete(path).status_code == 403
    assert sam.delete(f"{path}/{session.uuid}").status_code == 204
    assert [found["sessionId"] for found in sam.get(path).data["sessions"]] == [str(other.uuid)]
    assert sam.delete(path).status_code == 204
    assert sam.get(path).data["total"] == 0
    entries = AuditEntry.objects.filter(event_type="EndSessions", entity_id=str(person.uuid))
    assert entries.count() == 2


@pytest.mark.parametrize(("factory", "path", "resource"), PEOPLE[:2])
def test_of_another_store_is_not_found(
    store: Store, api: Api, factory: Any, path: str, resource: str
):
    eve = factory(StoreFactory())

    answer = api(StaffFactory(resource)).get(path.format(eve.uuid))

    assert answer.status_code == 404


def test_notes_now_and_then_that_it_was_seen(store: Store, api: Api):
    client = api(StaffFactory())
    TokenSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=1))

    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("admin/data")
        counts.append(len(queries))

    assert counts[0] == counts[1] + 1
    assert TokenSession.objects.get().last_seen_at > timezone.now() - timedelta(minutes=1)


def test_costs_the_same_for_many(store: Store, api: Api):
    alice = CustomerFactory(store)
    client = api(alice)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("token/sessions")
        counts.append(len(queries))
        for _ in range(10):
            api(alice)

    assert counts[0] == counts[1]
