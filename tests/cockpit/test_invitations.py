"""The cockpit's list of invitations …"""

import pytest
from django.urls import reverse

from accounts.services import customers
from accounts.services.customers import Registration
from earning.models import Invitation
from earning.services import invitations
from tests.factories.accounts import CustomerFactory, LevelFactory

LIST = "admin:earning_invitation_changelist"


@pytest.fixture
def alice(store):
    """Somebody who invited Carol, who came, and Dan, who did not."""
    LevelFactory(store)
    alice = CustomerFactory(store, first_name="Alice", last_name="Wonder")
    sent = invitations.invite(referrer=alice, email="carol@example.com")
    invitations.invite(referrer=alice, email="dan@example.com")
    data = Registration(
        first_name="Carol",
        last_name="Cole",
        email="carol@example.com",
        password="Open-Sesame-1",
        agreement1=True,
        invitation_token=sent.token,
    )
    customers.self_register(store=store, data=data)
    return alice


@pytest.mark.parametrize(
    ("query", "addresses"),
    [
        pytest.param("", ["carol@example.com", "dan@example.com"], id="all"),
        pytest.param("q=dan@", ["dan@example.com"], id="address"),
        pytest.param("q=cole", ["carol@example.com"], id="who-came"),
        pytest.param("q=wonder", ["carol@example.com", "dan@example.com"], id="who-invited"),
        pytest.param("status__exact=invited", ["dan@example.com"], id="invited"),
        pytest.param("status__exact=registered", ["carol@example.com"], id="registered"),
        pytest.param("created_at_from=2999-01-01", [], id="later"),
    ],
)
def test_finds(cockpit, alice, query, addresses):
    page = cockpit().get(f"{reverse(LIST)}?{query}")

    found = page.context["cl"].result_list
    assert sorted(row.recipient_email for row in found) == addresses


def test_tells_the_figures(cockpit, alice):
    """RF-11."""
    page = cockpit().get(reverse(LIST))

    words = [label for label, _, _ in page.context["list_tabs"]]
    assert words == ["All (2)", "Invited (1)", "Registered (1)", "Made a purchase (0)"]


def test_shows_one_with_both_people(cockpit, alice):
    invitation = Invitation.objects.get(recipient__isnull=False)
    url = reverse("admin:earning_invitation_change", args=[invitation.pk])

    page = cockpit("CUSTOMER:VIEW").get(url).content.decode()

    assert "Alice Wonder" in page
    assert "Carol Cole" in page
    assert invitation.token not in page


def test_knows_no_invitation_of_another_store(cockpit, store):
    elsewhere = CustomerFactory()
    sent = invitations.invite(referrer=elsewhere, email="eve@example.com")

    url = reverse("admin:earning_invitation_change", args=[sent.pk])
    assert cockpit().get(url).status_code == 404
    assert "eve@example.com" not in cockpit().get(reverse(LIST)).content.decode()


def test_customer_pages_say_who_invited_whom(cockpit, alice):
    client = cockpit()
    carol = Invitation.objects.get(recipient__isnull=False).recipient

    of_alice = client.get(reverse("admin:accounts_customer_change", args=[alice.pk]))
    of_carol = client.get(reverse("admin:accounts_customer_change", args=[carol.pk]))

    assert "2, 1 joined, 0 bought" in of_alice.content.decode()
    assert f"referrer__id__exact={alice.pk}" in of_alice.content.decode()
    assert "Alice Wonder" in of_carol.content.decode()


def test_customer_history_names_what_happened(cockpit, alice):
    events = reverse("admin:accounts_customer_events", args=[alice.pk])

    page = cockpit().get(events, headers={"accept-language": "pl"}).content.decode()

    assert "Zaproszono znajomego" in page
    assert "invitation.created" not in page
