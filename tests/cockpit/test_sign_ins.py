"""The cockpit's list of sign-ins …"""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import TokenSession
from loyalty.core.models import AuditEntry
from tests.factories import CustomerFactory, SellerFactory, StoreFactory
from tests.factories.staff import PASSWORD, StaffFactory
from tests.support.api import ApiClient


@pytest.fixture
def sam(store):
    return StaffFactory(username="sam")


def signed_in(username="sam") -> Client:
    client = Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36")
    client.post(reverse("admin:login"), {"username": username, "password": PASSWORD})
    return client


def page_of(kind: str, person) -> str:
    return reverse("admin:sign_ins_of", args=[kind, person.uuid])


def test_shows_ones_own_and_signs_out_elsewhere(sam):
    here, elsewhere = signed_in(), signed_in()
    own = reverse("admin:sign_ins")
    assert here.get(own).content.decode().count("Chrome, Windows") >= 2

    here.post(own, {"others": "1"})

    assert here.get(reverse("admin:index")).status_code == 200
    assert elsewhere.get(reverse("admin:index")).status_code == 302
    assert elsewhere.get(reverse("admin:login")).status_code == 200


def test_ends_with_signing_out(sam):
    client = signed_in()

    client.post(reverse("admin:logout"))

    assert not TokenSession.objects.filter(revoked_at=None).exists()


def test_ends_with_a_password_that_was_changed_elsewhere(sam):
    here, elsewhere = signed_in(), signed_in()

    here.post(reverse("admin:password_change"), {"current": PASSWORD, "new": "Another-Word-2"})

    assert here.get(reverse("admin:index")).status_code == 200
    assert elsewhere.get(reverse("admin:index")).status_code == 302


@pytest.mark.parametrize(
    ("kind", "factory", "resource"),
    [
        ("customer", CustomerFactory, "CUSTOMER"),
        ("seller", SellerFactory, "SELLER"),
        ("admin", lambda store: StaffFactory(), "ADMIN"),
    ],
    ids=["customer", "seller", "staff"],
)
def test_of_somebody_else_needs_the_right(store, cockpit, kind, factory, resource):
    """ACL-2."""
    person = factory(store)
    session = ApiClient(person).session
    path, body = page_of(kind, person), {"session": str(session.uuid)}
    viewer, other = cockpit(f"{resource}:VIEW"), cockpit("LEVEL")
    modifier = cockpit(resource)

    assert [c.get(path).status_code for c in (other, viewer, modifier)] == [403, 200, 200]
    assert [c.post(path, body).status_code for c in (other, viewer)] == [403, 403]
    session.refresh_from_db()
    assert session.revoked_at is None

    assert modifier.post(path, body).status_code == 302
    session.refresh_from_db()
    assert session.revoked_at is not None
    assert AuditEntry.objects.filter(event_type="EndSessions", entity_id=str(person.uuid)).exists()


def test_of_another_store_is_not_found(store, cockpit):
    eve = CustomerFactory(StoreFactory())

    assert cockpit().get(page_of("customer", eve)).status_code == 404


@pytest.mark.parametrize(
    ("kind", "factory"), [("customer", CustomerFactory), ("seller", SellerFactory)]
)
def test_ends_nobody_elses_session_by_its_number(store, cockpit, kind, factory):
    person, bystander = factory(store), factory(store)
    session = ApiClient(bystander).session

    cockpit().post(page_of(kind, person), {"session": str(session.uuid)})

    session.refresh_from_db()
    assert session.revoked_at is None


def test_tells_when_a_browser_was_last_seen(sam):
    client = signed_in()
    TokenSession.objects.update(last_seen_at="2026-01-02T03:04:05Z")

    page = client.get(reverse("admin:sign_ins")).content.decode()

    assert "Last seen" in page
    # Looking at the list was seen, too.
    assert "2026-01-02T03:04" not in page
