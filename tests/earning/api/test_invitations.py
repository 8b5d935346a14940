"""Chapter Invitation: customers invite, staff look on."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.services import customers
from accounts.services.customers import Registration
from earning.models import Invitation
from earning.services import invitations
from loyalty.core.models import Store
from tests.factories import CustomerFactory, StoreFactory
from tests.factories.staff import StaffFactory
from tests.factories.transactions import SaleFactory
from tests.support.api import ApiClient

pytestmark = pytest.mark.django_db

Api = Callable[..., ApiClient]


@pytest.fixture
def store() -> Store:
    return StoreFactory()


@pytest.fixture
def alice(store):
    return CustomerFactory(store, first_name="Alice", last_name="Adams", email="alice@example.com")


def staff():
    return ApiClient(StaffFactory())


def invite(customer, **body):
    path = f"{customer.store.code}/invitations/invite"
    return ApiClient(customer).post(path, {"invitation": body})


def registered(store, token, email="carol@example.com"):
    data = Registration(
        first_name="Carol",
        last_name="Cole",
        email=email,
        phone="+48602345678",
        agreement1=True,
        password="Open-Sesame-1",
        invitation_token=token,
    )
    return customers.self_register(store=store, data=data)


@pytest.mark.parametrize(
    ("body", "channel"),
    [
        pytest.param({"recipientEmail": "carol@example.com"}, "email", id="RF-1 no type"),
        pytest.param(
            {"type": "", "recipientEmail": "carol@example.com"}, "email", id="RF-1 empty type"
        ),
        pytest.param(
            {"type": "mobile", "recipientPhone": "48602345678"}, "mobile", id="RF-1 mobile"
        ),
    ],
)
def test_a_customer_invites(alice, body, channel):
    """INV-1."""
    answer = invite(alice, **body)

    assert (answer.status_code, answer.content) == (200, b"")
    invitation = Invitation.objects.get()
    assert (invitation.referrer, invitation.channel) == (alice, channel)


def test_the_older_address_and_a_plain_form_do_as_well(alice):
    """RF-1, INV-1."""
    answer = ApiClient(alice).form(
        "POST",
        f"{alice.store.code}/invitation/invite",
        {"invitation[recipientEmail]": "carol@example.com"},
    )

    assert answer.status_code == 200
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        pytest.param({}, "recipientEmail", "not a valid email", id="RF-1 nothing"),
        pytest.param(
            {"type": "mobile", "recipientEmail": "c@example.com"},
            "recipientPhone",
            "not a valid phone",
            id="RF-1 mobile without a number",
        ),
        pytest.param({"recipientEmail": "x"}, "recipientEmail", "not a valid email", id="RF-1 bad"),
        pytest.param(
            {"recipientEmail": "bob@example.com"},
            "recipientEmail",
            "Invitation exists",
            id="RF-2 a customer",
        ),
        pytest.param(
            {"recipientEmail": "alice@example.com"},
            "recipientEmail",
            "cannot invite yourself",
            id="RF-2 oneself",
        ),
    ],
)
def test_refusals_are_the_fields(store, alice, body, field, message):
    CustomerFactory(store, email="bob@example.com")

    answer = invite(alice, **body)

    assert answer.status_code == 400
    assert message in str(answer.data["form"]["children"][field]["errors"])
    assert not Invitation.objects.exists()


def test_an_idempotency_key_invites_once(alice):
    path = f"{alice.store.code}/invitations/invite"
    body = {"invitation": {"recipientEmail": "carol@example.com"}}
    client = ApiClient(alice)

    answers = [client.post(path, body, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert Invitation.objects.count() == 1


def test_the_list_shows_how_far_each_has_come(store, alice):
    """INV-3, RF-1, RF-4, INV-4."""
    opened = invitations.invite(referrer=alice, email="dave@example.com")
    used = invitations.invite(referrer=alice, email="carol@example.com")
    carol = registered(store, used.token)

    answer = staff().get(f"{store.code}/invitations")

    assert list(answer.data) == ["invitations", "total", "additional"]
    assert answer.data == {
        "invitations": [
            {
                "referrerId": str(alice.uuid),
                "recipientId": str(carol.uuid),
                "invitationId": str(used.uuid),
                "referrerEmail": "alice@example.com",
                "referrerName": "Alice Adams",
                "recipientEmail": "carol@example.com",
                "recipientPhone": "+48602345678",
                "recipientName": "Carol Cole",
                "status": "registered",
                "token": used.token,
            },
            {
                "referrerId": str(alice.uuid),
                "recipientId": "",
                "invitationId": str(opened.uuid),
                "referrerEmail": "alice@example.com",
                "referrerName": "Alice Adams",
                "recipientEmail": "dave@example.com",
                "recipientPhone": None,
                "recipientName": None,
                "status": "invited",
                "token": opened.token,
            },
        ],
        "total": 2,
        "additional": {"totalCompleted": 0, "totalRegistered": 1},
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("status=All", 2),
        ("status=invited", 1),
        ("status=Registered", 1),
        ("status=Made purchase", 0),
        ("status=nonsense", 0),
        ("referrerName=alice a", 2),
        ("referrerName=bob", 0),
        ("referrerEmail=ALICE@", 2),
        ("recipientName=cole", 1),
        ("recipientEmail=dave", 1),
        ("recipientPhone=602345678", 0),
        ("referrerId=nonsense", 0),
        ("recipientId=%s", 1),
        ("perPage=1", 1),
    ],
)
def test_the_list_is_filtered(store, alice, query, found):
    """INV-4."""
    invitations.invite(referrer=alice, email="dave@example.com")
    used = invitations.invite(referrer=alice, email="carol@example.com")
    carol = registered(store, used.token)
    query = query % carol.uuid if "%s" in query else query

    answer = staff().get(f"{store.code}/invitations?{query}")

    assert len(answer.data["invitations"]) == found


def test_the_list_costs_the_same_for_many(store, alice):
    def count() -> int:
        client = staff()
        client.get(f"{store.code}/invitations")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{store.code}/invitations")
        return len(queries)

    for number in range(2):
        invitations.invite(referrer=alice, email=f"f{number}@example.com")
    few = count()
    for number in range(2, 9):
        invitations.invite(referrer=alice, email=f"f{number}@example.com")

    assert count() == few


def test_invitations_of_another_store_are_not_shown(store, alice):
    invitations.invite(referrer=CustomerFactory(StoreFactory()), email="dave@example.com")

    answer = staff().get(f"{store.code}/invitations")

    assert answer.data == {
        "invitations": [],
        "total": 0,
        "additional": {"totalCompleted": 0, "totalRegistered": 0},
    }


def test_counts_how_referrals_went(store, alice):
    """RF-11: who bought is among the registered, too."""
    for name in ("dave", "erin", "frank"):
        invitations.invite(referrer=alice, email=f"{name}@example.com")
    tokens = Invitation.objects.order_by("pk").values_list("token", flat=True)
    data = {"first_name": "New", "last_name": "Friend", "agreement1": True}
    for number, token in enumerate(list(tokens)[:2]):
        friend = CustomerFactory(
            store, **data, email=f"n{number}@example.com", invitation_token=token
        )
    SaleFactory(friend, 10)
    invitations.invite(referrer=CustomerFactory(StoreFactory()), email="dave@example.com")

    answer = staff().get(f"{store.code}/admin/analytics/referrals")

    assert answer.data == {"total": 3, "totalCompleted": 1, "totalRegistered": 2}


@pytest.mark.parametrize("path", ["customer/self_register", "customer/register"])
def test_registering_takes_the_token(store, alice, path):
    """RF-5, CUS-8."""
    invitation = invitations.invite(referrer=alice, email="carol@example.com")
    client = ApiClient() if "self" in path else staff()
    password = {"plainPassword": "Open-Sesame-1"} if "self" in path else {}
    body = {
        "firstName": "Carol",
        "lastName": "Cole",
        "email": "carol@example.com",
        "agreement1": True,
        "invitationToken": invitation.token,
    }

    answer = client.post(f"{store.code}/{path}", {"customer": body | password})

    assert answer.status_code == 200
    invitation.refresh_from_db()
    assert str(invitation.recipient.uuid) == answer.data["customerId"]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"invitationToken": "0" * 40}, id="RF-5 unknown"),
        pytest.param({"invitationToken": ["x", {"y": 1}]}, id="RF-5 no text"),
        pytest.param({"invitationToken": "x" * 5000}, id="RF-5 too long"),
        pytest.param({"referral_customer_email": "nobody@example.com"}, id="RF-5 no such customer"),
    ],
)
def test_registering_never_fails_for_who_brought_them(store, alice, said):
    body = {
        "firstName": "Carol",
        "lastName": "Cole",
        "email": "carol@example.com",
        "agreement1": True,
        "plainPassword": "Open-Sesame-1",
    }

    answer = ApiClient().post(f"{store.code}/customer/self_register", {"customer": body | said})

    assert answer.status_code == 200
    assert not Invitation.objects.exists()


def test_self_registration_takes_the_referrers_email(store, alice):
    """RF-5."""
    body = {
        "firstName": "Carol",
        "lastName": "Cole",
        "email": "carol@example.com",
        "agreement1": True,
        "plainPassword": "Open-Sesame-1",
        "referral_customer_email": alice.email,
    }

    ApiClient().post(f"{store.code}/customer/self_register", {"customer": body})

    assert Invitation.objects.get().referrer == alice
